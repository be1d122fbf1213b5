// biome-ignore-all lint/suspicious/noTemplateCurlyInString: text that looks like a template is meant
import { expect } from "vitest";
import { Event_Type, PropertyType } from "../../src/contract/messages.ts";
import {
  conformance,
  idsOf,
  int,
  kindNames,
  makeNodes,
  makeType,
  plain,
  proto,
  refused,
  type Subject,
  string,
  struct,
} from "./support.ts";

// biome-ignore format: a list to read, not one string a line
const special = [
  // SQL
  "'", "''", '"', '""', "`", ";", "--", "/*", "*/", "#", "\\", "\\\\", "\\'", '\\"', "\\0", "%", "_", "%%",
  "a%", "_b", "[a]", "^", "' OR '1'='1", "'; DROP TABLE Artifact; --", '"; DROP TABLE `Artifact`; --',
  "1; SELECT 1", "') UNION SELECT 1 --", "x' AND 1=1 /*", "$0", "$1", "?1", ":name", "@p", "?", "??", "NULL",
  "null", "TRUE", "0x41", "X'41'", "CAST(1 AS TEXT)", "name", "id", "uri", "Artifact.name", "rowid",
  "main.Artifact", "sqlite_master", "PRAGMA user_version", "ATTACH DATABASE 'x' AS y", "'||'", "\\%", "\\_", "a'b\"c`d",
  "LIKE '%'", "ESCAPE '\\'", "E'\\x41'", "$$x$$",
  // the storage's and the original's own marks
  "mlmd-struct::x", "mlmd-struct::e30=", "mlmd-struct", "MLMD-STRUCT::", "__MLMD_NULL__", "__MLMD_NULL__ ",
  "mlmd.Dataset'", "mlmd.", "properties.i", "custom_properties.i", "properties.`i`.int_value",
  "state = LIVE", "contexts_a.name",
  // JavaScript, JSON, templates
  "__proto__", "constructor", "prototype", "hasOwnProperty", "toString", "valueOf", "undefined", "NaN",
  "Infinity", "-0", "0", "1", "01", "1.0", "1e3", "${process.exit(1)}", "`${1}`", "{{x}}", "#{x}",
  "<%= x %>", "{}", "[]", '{"a":1}', "[1,2]", '"quoted"', '{"$typeName":"x"}', "$typeName", "$unknown", "%s",
  "%d", "%n", "%00", "%27", "&lt;", "<script>alert(1)</script>", "]]>", "<!--", "../../etc/passwd",
  "C:\\x\\y", "file:///x?mode=ro", "http://x/?a=b&c=d#e", "|", "||", "&&", "$(id)", "`id`",
  // white space and control characters
  " ", "  ", " a", "a ", "\t", "\n", "\r", "\r\n", "a\nb", "\u000b", "\f", "\u0000", "a\u0000b", "\u0000'",
  "\u0001", "\u0007", "\b", "\u001b[31m", "\u001f", "\u007f", "\u0080", "\u0085", "\u00a0", "\u2028",
  "\u2029", "\ufeff", "\ufeffa", "\u200b", "\u200d", "\u00ad", "\ufffd", "\uffff", "\ufffe",
  // scripts, marks, width
  "é", "e\u0301", "É", "ß", "SS", "ss", "ẞ", "ı", "İ", "i", "I", "K", "\u212a", "Å", "\u212b", "ﬁ", "fi",
  "①", "½", "²", "Ω", "ω", "ς", "σ", "ж", "中文", "日本語", "한국어", "\u1112\u1161\u11ab", "한", "ไทย", "हिन्दी",
  "العربية", "עברית", "\u202eabc", "\u202a\u202c", "a\u0300\u0301\u0302\u0303", "Z̷a̷l̷g̷o̷", "😀", "👩‍👩‍👧‍👦",
  "🇩🇪", "👍🏽", "\u{1f600}\u{fe0f}", "\u{10ffff}", "\u{10000}", "𝒜", "𠮷",
  // length
  "x".repeat(255), "x".repeat(256), "é".repeat(300), "😀".repeat(1000), "'".repeat(500), "\\".repeat(500),
  "%".repeat(500), "x".repeat(100_000),
];
const strings = [...new Set(special)];

