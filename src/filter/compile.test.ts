import { describe, expect, test } from "vitest";
import { MlmdError } from "../errors.ts";
import { compileFilter } from "./compile.ts";
import type { Expression } from "./plan.ts";
import type { KindName } from "./vocabulary.ts";

const kinds = ["artifact", "execution", "context"] as const;
const nodeKinds = ["artifact", "execution"] as const;

/** The strings of the original's own tests, by the kinds that they are for. */
const accepted: readonly (readonly [readonly KindName[], readonly string[]])[] = [
  [
    kinds,
    [
      ...["id != 1", "id IN (1, 3)", "type_id = 1", "type_id > 1", "type_id + 1 > 1", "type = 'Dataset'"],
      ...[
        "type IS NOT NULL",
        "name = 'a'",
        "external_id = 'a'",
        "NOT(type_id = 1)",
        " NOT(id = 1) ",
        "type = 'foo'",
      ],
      ...["create_time_since_epoch = 1", "create_time_since_epoch > 1", "create_time_since_epoch + 1 > 1"],
      ...["last_update_time_since_epoch = 1", "last_update_time_since_epoch > 1"],
      ...["last_update_time_since_epoch + 1 > 1", "properties.0.int_value = 1"],
      ...["properties.foo.string_value = '2'", "properties.bar_baz.double_value IS NOT NULL"],
      ...["properties.qux.bool_value = true", "custom_properties.0.double_value > 1.0"],
      ...["custom_properties.1.string_value = '2'", "custom_properties.2.int_value != 0"],
      ...["custom_properties.3.bool_value != false", "properties.`0:b`.int_value = 1"],
      "custom_properties.`0 b`.string_value != '1'",
      "properties.`0:b`.int_value = 1 AND properties.foo.double_value = 1 AND custom_properties.`0 b`.string_value != '1'",
      "properties.0.int_value > 1 OR custom_properties.0.int_value > 1 ",
      "properties.p0.int_value = 1 OR properties.p0.string_value = '1' ",
      "(properties.p0.int_value > 1 OR custom_properties.p0.int_value > 1) AND properties.p1.double_value > 0.95 AND custom_properties.p2.string_value = 'name'",
      ...["id = 1 ", "type_id = 1 AND name IS NOT NULL", "id IN (1, 2) ", "type = 'a' AND type_id != 1"],
      "(type = 'a' AND name = 'b') OR (type = 'c' AND name = 'd') AND last_update_time_since_epoch > 7",
      ...["(properties.p1.int_value + 2) * 1 = 2", "properties.p2.double_value > 2.0 / 1.0 - (-0.5)"],
      "custom_properties.custom_property_0.int_value IS NULL AND custom_properties.custom_property_0.double_value IS NULL AND custom_properties.custom_property_0.string_value = 'foo'",
      "custom_properties.`custom_property 0`.double_value > 0 ",
      "custom_properties.p.int_value < 21 AND name LIKE 'node_2%'",
      "NOT(create_time_since_epoch < 1 OR last_update_time_since_epoch < 1)",
      "custom_properties.`my:custom.property`.bool_value = true",
      'type = "Trainer" AND properties.state.string_value IS NOT NULL',
      ...[
        "properties.p.bool_value",
        "true",
        "1 = 1",
        "create_time_since_epoch < last_update_time_since_epoch",
      ],
    ],
  ],
  [
    ["artifact"],
    [
      ...[
        "uri = 'abc'",
        "uri like 'abc'",
        "uri LIKE 'abc'",
        "uri IS NOT NULL",
        "type_id = 1 AND uri != 'abc'",
      ],
      ...[
        "type_id = 1 OR uri != 'abc'",
        "state = PENDING",
        "state=PENDING",
        "state != PENDING",
        "state = LIVE",
      ],
      ...[
        "NOT(type_id = 1) AND (contexts_foo.type = 'bar' OR uri like 'x%')",
        "state = PENDING AND state = LIVE",
      ],
      ...["state IN (PENDING, LIVE)", "state NOT IN (DELETED)", "state IS NULL", "events_0.execution_id = 1"],
      ...["state = LIVE AND state = DELETED", "uri = 'http://some_path' AND events_0.type = INPUT"],
      "uri = 'uri_1' and type_id = 3 and \n create_time_since_epoch = 4",
      ...[
        "uri LIKE 'uri_%' OR state = LIVE",
        "uri LIKE 'uri_%' and type = '3' AND (state = LIVE OR state = DELETED) ",
      ],
      "uri IS NOT NULL AND type = '$0' AND \ncontexts_c.name = '$1' AND contexts_c.type = '$2' \n",
      ...["NOT(events_0.execution_id = 3)", 'uri LIKE "%/data" AND properties.day.int_value > 0'],
    ],
  ],
  [
    ["execution"],
    [
      ...["last_known_state = RUNNING", "last_known_state != RUNNING", "last_known_state = CANCELED"],
      ...[
        "last_known_state!=COMPLETE",
        "last_known_state IN (COMPLETE, RUNNING)",
        "last_known_state IS NOT NULL",
      ],
      ...[
        "events_0.artifact_id = 1",
        "events_0.artifact_id = 1 AND events_0.type = OUTPUT",
        ' name = "with_\'" ',
      ],
      "last_known_state = NEW OR last_known_state = COMPLETE",
      "(contexts_0.type = 'context_type') AND (contexts_0.name = 'properties.component.component')",
      "(contexts_1.type='0' AND contexts_1.name='1') AND (contexts_2.type='2' AND contexts_2.name='3') AND (contexts_3.type='4' AND contexts_3.name='5') ",
    ],
  ],
  [
    nodeKinds,
    [
      ...["contexts_0.id = 1", "contexts_2.name = '1'", "contexts_abc.type = 'foo'"],
      ...["contexts_abc.create_time_since_epoch = 1", "contexts_abc.last_update_time_since_epoch = 1"],
      ...["events_0.milliseconds_since_epoch = 1", "events_0.type = INPUT", "events_0.type=OUTPUT"],
      "type_id = 1 OR type = 'Dataset' AND contexts_0.name = '1' AND (properties.0.int_value > 1 OR custom_properties.0.int_value > 1) AND custom_properties.1.string_value IS NOT NULL",
      ...["events_0.type IN (OUTPUT, DECLARED_OUTPUT)", "events_0.type = INPUT OR events_0.type = OUTPUT"],
      ...["contexts_0.id = 1 AND contexts_0.name LIKE 'foo%'", "contexts_0.id = 1 AND contexts_1.id != 2"],
      "contexts_0.id = 1 AND contexts_0.last_update_time_since_epoch < 1 AND contexts_1.id != 2",
      "(type_id = 1 OR type != 'foo') AND contexts_0.id = 1",
      "type = 'dataset' AND (contexts_0.name = 'my_run' AND contexts_0.type = 'exp') AND (properties.p0.int_value > 1 OR custom_properties.p1.double_value > 0.9)",
      'contexts_a.type = "Experiment" AND contexts_a.name = "exp1"',
    ],
  ],
  [
    ["context"],
    ["artifacts", "executions", "parent_contexts", "child_contexts"].flatMap((name) => [
      ...[`${name}_0.id = 1`, `${name}_2.name = '1'`, `${name}_abc.type = 'foo'`],
      ...[`${name}_abc.create_time_since_epoch = 1`, `${name}_abc.last_update_time_since_epoch = 1`],
      ...[`${name}_0.id = 1 AND ${name}_0.name LIKE 'foo%'`, `${name}_0.id = 1 AND ${name}_1.id != 2`],
      ...[`type_id = 1 AND ${name}_0.id = 1`, `(type_id = 1 OR type != 'foo') AND ${name}_0.id = 1`],
    ]),
  ],
  [
    ["context"],
    [
      ...["artifacts_0.uri like 'ab_c%'", "artifacts_0.state = LIVE", "artifacts_0.state IN (PENDING, LIVE)"],
      ...["executions_0.last_known_state = COMPLETE", "executions_0.last_known_state IN (COMPLETE, RUNNING)"],
      ...["executions_c.id = 1 and artifacts_a.id = 2", "artifacts_c.id = 3 and name = 'c'"],
      "parent_contexts_c.type = 'parent_context_type_1' \n AND custom_properties.custom_property_1.string_value = 'foo'",
      "type = 'pipeline' AND (properties.p0.int_value > 1 OR custom_properties.p1.double_value > 0.9) AND (parent_contexts_0.name = 'parent_context1' AND parent_contexts_0.type = 'parent_context_type') AND (child_contexts_0.name = 'pipeline_run' AND child_contexts_0.type = 'runs')",
    ],
  ],
  // What clients send beyond that.
  [
    ["artifact"],
    [
      "state IN (2)",
      'type="X"',
      "((state = LIVE))",
      "contexts_0.id=1 AND contexts_1.id=2 AND contexts_2.id=3",
    ],
  ],
  [["execution"], ["last_known_state IN (COMPLETE,CACHED)", "contexts_a.name IN ('a', 'b')"]],
];

