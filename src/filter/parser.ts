import type { Arithmetic, Comparison, Name, Node, NodeShape, Truth, Value } from "./ast.ts";
import { FilterError, shown } from "./error.ts";
import { Lexer, type Token } from "./lexer.ts";
import { limits } from "./limits.ts";

/** @throws FilterError */
export function parse(text: string): Node {
  return new Parser(text).filter();
}

const comparisons: ReadonlySet<string> = new Set(["=", "!=", "<>", "<", "<=", ">", ">="]);
const truths: ReadonlySet<string> = new Set(["NULL", "TRUE", "FALSE", "UNKNOWN"]);
const reserved: ReadonlySet<string> = new Set([
  ...["AND", "OR", "NOT", "LIKE", "IN", "BETWEEN", "IS", "NULL", "TRUE", "FALSE"],
  ...["CASE", "WHEN", "THEN", "ELSE", "END", "SELECT"],
]);

const int64Max = 2n ** 63n - 1n;
const aValue = "expected a value: a name, a number, a string, TRUE, FALSE, NULL, CASE or `(`";

/** Recursive descent with one token of look-ahead; never goes back. */
class Parser {
  readonly #text: string;
  readonly #lexer: Lexer;
  #token: Token;
  #nesting = 0;
  #terms = 0;
  #listed = 0;

  constructor(text: string) {
    this.#text = text;
    this.#lexer = new Lexer(text);
    this.#token = this.#lexer.next();
  }

