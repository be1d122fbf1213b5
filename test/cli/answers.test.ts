import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type DescMessage, fromJson, type JsonValue } from "@bufbuild/protobuf";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runPipeline } from "../../src/cli/quickstart/pipeline.ts";
import {
  ancestors,
  cacheKeyOf,
  compareArtifacts,
  compareExecutions,
  contextLineage,
  descendants,
  findCachedExecution,
  fromMessage,
  MetadataStore,
  messages,
} from "../../src/index.ts";
import { openService } from "../../src/open.ts";
import { type RunningServer, startServer } from "../../src/rpc/server.ts";
import { printed } from "./support.ts";

/*
 * The questions of docs/command-line.md, asked of a database file and of a server, are answered alike, and as the
 * library answers them. The store is the one of `mlmd quickstart`, under a clock that stands still.
 */

let folder: string;
let store: MetadataStore;
let server: RunningServer;
let places: { readonly file: string[]; readonly server: string[] };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mlmd-answers-"));
  const file = join(folder, "example.db");
  const clock = () => BigInt(Date.UTC(2026, 0, 31, 12, 30));
  const { service, close } = await openService({ sqlite: { path: file } }, { clock });
  store = new MetadataStore(service, close);
  await runPipeline(store);
  server = await startServer({ service, host: "127.0.0.1", port: 0 });
  places = { file: ["--sqlite", file], server: ["--grpc", `127.0.0.1:${server.port}`] };
});
afterAll(async () => {
  await server.close();
  await store.close();
  await rm(folder, { recursive: true });
});

/** The same text from the file and from the server, 80 columns wide. */
async function text(...args: string[]): Promise<string> {
  const env = { COLUMNS: "80" };
  const fromFile = await printed([...args, ...places.file], env);
  const fromServer = await printed([...args, ...places.server], env);
  expect(fromServer).toBe(fromFile);
  return `\n${fromFile}`;
}

async function json(...args: string[]): Promise<Record<string, JsonValue>> {
  const fromFile = await printed([...args, "--json", ...places.file]);
  const fromServer = await printed([...args, "--json", ...places.server]);
  expect(fromServer).toBe(fromFile);
  return JSON.parse(fromFile);
}

/** Each value read as a message of the contract, which knows its JSON, and as the library gives it. */
const read = {
  artifacts: (values: unknown) =>
    parsed(messages.ArtifactSchema, values).map((message) => fromMessage("artifact", message as never)),
  executions: (values: unknown) =>
    parsed(messages.ExecutionSchema, values).map((message) => fromMessage("execution", message as never)),
  events: (values: unknown) =>
    parsed(messages.EventSchema, values).map((message) => fromMessage("event", message as never)),
};

function parsed(schema: DescMessage, values: unknown) {
  return (values as JsonValue[]).map((value) => fromJson(schema, value));
}

function readLineage(answer: Record<string, JsonValue>) {
  return {
    artifacts: read.artifacts(answer.artifacts),
    executions: read.executions(answer.executions),
    events: read.events(answer.events),
  };
}

describe("all artifacts of a type", () => {
  test("as a table", async () => {
    expect(await text("list", "artifacts", "--type", "Model")).toMatchInlineSnapshot(`
      "
      ID  NAME         STATE  epochs  features  URI                CREATED
       3  run-1.model  LIVE       20  bill      …iner/model/run-1  2026-01-31 12:30:00
       6  run-2.model  LIVE      300  all       …iner/model/run-2  2026-01-31 12:30:00
      11  run-3.model  LIVE      300  all       …iner/model/run-3  2026-01-31 12:30:00
      "
    `);
  });

  test("as the library gives them", async () => {
    const answer = await json("list", "artifacts", "--type", "Model");
    expect(read.artifacts(answer)).toEqual(await store.getArtifactsByType("Model"));
  });

  test("one a line, filtered and ordered", async () => {
    const filter = "properties.epochs.int_value = 300";
    const args = ["list", "artifacts", "--type", "Model", "--filter", filter, "--order", "created", "--desc"];
    const lines = (await printed([...args, "--ndjson", ...places.file])).trimEnd().split("\n");
    const expected = await store.getArtifactsByType("Model", undefined, {
      ...{ filterQuery: filter, orderBy: "CREATE_TIME", isAsc: false },
    });
    expect(expected).toHaveLength(2);
    expect(read.artifacts(lines.map((line) => JSON.parse(line)))).toEqual(expected);
  });

  test("with columns of one's own", async () => {
    const args = ["--columns", "id,properties.accuracy,custom_properties.x,updated", "--limit", "1"];
    expect(await text("list", "artifacts", "--type", "ModelEvaluation", ...args)).toMatchInlineSnapshot(`
      "
      ID  accuracy  x  UPDATED
       4  0.9091       2026-01-31 12:30:00
      "
    `);
  });
});