const rejected: readonly (readonly [readonly KindName[], readonly string[]])[] = [
  [
    kinds,
    [
      ...["", " ", "a == 'a'", "properties.0:b.int_value = 1", "custom_properties.0:b.string_value"],
      ...["properties.bar.", "custom_properties.bar.", "a", "a = 'a'", "create_time_since_epoch = a"],
      ...["last_update_time_since_epoch = a", "name = a", "external_id = a", "contexts", "contexts_0"],
      ...["artifacts", "artifacts_0", "executions", "executions_0", "properties", "properties.foo"],
      ...[
        "custom_properties",
        "custom_properties.foo",
        "'a'",
        "type_id",
        "id = 'a'",
        "type_id = 'a'",
        "type = 1",
      ],
      ...[
        "create_time_since_epoch = 'a'",
        "last_update_time_since_epoch = 'a'",
        "name = 1",
        "external_id = 1",
      ],
      ...["properties.baz.int", "custom_properties.baz.string", "unknown_field = 'uri_3' and type_id = 1"],
      ...["invalid syntax", "invalid query syntax", "name = 'exe_name_with_''", "id", "name", "NULL"],
      ...[
        "id = NULL",
        "NULL != id",
        "name LIKE NULL",
        "id = 1 = true",
        "1 < 2 < 3",
        "id = 1 IS TRUE",
        "id IN ()",
      ],
      ...[
        "id = 1AND id = 2",
        "id < 9223372036854775808",
        "id = 1;",
        "id = @p",
        "id = ?",
        "!true",
        "id % 2 = 1",
      ],
      ...[
        "name LIKE 'a' ESCAPE '!'",
        "id IN (SELECT 1)",
        "EXISTS(SELECT 1)",
        "COUNT(id) = 1",
        "contexts_.id = 1",
      ],
      ...[
        "id IS DISTINCT FROM 1",
        "CAST(id AS STRING) = '1'",
        "name = 'a' 'b'",
        "name = 'a\nb'",
        "name = '\\q'",
      ],
      ...["properties.p.struct_value = 'a'", "properties.p = 1", "properties.span = 1", "name + 'a' = 'b'"],
      ...["id = 1 /*", "-- id = 1", "id = 1 AND", "(id = 1", "id = 1)", "id BETWEEN 1", "CASE END"],
      ...[
        "CONTEXTS_a.id = 1",
        "Properties.p.int_value = 1",
        "name IS TRUE",
        "true AND 1",
        "NOT 1",
        "-name = 'a'",
      ],
    ],
  ],
  [
    nodeKinds,
    ["contexts_0.id.", "events_0.execution_id.", "contexts_0.foo", "events_0.field_1 = '1'", "events"],
  ],
  [nodeKinds, ["contexts_0.id.bar", "events_0.type = SOME_ENUM", "events_0.type IN (SOME_ENUM)"]],
  [
    nodeKinds,
    ["executions_c.id = 123", "artifacts_c.id = 123", "events_0.id = 1", "child_contexts_0.id = 1"],
  ],
  [
    ["artifact"],
    [
      ...["state", "uri = 1", "state = 'LIVE'", "events_0.artifact_id = 1", "state = 1", "state = RUNNING"],
      ...["state != 1", "state IN RUNNING", "state = NULL", "state = Live", "state IN ()", "state = type_id"],
    ],
  ],
  [
    ["execution"],
    [
      ...[
        "last_known_state",
        "last_known_state = 'RUNNING'",
        "events_0.execution_id = 1",
        "last_known_state = 1",
      ],
      ...[
        "last_known_state = LIVE",
        "last_known_state NOT IN (PENDING)",
        "last_known_state IN ()",
        "uri = 1",
      ],
    ],
  ],
  [
    ["context"],
    [
      ...["artifacts_0.id.", "executions_0.id.", "child_contexts_0.id.", "parent_contexts_0.id.", "uri = 1"],
      ...["child_contexts", "child_contexts_0", "parent_contexts", "parent_contexts_0", "state = LIVE"],
      ...["events_0.artifact_id = 1", "events_0.execution_id = 1", "artifacts_0.foo", "executions_0.foo"],
      ...["child_contexts_0.foo", "parent_contexts_0.foo", "artifacts_0.id.bar", "executions_0.id.bar"],
      ...[
        "child_contexts_0.id.bar",
        "parent_contexts_0.id.bar",
        "artifacts_a.state = executions_b.last_known_state",
      ],
      ...["contexts_a.id = 1", "artifacts_a.state = COMPLETE"],
    ],
  ],
];