  filter(): Node {
    if (this.#isEnd()) throw new FilterError(0, "the filter is empty");
    const filter = this.#or();
    if (!this.#isEnd()) this.#fail(this.#afterExpression());
    return filter;
  }

  #or(): Node {
    return this.#nested(() => this.#chain("or", "OR", () => this.#chain("and", "AND", () => this.#not())));
  }

  #chain(kind: "and" | "or", keyword: string, operand: () => Node): Node {
    const first = operand();
    if (!this.#isWord(keyword)) return first;
    const at = this.#token.at;
    const terms = [first];
    while (this.#takeWord(keyword)) terms.push(operand());
    // Built as a balanced tree, see filter-to-sql.
    return this.#node(at, { kind, terms }, terms, Math.ceil(Math.log2(terms.length)));
  }

  #not(): Node {
    const at = this.#token.at;
    if (!this.#takeWord("NOT")) return this.#predicate();
    const operand = this.#nested(() => this.#not());
    return this.#node(at, { kind: "not", operand }, [operand]);
  }

  #predicate(): Node {
    const operand = this.#sum();
    const at = this.#token.at;
    const symbol = this.#token.kind === "symbol" ? this.#token.text : "";
    if (comparisons.has(symbol)) {
      this.#advance();
      const right = this.#sum();
      const shape: NodeShape = { kind: "compare", operator: symbol as Comparison, left: operand, right };
      return this.#node(at, shape, [operand, right]);
    }
    if (this.#takeWord("IS")) return this.#is(at, operand);
    const negated = this.#takeWord("NOT");
    if (this.#takeWord("LIKE")) {
      const pattern = this.#sum();
      return this.#node(at, { kind: "like", operand, pattern, negated }, [operand, pattern]);
    }
    if (this.#takeWord("IN")) return this.#in(at, operand, negated);
    if (this.#takeWord("BETWEEN")) {
      const low = this.#sum();
      if (!this.#takeWord("AND")) this.#fail("expected AND and the upper bound of BETWEEN");
      const high = this.#sum();
      return this.#node(at, { kind: "between", operand, low, high, negated }, [operand, low, high]);
    }
    if (negated) this.#fail("expected LIKE, IN or BETWEEN");
    return operand;
  }

  #is(at: number, operand: Node): Node {
    const negated = this.#takeWord("NOT");
    const what = this.#word();
    if (!truths.has(what)) this.#fail(`expected ${negated ? "" : "NOT, "}NULL, TRUE, FALSE or UNKNOWN`);
    this.#advance();
    return this.#node(at, { kind: "is", operand, what: what as Truth, negated }, [operand]);
  }

  #in(at: number, operand: Node, negated: boolean): Node {
    if (!this.#isSymbol("(")) this.#fail("expected a list in parentheses behind IN");
    this.#advance();
    if (this.#isSymbol(")")) this.#fail("expected a value: the list behind IN may not be empty");
    const list: Node[] = [];
    do {
      const item = this.#or();
      if (item.kind === "literal") this.#countListed(item);
      list.push(item);
    } while (this.#takeSymbol(","));
    this.#expectSymbol(")", "expected `,` or `)`");
    return this.#node(at, { kind: "in", operand, list, negated }, [operand, ...list]);
  }

  /** A long list of values costs little, other terms do not: it has a limit of its own. */
  #countListed(item: Node): void {
    this.#terms -= 1;
    this.#listed += 1;
    if (this.#listed > limits.listed) {
      throw new FilterError(item.at, `IN lists may hold at most ${limits.listed} values in all`);
    }
  }

  #sum(): Node {
    return this.#leftToRight("+", "-", () => this.#leftToRight("*", "/", () => this.#sign()));
  }

  #leftToRight(one: Arithmetic, other: Arithmetic, operand: () => Node): Node {
    let left = operand();
    while (this.#isSymbol(one) || this.#isSymbol(other)) {
      const at = this.#token.at;
      const operator = this.#isSymbol(one) ? one : other;
      this.#advance();
      const right = operand();
      left = this.#node(at, { kind: "arithmetic", operator, left, right }, [left, right]);
    }
    return left;
  }

  #sign(): Node {
    const at = this.#token.at;
    if (!this.#isSymbol("-") && !this.#isSymbol("+")) return this.#primary();
    const operator = this.#isSymbol("-") ? "-" : "+";
    this.#advance();
    // The lowest INT64 has no positive counterpart, so the sign belongs to the number.
    if (operator === "-" && this.#token.kind === "integer") return this.#integer(at, -this.#token.value);
    if (operator === "-" && this.#token.kind === "double") return this.#literal(at, -this.#token.value);
    const operand = this.#nested(() => this.#sign());
    return this.#node(at, { kind: "sign", operator, operand }, [operand]);
  }

  #primary(): Node {
    const token = this.#token;
    switch (token.kind) {
      case "integer":
        return this.#integer(token.at, token.value);
      case "double":
      case "string":
        return this.#literal(token.at, token.value);
      case "property":
        return this.#property(token);
      case "quoted":
        return this.#name();
      case "word":
        return this.#wordValue(token.at);
      case "symbol":
        if (token.text === "(") return this.#group(token.at);
    }
    return this.#fail(aValue);
  }

  #integer(at: number, value: bigint): Node {
    if (value > int64Max || value < -int64Max - 1n) {
      throw new FilterError(at, `the number does not fit into 64 bits: the largest is ${int64Max}`);
    }
    return this.#literal(at, value);
  }

  #literal(at: number, value: Value): Node {
    this.#advance();
    return this.#node(at, { kind: "literal", value }, []);
  }

  #group(at: number): Node {
    this.#advance();
    if (this.#isWord("SELECT")) this.#fail("a filter has no subqueries");
    const operand = this.#or();
    this.#expectSymbol(")", "expected `)`, AND, OR or an operator");
    return this.#node(at, { kind: "group", operand }, [operand], 0);
  }

  #property(token: Token & { kind: "property" }): Node {
    this.#advance();
    const { isCustom, name } = token;
    const field = { text: token.field, at: token.fieldAt };
    return this.#node(token.at, { kind: "property", isCustom, name, field }, []);
  }

