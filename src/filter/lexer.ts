import { FilterError, shown } from "./error.ts";

export type Token =
  | { readonly kind: "word" | "quoted" | "symbol"; readonly at: number; readonly text: string }
  | { readonly kind: "integer"; readonly at: number; readonly value: bigint }
  | { readonly kind: "double"; readonly at: number; readonly value: number }
  | { readonly kind: "string"; readonly at: number; readonly value: string }
  | {
      readonly kind: "property";
      readonly at: number;
      readonly isCustom: boolean;
      readonly name: string;
      readonly field: string;
      readonly fieldAt: number;
    }
  | { readonly kind: "end"; readonly at: number };

const blanks = /[ \t\r\n\f\v\b\u00a0\u2000-\u200a\u202f\u205f\u3000]+|(?:--|#)[^\r\n]*/y;
const word = /[A-Za-z_][0-9A-Za-z_]*/y;
const propertyName = /[0-9A-Za-z_]+/y;
const number = /0[xX][0-9a-fA-F]+|(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?/y;
const symbol = /<=|>=|<>|!=|[()=<>+\-*/.,]/y;
const stringStart = /([rRbB]{0,2})("""|'''|"|')/y;
/** What people write from other languages, and what to write instead. */
const foreign = /==|&&|\|\||!(?!=)|[;@?]/y;
const instead: { readonly [symbol: string]: string } = {
  "==": "write `=`",
  "&&": "write AND",
  "||": "write OR; strings cannot be joined",
  "!": "write NOT or `!=`",
  ";": "a filter is a single expression",
  "@": "a filter has no parameters",
  "?": "a filter has no parameters",
};

/** Cuts a filter into tokens, each once and from left to right. */
export class Lexer {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** Where the last token ends. */
  get position(): number {
    return this.#at;
  }

  next(): Token {
    this.#skipBlanks();
    const at = this.#at;
    const first = this.#text[at];
    if (first === undefined) return { kind: "end", at };
    if (first === "`") return { kind: "quoted", at, text: this.#backQuoted() };
    const quote = this.#match(stringStart);
    if (quote) return { kind: "string", at, value: this.#string(quote[1] ?? "", quote[2] ?? "") };
    const text = this.#take(word);
    if (text !== undefined) {
      const isCustom = text === "custom_properties";
      if ((isCustom || text === "properties") && this.#text[this.#at] === ".") {
        return this.#property(at, isCustom);
      }
      return { kind: "word", at, text };
    }
    return this.#number() ?? this.#symbol();
  }

  #skipBlanks(): void {
    for (;;) {
      if (this.#text.startsWith("/*", this.#at)) {
        const close = this.#text.indexOf("*/", this.#at + 2);
        if (close < 0) throw new FilterError(this.#at, "this comment is not closed");
        this.#at = close + 2;
      } else if (this.#take(blanks) === undefined) {
        return;
      }
    }
  }

  #property(at: number, isCustom: boolean): Token {
    this.#at += 1;
    const nameAt = this.#at;
    const name = this.#text[nameAt] === "`" ? this.#backQuoted() : this.#take(propertyName);
    if (name === undefined) throw new FilterError(nameAt, "expected the name of a property");
    if (this.#text[this.#at] !== ".") {
      throw new FilterError(
        this.#at,
        "expected `.int_value`, `.double_value`, `.string_value` or `.bool_value` behind the property's name" +
          " (a name with other characters than letters, digits and `_` stands in back-quotes)",
      );
    }
    this.#at += 1;
    const fieldAt = this.#at;
    const field = this.#take(word);
    if (field === undefined) throw new FilterError(fieldAt, "expected a field of the property");
    return { kind: "property", at, isCustom, name, field, fieldAt };
  }

  /** A name in back-quotes; a doubled back-quote stands for one, and every other character for itself. */
  #backQuoted(): string {
    const start = this.#at;
    let name = "";
    this.#at += 1;
    for (;;) {
      const close = this.#text.indexOf("`", this.#at);
      if (close < 0) throw new FilterError(start, "this back-quote is not closed");
      name += this.#text.slice(this.#at, close);
      this.#at = close + 1;
      if (this.#text[this.#at] !== "`") break;
      name += "`";
      this.#at += 1;
    }
    if (name === "") throw new FilterError(start, "expected a name between the back-quotes");
    return name;
  }

  #number(): Token | undefined {
    const at = this.#at;
    const text = this.#take(number);
    if (text === undefined) return undefined;
    if (/[0-9A-Za-z_]/.test(this.#text[this.#at] ?? "")) {
      throw new FilterError(this.#at, "expected a blank or an operator behind the number");
    }
    if (/^0x/i.test(text) || /^[0-9]+$/.test(text)) {
      // So many digits are too large, unless they are zeros; BigInt would take square time to tell.
      const digits = text.replace(/^(0x)?0+(?=[0-9a-f])/i, "$1");
      if (digits.length > 20) throw new FilterError(at, "the number does not fit into 64 bits");
      return { kind: "integer", at, value: BigInt(digits) };
    }
    const value = Number(text);
    if (!Number.isFinite(value)) throw new FilterError(at, "the number is too large for a double");
    return { kind: "double", at, value };
  }

  #symbol(): Token {
    const at = this.#at;
    const other = this.#take(foreign);
    if (other !== undefined) {
      throw new FilterError(at, `${shown(other)} is not part of the filter language: ${instead[other]}`);
    }
    const text = this.#take(symbol);
    if (text !== undefined) return { kind: "symbol", at, text };
    const character = String.fromCodePoint(this.#text.codePointAt(at) ?? 0);
    throw new FilterError(at, `${shown(character)} is not part of the filter language`);
  }

  /** The rest of a string whose opening quote was just read. */
  #string(prefix: string, quote: string): string {
    const start = this.#at - quote.length - prefix.length;
    if (/b/i.test(prefix)) throw new FilterError(start, "a filter has no byte strings");
    const raw = prefix !== "";
    let value = "";
    for (;;) {
      const end = this.#plainEnd(quote);
      value += this.#text.slice(this.#at, end).replace(/\r\n?/g, "\n");
      this.#at = end;
      if (this.#text.startsWith(quote, end)) {
        this.#at += quote.length;
        return value;
      }
      const character = this.#text[end];
      if (character === undefined) throw new FilterError(start, "this string is not closed");
      if (character !== "\\") {
        throw new FilterError(end, `a line ends inside the string: close it, or use three quotes, or \\n`);
      }
      value += raw ? this.#text.slice(end, end + 2) : this.#escape();
      if (raw) this.#at += 2;
    }
  }

  /** Where the characters that stand for themselves end: at the closing quote, a backslash, or a line end. */
  #plainEnd(quote: string): number {
    const stop = plainEnds[quote] as RegExp;
    stop.lastIndex = this.#at;
    return stop.exec(this.#text)?.index ?? this.#text.length;
  }

  #escape(): string {
    const at = this.#at;
    const letter = this.#text[at + 1] ?? "";
    const simple = simpleEscapes[letter];
    if (simple !== undefined) {
      this.#at += 2;
      return simple;
    }
    const [, octal, hex] = this.#match(codeEscape) ?? [];
    const code = octal !== undefined ? Number.parseInt(octal, 8) : Number.parseInt(hex?.slice(1) ?? "", 16);
    if (Number.isNaN(code)) {
      throw new FilterError(
        at,
        `${shown(`\\${letter}`)} is no escape sequence: a backslash itself is \`\\\\\``,
      );
    }
    if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) {
      throw new FilterError(at, "the escape sequence is not a Unicode character");
    }
    return String.fromCodePoint(code);
  }

  /** The text that the sticky pattern matches here, read past; undefined where it does not match. */
  #take(pattern: RegExp): string | undefined {
    return this.#match(pattern)?.[0];
  }

  #match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (!match) return undefined;
    this.#at = pattern.lastIndex;
    return match;
  }
}

const plainEnds: { readonly [quote: string]: RegExp } = {
  "'": /['\\\r\n]/g,
  '"': /["\\\r\n]/g,
  "'''": /'''|\\/g,
  '"""': /"""|\\/g,
};

const simpleEscapes: { readonly [letter: string]: string } = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  "\\": "\\",
  "?": "?",
  '"': '"',
  "'": "'",
  "`": "`",
};
const codeEscape = /\\(?:([0-3][0-7]{2})|([xX][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}))/y;