test("executions and contexts are listed too", async () => {
  expect(await text("list", "executions", "--limit", "3")).toMatchInlineSnapshot(`
    "
    ID  TYPE           NAME                 STATE     CREATED
     1  CsvExampleGen  run-1.CsvExampleGen  COMPLETE  2026-01-31 12:30:00
     2  StatisticsGen  run-1.StatisticsGen  COMPLETE  2026-01-31 12:30:00
     3  Trainer        run-1.Trainer        COMPLETE  2026-01-31 12:30:00
    "
  `);
  expect(await text("list", "contexts", "--type", "pipeline_run", "--desc")).toMatchInlineSnapshot(`
    "
    ID  NAME   CREATED
     9  run-3  2026-01-31 12:30:00
     8  run-2  2026-01-31 12:30:00
     2  run-1  2026-01-31 12:30:00
    "
  `);
});

describe("two artifacts compared", () => {
  test("as a table", async () => {
    expect(await text("compare", "artifact", "4", "12")).toMatchInlineSnapshot(`
      "
                            artifact 4               artifact 12                CHANGE
      name                  run-1.evaluation         run-3.evaluation
      uri                   penguins/Evaluator/eva…  penguins/Evaluator/eval…
      properties.accuracy   0.9091                   0.9706                    +0.0615
      properties.confusion  {"Adelie":{"Adelie":19…  {"Adelie":{"Adelie":30}…
      properties.log_loss   0.3014                   0.0574                     -0.244
      "
    `);
  });

  test("as the library compares them", async () => {
    const answer = await json("compare", "artifact", "run-1.model", "run-2.model");
    const [left, right] = await store.getArtifactsById([3n, 6n]);
    if (!left || !right) throw new Error("they are there");
    const comparison = compareArtifacts(left, right);
    expect([...read.artifacts([answer.left]), ...read.artifacts([answer.right])]).toEqual([left, right]);
    expect(answer.fields).toEqual(comparison.fields);
    expect(answer.properties).toEqual({
      epochs: { left: { intValue: "20" }, right: { intValue: "300" } },
      features: { left: { stringValue: "bill" }, right: { stringValue: "all" } },
      weights: {
        left: { structValue: comparison.properties.weights?.left },
        right: { structValue: comparison.properties.weights?.right },
      },
    });
  });
});

describe("two executions compared", () => {
  test("as a table", async () => {
    expect(await text("compare", "execution", "run-1.Trainer", "run-3.Trainer")).toMatchInlineSnapshot(`
      "
                           execution 3       execution 13      CHANGE
      name                 run-1.Trainer     run-3.Trainer
      properties.epochs    20                300                 +280
      properties.features  bill              all
      read examples[0]     1 run-1.examples  9 run-3.examples
      made model[0]        3 run-1.model     11 run-3.model
      "
    `);
  });

  test("as the library compares them", async () => {
    const answer = await json("compare", "execution", "3", "13");
    const [left, right] = await store.getExecutionsById([3n, 13n]);
    if (!left || !right) throw new Error("they are there");
    const { inputs } = await compareExecutions(store, left, right);
    const [first] = answer.inputs as { path: JsonValue; left: JsonValue; right: JsonValue }[];
    expect(first?.path).toEqual([{ key: "examples" }, { index: "0" }]);
    expect([read.artifacts(first?.left), read.artifacts(first?.right)]).toEqual([
      inputs[0]?.left,
      inputs[0]?.right,
    ]);
  });
});