  #wordValue(at: number): Node {
    const word = this.#word();
    if (word === "NULL" || word === "TRUE" || word === "FALSE") {
      return this.#literal(at, word === "NULL" ? null : word === "TRUE");
    }
    if (word === "CASE") return this.#nested(() => this.#case(at));
    if (reserved.has(word)) this.#fail(aValue);
    return this.#name();
  }

  /** `a`, `a.b`, or a function with its arguments. */
  #name(): Node {
    const first = this.#takeName();
    if (this.#isSymbol("(")) return this.#call(first);
    const path = [first];
    while (this.#takeSymbol(".")) {
      if (this.#token.kind === "property")
        this.#fail("a filter cannot ask for the properties of a neighbour");
      if (this.#token.kind !== "word" && this.#token.kind !== "quoted")
        this.#fail("expected the name of a field");
      if (path.length > 2) this.#fail("expected an operator: no name has so many parts");
      path.push(this.#takeName());
    }
    return this.#node(first.at, { kind: "name", path }, []);
  }

  #call(name: Name): Node {
    this.#advance();
    const args: Node[] = [];
    if (!this.#isSymbol(")")) {
      do {
        if (args.length === limits.arguments)
          this.#fail(`a function takes at most ${limits.arguments} values`);
        args.push(this.#or());
      } while (this.#takeSymbol(","));
    }
    this.#expectSymbol(")", "expected `,` or `)`");
    return this.#node(name.at, { kind: "call", name: name.text, args }, args);
  }

  #case(at: number): Node {
    this.#advance();
    const operand = this.#isWord("WHEN") ? undefined : this.#or();
    const branches: { when: Node; result: Node }[] = [];
    if (!this.#isWord("WHEN")) this.#fail("expected WHEN");
    while (this.#takeWord("WHEN")) {
      const when = this.#or();
      if (!this.#takeWord("THEN")) this.#fail("expected THEN");
      branches.push({ when, result: this.#or() });
    }
    const otherwise = this.#takeWord("ELSE") ? this.#or() : undefined;
    if (!this.#takeWord("END")) this.#fail(otherwise ? "expected END" : "expected WHEN, ELSE or END");
    const shape: NodeShape = {
      kind: "case",
      branches,
      ...(operand && { operand }),
      ...(otherwise && { otherwise }),
    };
    const parts = [operand, otherwise, ...branches.flatMap(({ when, result }) => [when, result])];
    return this.#node(
      at,
      shape,
      parts.filter((part) => part !== undefined),
    );
  }

  #node(at: number, shape: NodeShape, parts: readonly Node[], height = 1): Node {
    this.#terms += 1;
    if (this.#terms > limits.terms)
      throw new FilterError(at, `a filter may have at most ${limits.terms} terms`);
    let depth = height;
    for (const part of parts) depth = Math.max(depth, part.depth + height);
    if (depth > limits.depth) throw new FilterError(at, tooDeep);
    return { ...shape, at, depth };
  }

  /** Bounds this program's own stack, for which parentheses and signs count that make no tree. */
  #nested(read: () => Node): Node {
    this.#nesting += 1;
    if (this.#nesting > limits.depth) throw new FilterError(this.#token.at, tooDeep);
    const node = read();
    this.#nesting -= 1;
    return node;
  }

  #takeName(): Name {
    const token = this.#token;
    if (token.kind !== "word" && token.kind !== "quoted") return this.#fail("expected a name");
    this.#advance();
    return { text: token.text, at: token.at };
  }

  #advance(): void {
    this.#token = this.#lexer.next();
  }

  #isEnd(): boolean {
    return this.#token.kind === "end";
  }

  /** The current token as a keyword: upper case, or empty where it is something else. */
  #word(): string {
    return this.#token.kind === "word" ? this.#token.text.toUpperCase() : "";
  }

  #isWord(keyword: string): boolean {
    return this.#word() === keyword;
  }

  #takeWord(keyword: string): boolean {
    const is = this.#isWord(keyword);
    if (is) this.#advance();
    return is;
  }

  #isSymbol(text: string): boolean {
    return this.#token.kind === "symbol" && this.#token.text === text;
  }

  #takeSymbol(text: string): boolean {
    const is = this.#isSymbol(text);
    if (is) this.#advance();
    return is;
  }

  #expectSymbol(text: string, expected: string): void {
    if (!this.#takeSymbol(text)) this.#fail(expected);
  }

  #afterExpression(): string {
    const token = this.#token;
    const isPredicate =
      (token.kind === "symbol" && comparisons.has(token.text)) ||
      ["IS", "IN", "LIKE", "BETWEEN", "NOT"].includes(this.#word());
    if (isPredicate) return "comparisons do not follow one another: put the first one in parentheses";
    return "expected AND, OR, an operator or the end of the filter";
  }

  #fail(expected: string): never {
    const token = this.#token;
    const found =
      token.kind === "end"
        ? "the end of the filter"
        : shown(this.#text.slice(token.at, this.#lexer.position));
    throw new FilterError(token.at, `${expected}; found ${found}`);
  }
}

const tooDeep = `a filter may be nested at most ${limits.depth} levels deep`;