/** The string as a literal of the filter language, every character of it escaped. */
function literal(text: string): string {
  const units = [...text].map(
    (character) => `\\U${(character.codePointAt(0) ?? 0).toString(16).padStart(8, "0")}`,
  );
  return `'${units.join("")}'`;
}

/** Those that the database can hold at all. */
function storable({ traits }: Subject): string[] {
  return strings.filter((text) => traits.storesNul || !text.includes("\0"));
}

/** Those that can be a name; where the database takes some of them for the same, each begins with a number. */
function names(subject: Subject): string[] {
  const { comparesExactly, nameBytesMax } = subject.traits;
  return storable(subject)
    .map((text, index) => (comparesExactly ? text : `${index} ${text}`))
    .filter((text) => Buffer.byteLength(text) <= nameBytesMax - 8);
}

conformance("hostile strings", (test) => {
  test("there are at least 200 of them", async () => {
    expect(strings.length).toBeGreaterThanOrEqual(200);
  });

  for (const kind of kindNames) {
    test(`as names, versions, descriptions and external ids of ${kind} types`, async (subject) => {
      const { rpc, [kind]: calls } = subject;
      const types = names(subject).map((text, index) => ({
        name: text,
        version: `v${text}`,
        description: text,
        externalId: `${index} ${text}`,
      }));
      const answer = await rpc.putTypes({ [`${kind}Types`]: types });
      const ids = answer[`${kind}TypeIds`];
      const stored = types.map((type, index) => ({ ...type, id: ids[index] }));
      expect(await calls.types()).toEqual(stored);
      expect(await calls.typesByExternalIds(types.map(({ externalId }) => externalId))).toEqual(stored);
      for (const type of stored) expect(await calls.getType(type.name, type.version)).toEqual(type);
      const again = await rpc.putTypes({ [`${kind}Types`]: types });
      expect(again[`${kind}TypeIds`]).toEqual(ids);
    });

    test(`as property names of ${kind}s, declared and custom`, async (subject) => {
      const { [kind]: calls } = subject;
      const keys = names(subject);
      const declared = entries(keys, () => PropertyType.INT);
      const { node } = await makeType(calls, { properties: declared });
      expect((await calls.getType("T")).properties).toEqual(declared);
      const properties = entries(keys, (_, index) => int(index));
      const customProperties = entries(keys, (text) => string(text));
      const id = await calls.put1(node({ name: "n", properties, customProperties }));
      const read = await calls.get(id);
      expect(read.properties).toEqual(properties);
      expect(read.customProperties).toEqual(customProperties);
      for (const [index, key] of keys.entries()) {
        if (index % 5 !== 0) continue;
        const paths = [`properties.${key}`, `custom_properties.${key}`];
        await calls.put1({ id, properties: entries([key], () => int(-index)) }, paths);
        const after = await calls.get(id);
        expect(Object.getOwnPropertyDescriptor(after.properties, key)?.value).toEqual(int(-index));
        expect(Object.hasOwn(after.customProperties ?? {}, key)).toBe(false);
      }
    });

    test(`as names, external ids and URIs of ${kind}s`, async (subject) => {
      const { [kind]: calls } = subject;
      const { node } = await makeType(calls);
      const fields = names(subject).map((text) => ({
        name: text,
        externalId: text,
        ...(kind === "artifact" ? { uri: text } : {}),
      }));
      const ids = await calls.put(fields.map(node));
      expect(await calls.byId(ids)).toMatchObject(fields);
      expect(await calls.byExternalIds(names(subject))).toHaveLength(fields.length);
      for (const [index, { name }] of fields.entries()) {
        expect((await calls.byName("T", name))?.id, name).toBe(ids[index]);
      }
      await refused(calls.put(fields.slice(0, 1).map(node)), "ALREADY_EXISTS");
    });

    test(`as values of ${kind}s`, async (subject) => {
      const { [kind]: calls } = subject;
      const { node } = await makeType(calls);
      const fields = storable(subject).map((text) => ({
        properties: { s: string(text), st: struct({ [`key ${text}`]: [text] }), p: proto(text, 1) },
        customProperties: { c: string(text) },
      }));
      const ids = await calls.put(fields.map(node));
      expect(await calls.byId(ids)).toMatchObject(fields);
    });

    test(`as literals and property names in filters of ${kind}s`, async (subject) => {
      const { [kind]: calls } = subject;
      const { node } = await makeType(calls);
      const texts = names(subject).filter((text) => text.length < 500); // escaped, a filter would be too long
      const ids = await calls.put(
        texts.map((text) =>
          node({ name: text, externalId: text, customProperties: entries([text], () => string(text)) }),
        ),
      );
      const found = async (filterQuery: string) => idsOf((await calls.list({ filterQuery })).nodes);
      for (const [index, text] of texts.entries()) {
        const name = `name = ${literal(text)} AND external_id IN (${literal(text)})`;
        expect(await found(name), text).toEqual([ids[index]]);
        if (!/^[^\p{C}\p{Zl}\p{Zp}]+$/u.test(text)) continue;
        const property = `custom_properties.\`${text.replaceAll("`", "``")}\`.string_value = ${literal(text)}`;
        expect(await found(property), text).toEqual([ids[index]]);
      }
    });
  }

  test("as URIs to search for", async (subject) => {
    const { rpc, artifact } = subject;
    const { node } = await makeType(artifact);
    const uris = names(subject);
    const ids = await artifact.put(uris.map((uri) => node({ uri })));
    const reversed = [...uris].reverse();
    const { artifacts } = await rpc.getArtifactsByURI({ uris: reversed });
    expect(artifacts.map(({ uri }) => uri)).toEqual(reversed);
    for (const [index, uri] of uris.entries()) {
      expect(idsOf((await rpc.getArtifactsByURI({ uris: [uri] })).artifacts), uri).toEqual([ids[index]]);
    }
  });

  test("as steps of an event's path", async (subject) => {
    await makeNodes(subject, { artifacts: 1, executions: 1 });
    const steps = names(subject).map((text) => ({ value: { case: "key" as const, value: text } }));
    const event = {
      artifactId: 1n,
      executionId: 1n,
      type: Event_Type.INPUT,
      millisecondsSinceEpoch: 1n,
      path: { steps },
    };
    await subject.rpc.putEvents({ events: [event] });
    expect(plain(await subject.rpc.getEventsByArtifactIDs({ artifactIds: [1n] }))).toEqual({
      events: [event],
    });
  });

  test("in messages of errors: short, and without control characters", async (subject) => {
    const { artifact } = subject;
    const { typeId } = await makeType(artifact, { properties: {} });
    for (const text of storable(subject)) {
      const put = artifact.put1({ typeId, properties: entries([text], () => int(1)) });
      await refused(put, "INVALID_ARGUMENT", /^[^\p{Cc}]{1,1000}$/u);
      await refused(artifact.getType(`${text}!`), "NOT_FOUND", /^[^\p{Cc}]{1,1000}$/u);
    }
  });

  test("a text that the database cannot hold is INVALID_ARGUMENT", async ({ traits, artifact }) => {
    const { node } = await makeType(artifact);
    const { nameBytesMax, storesNul } = traits;
    if (Number.isFinite(nameBytesMax)) {
      const [longest, longer] = ["x".repeat(nameBytesMax), "x".repeat(nameBytesMax + 1)];
      await artifact.put1(
        node({ name: longest, externalId: longest, customProperties: { [longest]: int(1) } }),
      );
      await refused(artifact.put1(node({ name: longer })), "INVALID_ARGUMENT");
      await refused(artifact.put1(node({ externalId: longer })), "INVALID_ARGUMENT");
      await refused(artifact.put1(node({ customProperties: { [longer]: int(1) } })), "INVALID_ARGUMENT");
    }
    if (!storesNul) {
      await refused(artifact.put1(node({ name: "a\0b" })), "INVALID_ARGUMENT");
      await refused(artifact.put1(node({ customProperties: { c: string("\0") } })), "INVALID_ARGUMENT");
    }
  });

  test("half a surrogate pair, which is no text, is stored as U+FFFD", async ({ artifact }) => {
    const { node } = await makeType(artifact);
    const [id = 0n] = await artifact.put([
      node({ name: "a\ud800b", uri: "\udc00", customProperties: { c: string("\ud83d") } }),
    ]);
    expect(await artifact.get(id)).toMatchObject({
      name: "a\ufffdb",
      uri: "\ufffd",
      customProperties: { c: string("\ufffd") },
    });
  });
});

/** An object with these keys, `__proto__` among them. */
function entries<T>(
  keys: readonly string[],
  value: (key: string, index: number) => T,
): { [name: string]: T } {
  return Object.fromEntries(keys.map((key, index) => [key, value(key, index)]));
}