function cases(table: typeof accepted): [KindName, string][] {
  return table.flatMap(([names, texts]) =>
    names.flatMap((name) => texts.map((text): [KindName, string] => [name, text])),
  );
}

function errorOf(kind: KindName, text: string): MlmdError {
  try {
    compileFilter(kind, text);
  } catch (error) {
    if (error instanceof MlmdError) return error;
    throw error;
  }
  throw new Error(`accepted: ${text}`);
}

test.each(cases(accepted))("%s accepts %s", (kind, text) => {
  expect(compileFilter(kind, text).kind).toBe(kind);
});

test.each(cases(rejected))("%s rejects %s", (kind, text) => {
  const { code, message } = errorOf(kind, text);
  expect(code).toBe("INVALID_ARGUMENT");
  expect(message).toMatch(/^invalid filter at character \d+: .+\n {2}.*\n +\^$/);
});

function condition(text: string, kind: KindName = "artifact"): Expression {
  return compileFilter(kind, text).condition;
}

test("alternatives of one column are one list", () => {
  const one: Expression = { op: "literal", type: "INT64", value: 1n };
  const id: Expression = { op: "column", join: "node", field: "id" };
  const values = { op: "inValues", operand: id, type: "INT64", values: [1n, 2n] };
  expect(condition("id = 1 OR id = 2")).toEqual(values);
  const typeId: Expression = { op: "column", join: "node", field: "type_id" };
  const others = ["=", ">"].map((operator) => ({ op: "compare", operator, left: typeId, right: one }));
  expect(condition("id = 1 OR type_id = 1 OR type_id > 1 OR id = 2")).toEqual({
    op: "or",
    terms: [values, ...others],
  });
});