describe("the graph of a run", () => {
  test("as text", async () => {
    expect(await text("dag", "run-2")).toMatchInlineSnapshot(`
      "
      Context 8  pipeline_run  run-2
      5 executions, 5 artifacts

      Execution 6  CsvExampleGen  run-2.CsvExampleGen  CACHED
        made  1  Examples           run-1.examples      examples[0]      …amples/run-1

      Execution 7  StatisticsGen  run-2.StatisticsGen  CACHED
        read  1  Examples           run-1.examples      examples[0]      …amples/run-1
        made  2  ExampleStatistics  run-1.statistics    statistics[0]    …istics/run-1

      Execution 8  Trainer  run-2.Trainer  COMPLETE
        read  1  Examples           run-1.examples      examples[0]      …amples/run-1
        made  6  Model              run-2.model         model[0]         …/model/run-2

      Execution 9  Evaluator  run-2.Evaluator  COMPLETE
        read  1  Examples           run-1.examples      examples[0]      …amples/run-1
        read  6  Model              run-2.model         model[0]         …/model/run-2
        made  7  ModelEvaluation    run-2.evaluation    evaluation[0]    …uation/run-2

      Execution 10  Pusher  run-2.Pusher  COMPLETE
        read  6  Model              run-2.model         model[0]         …/model/run-2
        read  7  ModelEvaluation    run-2.evaluation    evaluation[0]    …uation/run-2
        made  8  PushedModel        run-2.pushed_model  pushed_model[0]  …_model/run-2
      "
    `);
  });

  test("as the library gives it", async () => {
    const [run] = await store.getContexts({ filterQuery: "name = 'run-2'" });
    const lineage = await contextLineage(store, run?.id as bigint);
    expect(readLineage(await json("dag", "run-2"))).toEqual(lineage);
  });

  test("for Graphviz and Mermaid", async () => {
    expect(await text("ancestors", "artifact", "3", "--dot")).toMatchInlineSnapshot(`
      "
      digraph mlmd {
        rankdir=LR;
        a3 [shape=ellipse, label="Model 3\\nrun-1.model"];
        a1 [shape=ellipse, label="Examples 1\\nrun-1.examples"];
        e1 [shape=box, label="CsvExampleGen 1\\nrun-1.CsvExampleGen"];
        e3 [shape=box, label="Trainer 3\\nrun-1.Trainer"];
        e6 [shape=box, label="CsvExampleGen 6\\nrun-2.CsvExampleGen"];
        e3 -> a3 [label="model[0]"];
        a1 -> e3 [label="examples[0]"];
        e1 -> a1 [label="examples[0]"];
        e6 -> a1 [label="examples[0]"];
      }
      "
    `);
    expect(await text("ancestors", "artifact", "3", "--mermaid")).toMatchInlineSnapshot(`
      "
      flowchart LR
        a3(["Model 3<br/>run-1.model"])
        a1(["Examples 1<br/>run-1.examples"])
        e1["CsvExampleGen 1<br/>run-1.CsvExampleGen"]
        e3["Trainer 3<br/>run-1.Trainer"]
        e6["CsvExampleGen 6<br/>run-2.CsvExampleGen"]
        e3 -->|"model#91;0#93;"| a3
        a1 -->|"examples#91;0#93;"| e3
        e1 -->|"examples#91;0#93;"| a1
        e6 -->|"examples#91;0#93;"| a1
      "
    `);
  });
});