describe("enums", () => {
  const state: Expression = { op: "column", join: "node", field: "state" };
  const live: Expression = { op: "literal", type: "INT64", value: 2n };
  const isLive: Expression = { op: "compare", operator: "=", left: state, right: live };
  const isNull: Expression = { op: "isNull", operand: state };

  test("every name of every enum has its number", () => {
    for (const [name, number] of Object.entries({ UNKNOWN: 0n, LIVE: 2n, ABANDONED: 5n, REFERENCE: 6n })) {
      expect(condition(`state = ${name}`)).toEqual({ ...isLive, right: { ...live, value: number } });
    }
    expect(() => condition("last_known_state IN (UNKNOWN, NEW, CACHED)", "execution")).not.toThrow();
    expect(() => condition("events_a.type IN (UNKNOWN, PENDING_OUTPUT)", "execution")).not.toThrow();
  });

  test("!= and NOT IN by name include nodes without a value, negation does not", () => {
    const isNot: Expression = { ...isLive, operator: "!=" };
    for (const text of ["state != LIVE", "state <> LIVE"]) {
      expect(condition(text)).toEqual({ op: "or", terms: [isNot, isNull] });
    }
    const notIn = { op: "not", operand: { op: "inValues", operand: state, type: "INT64", values: [2n] } };
    expect(condition("state NOT IN (LIVE)")).toEqual({ op: "or", terms: [notIn, isNull] });
    expect(condition("NOT state = LIVE")).toEqual({ op: "not", operand: isLive });
  });

  test("numbers pass where they have always passed, without the rule for NULL", () => {
    expect(condition("2 = state")).toEqual({ ...isLive, left: live, right: state });
    expect(condition("(state) = 2")).toEqual(isLive);
    expect(condition("state = (2)")).toEqual(isLive);
    expect(condition("state <> 2")).toEqual({ ...isLive, operator: "!=" });
    const notIn = { op: "not", operand: { op: "inValues", operand: state, type: "INT64", values: [2n] } };
    expect(condition("state NOT IN (2)")).toEqual(notIn);
    expect(condition("state >= 2")).toEqual({ ...isLive, operator: ">=" });
  });

  test("a name may stand on the left, in a range, and in parentheses", () => {
    expect(condition("LIVE = state")).toEqual({ ...isLive, left: live, right: state });
    expect(condition("STATE = (LIVE)")).toEqual(isLive);
    expect(condition("state BETWEEN PENDING AND LIVE")).toMatchObject({ op: "between", high: live });
  });

  test("predicates may repeat, also on neighbours of a context", () => {
    const text = "artifacts_a.state != LIVE AND artifacts_b.state != LIVE OR artifacts_a.state NOT IN (LIVE)";
    expect(compileFilter("context", text).joins).toHaveLength(2);
  });
});

describe("types", () => {
  const accuracy: Expression = { op: "column", join: 0, field: "double_value" };
  const id: Expression = { op: "column", join: "node", field: "id" };

  test("an integer beside a double is a double", () => {
    expect(condition("properties.acc.double_value > 1")).toEqual({
      op: "compare",
      operator: ">",
      left: accuracy,
      right: { op: "literal", type: "DOUBLE", value: 1 },
    });
    expect(condition("id > properties.acc.double_value")).toMatchObject({
      left: { op: "toDouble", operand: id },
    });
    expect(condition("id IN (1, 1.5)")).toMatchObject({
      type: "DOUBLE",
      values: [1, 1.5],
      operand: { op: "toDouble" },
    });
  });

  test("division is of doubles, other arithmetic of what it is given", () => {
    expect(condition("id / 2 = 1")).toMatchObject({
      left: { left: { op: "toDouble" }, right: { value: 2 } },
      right: { value: 1 },
    });
    expect(condition("id * 2 = 1")).toMatchObject({
      left: { left: id, right: { value: 2n } },
      right: { value: 1n },
    });
  });

  test("the whole range of 64 bits", () => {
    expect(condition("id = 9223372036854775807")).toMatchObject({ right: { value: 2n ** 63n - 1n } });
    expect(condition("id = -9223372036854775808")).toMatchObject({ right: { value: -(2n ** 63n) } });
    expect(condition("id = 0x7fffffffffffffff")).toMatchObject({ right: { value: 2n ** 63n - 1n } });
    expect(condition("id = 000000000000000000000000000000007")).toMatchObject({ right: { value: 7n } });
  });
});