describe("how an artifact came about", () => {
  test("as text", async () => {
    expect(await text("ancestors", "artifact", "run-3.pushed_model")).toMatchInlineSnapshot(`
      "
      How artifact 13  PushedModel  run-3.pushed_model came about
      4 executions, 4 artifacts

      Execution 11  CsvExampleGen  run-3.CsvExampleGen  COMPLETE
        made   9  Examples         run-3.examples      examples[0]      …xamples/run-3

      Execution 13  Trainer  run-3.Trainer  COMPLETE
        read   9  Examples         run-3.examples      examples[0]      …xamples/run-3
        made  11  Model            run-3.model         model[0]         …r/model/run-3

      Execution 14  Evaluator  run-3.Evaluator  COMPLETE
        read   9  Examples         run-3.examples      examples[0]      …xamples/run-3
        read  11  Model            run-3.model         model[0]         …r/model/run-3
        made  12  ModelEvaluation  run-3.evaluation    evaluation[0]    …luation/run-3

      Execution 15  Pusher  run-3.Pusher  COMPLETE
        read  11  Model            run-3.model         model[0]         …r/model/run-3
        read  12  ModelEvaluation  run-3.evaluation    evaluation[0]    …luation/run-3
        made  13  PushedModel      run-3.pushed_model  pushed_model[0]  …d_model/run-3
      "
    `);
  });

  test("as the library tells it, also one a line", async () => {
    const lineage = await ancestors(store, 13n);
    expect(readLineage(await json("ancestors", "artifact", "13"))).toEqual(lineage);
    const lines = (await printed(["ancestors", "artifact", "13", "--ndjson", ...places.file])).trimEnd();
    const items = lines.split("\n").map((line) => JSON.parse(line));
    const of = (name: string) => items.filter((item) => name in item).map((item) => item[name]);
    expect(
      readLineage({ artifacts: of("artifact"), executions: of("execution"), events: of("event") }),
    ).toEqual(lineage);
  });
});

describe("what was made from an artifact", () => {
  test("everything", async () => {
    expect(readLineage(await json("descendants", "artifact", "1"))).toEqual(await descendants(store, 1n));
  });

  test("only the models", async () => {
    expect(await text("descendants", "artifact", "1", "--type", "Model")).toMatchInlineSnapshot(`
      "
      ID  NAME         STATE  epochs  features  URI                CREATED
       3  run-1.model  LIVE       20  bill      …iner/model/run-1  2026-01-31 12:30:00
       6  run-2.model  LIVE      300  all       …iner/model/run-2  2026-01-31 12:30:00
      "
    `);
    const answer = await json("descendants", "artifact", "1", "--type", "Model");
    expect(readLineage(answer)).toEqual(await descendants(store, 1n, { type: "Model" }));
  });
});

describe("whether a step has run before", () => {
  test("as text", async () => {
    expect(await text("cached", "--execution", "7")).toMatchInlineSnapshot(`
      "
      Yes: execution 2  StatisticsGen  run-1.StatisticsGen  COMPLETE
      It made:

      ID  TYPE            NAME             STATE  URI              CREATED
       2  ExampleStatis…  run-1.statisti…  LIVE   …atistics/run-1  2026-01-31 12:30:00
      "
    `);
  });

  test("as the library finds it", async () => {
    const answer = await json("cached", "--execution", "7");
    const [step] = await store.getExecutionsById([7n]);
    const found = await findCachedExecution(store, await cacheKeyOf(store, step as never));
    expect(read.executions([answer.execution])).toEqual([found?.execution]);
    expect(read.artifacts(answer.outputs)).toEqual(found?.outputs);
    expect(read.events(answer.events)).toEqual(found?.events);
  });

  test("also by what it would do", async () => {
    const trainer = ["cached", "--type", "Trainer", "--property", "features=all", "--property", "epochs=300"];
    const answer = await json(...trainer, "--property", "learning_rate=0.5", "--input", "1");
    expect(answer.execution).toMatchObject({ id: "8", name: "run-2.Trainer" });
  });
});

test("a node with what stands around it", async () => {
  expect(await text("show", "artifact", "run-1.model", "--type", "Model")).toMatchInlineSnapshot(`
    "
    Artifact 3  Model  run-1.model
      type     Model (id 17, a MODEL)
      state    LIVE
      uri      penguins/Trainer/model/run-1
      created  2026-01-31 12:30:00
      updated  2026-01-31 12:30:00

    Properties
      epochs    int     20
      features  string  bill
      weights   struct  {
                          "Adelie": {
                            "bill_length_mm": -1.4313,
                            "bill_depth_mm": 0.8343,
                            "constant": 0.3077
                          },
                          "Chinstrap": {
                            "bill_length_mm": 0.8144,
                            "bill_depth_mm": 0.6031,
                            "constant": -0.2805
                          },
                          "Gentoo": {
                            "bill_length_mm": 0.6169,
                            "bill_depth_mm": -1.4373,
                            "constant": -0.0272
                          }
                        }

    Made by
      3  Trainer  run-1.Trainer  OUTPUT  model[0]

    Read by
      4  Evaluator  run-1.Evaluator  INPUT  model[0]
      5  Pusher     run-1.Pusher     INPUT  model[0]

    Contexts
      1  pipeline      penguins
      2  pipeline_run  run-1
      5  node          penguins.Trainer
      6  node          penguins.Evaluator
      7  node          penguins.Pusher
    "
  `);
  expect(await text("show", "execution", "8")).toMatchInlineSnapshot(`
    "
    Execution 8  Trainer  run-2.Trainer
      type     Trainer (id 18, a TRAIN)
      state    COMPLETE
      created  2026-01-31 12:30:00
      updated  2026-01-31 12:30:00

    Properties
      epochs         int     300
      features       string  all
      learning_rate  double  0.5

    Read
      1  Examples  run-1.examples  INPUT  examples[0]  …CsvExampleGen/examples/run-1

    Made
      6  Model  run-2.model  OUTPUT  model[0]  penguins/Trainer/model/run-2

    Contexts
      1  pipeline      penguins
      5  node          penguins.Trainer
      8  pipeline_run  run-2
    "
  `);
  expect(await text("show", "context", "run-1")).toMatchInlineSnapshot(`
    "
    Context 2  pipeline_run  run-1
      type     pipeline_run (id 13)
      created  2026-01-31 12:30:00
      updated  2026-01-31 12:30:00

    Parents
      1  pipeline  penguins

    \`mlmd dag 2\` shows what belongs to it.
    "
  `);
  const answer = await json("show", "artifact", "3");
  expect(read.artifacts([answer.artifact])).toEqual(await store.getArtifactsById([3n]));
  expect(read.events(answer.events)).toEqual(await store.getEventsByArtifactIds([3n]));
  const [type] = parsed(messages.ArtifactTypeSchema, [answer.artifactType]);
  expect(fromMessage("artifactType", type as never)).toEqual(await store.getArtifactType("Model"));
});

test("types", async () => {
  expect(await text("types")).toMatchInlineSnapshot(`
    "
    KIND       ID  NAME               BASE        PROPERTIES
    artifact   10  Examples           DATASET     rows: int, span: int, split_names…
    artifact   15  ExampleStatistics  STATISTICS  features: struct, span: int
    artifact   17  Model              MODEL       epochs: int, features: string, we…
    artifact   19  ModelEvaluation    METRICS     accuracy: double, confusion: stru…
    artifact   21  PushedModel        MODEL       accuracy: double
    execution  11  CsvExampleGen                  input_base: string, years: string
    execution  16  StatisticsGen      PROCESS
    execution  18  Trainer            TRAIN       epochs: int, features: string, le…
    execution  20  Evaluator          EVALUATE
    execution  22  Pusher             DEPLOY
    context    12  pipeline
    context    13  pipeline_run
    context    14  node
    "
  `);
  expect(await text("show", "type", "Model")).toMatchInlineSnapshot(`
    "
    The artifact type 17  Model
      base type  MODEL

    Properties
      epochs    int
      features  string
      weights   struct
    "
  `);
  const answer = (await json("types")) as unknown as { [kind: string]: JsonValue }[];
  expect(answer.map((item) => Object.keys(item)[0])).toEqual([
    ...new Array(5).fill("artifactType"),
    ...new Array(5).fill("executionType"),
    ...new Array(3).fill("contextType"),
  ]);
});