describe("names", () => {
  test("a property's name is taken as it is written", () => {
    const names = [
      "MyProp",
      "o'clock",
      'x" OR "1"="1',
      "cur{ly}",
      "(a|b)*\\",
      "ключ",
      "a``b",
      " ",
      "state = LIVE",
    ];
    for (const name of names) {
      const { joins } = compileFilter("artifact", `properties.\`${name}\`.int_value = 7`);
      expect(joins).toEqual([{ kind: "property", isCustom: false, name: name.replace("``", "`") }]);
    }
  });

  test("one name is one row, however it is written; case and map make another", () => {
    const text = "properties.p.int_value = 1 OR properties.`p`.INT_VALUE = 2";
    expect(compileFilter("artifact", text).joins).toHaveLength(1);
    const others =
      "properties.p.int_value = 1 OR properties.P.int_value = 1 OR custom_properties.p.int_value = 1";
    expect(compileFilter("artifact", others).joins).toHaveLength(3);
  });

  test("one alias is one row, in either case of letters", () => {
    expect(compileFilter("artifact", "contexts_a.id = 1 AND contexts_A.NAME = 'x'").joins).toHaveLength(1);
    expect(compileFilter("artifact", "contexts_a.id = 1 AND contexts_b.id = 2").joins).toHaveLength(2);
  });

  test("attributes in any case, back-quoted, or with a comment between", () => {
    for (const text of ["ID = 1", "`id` = 1", "id/**/=--x\n1", "\u00a0id\u3000= # one\n 1"]) {
      expect(condition(text)).toMatchObject({ left: { field: "id" }, right: { value: 1n } });
    }
  });

  test("names that every object has are not known", () => {
    for (const text of ["constructor = 1", "contexts_a.toString = 1", "__proto__ = 1", "valueOf(id) = 1"]) {
      expect(errorOf("artifact", text).code).toBe("INVALID_ARGUMENT");
    }
    expect(errorOf("artifact", "state = constructor").message).toContain("is not a state of an artifact");
  });
});

test.each([
  [String.raw`'a\n\x41\101é\U0001F600\?'`, "a\nAAé😀?"],
  [String.raw`r'a\n\''`, String.raw`a\n\'`],
  [`'''a'b\r\nc'''`, "a'b\nc"],
  [`"""a"b"""`, 'a"b'],
  [`"state = LIVE -- /* properties.x.int_value"`, "state = LIVE -- /* properties.x.int_value"],
  ["''", ""],
  ["1.5", 1.5],
  [".5", 0.5],
  ["2.", 2],
  ["25e-1", 2.5],
  ["-1E5", -1e5],
  ["0x1F", 31n],
  ["TRUE", true],
])("the literal %s", (text, value) => {
  expect(condition(`COALESCE(NULL, ${text}) IS NULL`)).toMatchObject({ operand: { args: [{}, { value }] } });
});

test("precedence", () => {
  const group = (text: string) => condition(text);
  expect(condition("NOT id = 1 AND id = 2 OR id = 3")).toEqual(
    group("((NOT (id = 1)) AND (id = 2)) OR (id = 3)"),
  );
  expect(condition("id + 2 * 3 - 4 = 1")).toEqual(group("((id + (2 * 3)) - 4) = 1"));
  expect(condition("id - 1 - 1 = -id * 2")).toEqual(group("((id - 1) - 1) = ((-id) * 2)"));
  expect(condition("id BETWEEN 1 AND 2 AND true")).toEqual(group("(id BETWEEN 1 AND 2) AND true"));
  expect(condition("NOT id IS NULL")).toEqual(group("NOT (id IS NULL)"));
});
