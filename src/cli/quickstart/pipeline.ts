import { artifactType, contextType, type DeclaredType, executionType } from "../../client/declared-type.ts";
import type { EventInput } from "../../client/edges.ts";
import type { Artifact, ArtifactInput, ContextInput } from "../../client/nodes.ts";
import { findCachedExecution } from "../../client/questions.ts";
import type { MetadataStore } from "../../client/store.ts";
import type { Properties, StructValue } from "../../client/values.ts";
import { type Classifier, evaluate, type Parameters, train } from "./classifier.ts";
import {
  billFeatureNames,
  featureNames,
  type Penguin,
  readPenguins,
  split,
  statisticsOf,
} from "./penguins.ts";

/*
 * A pipeline that learns to tell penguins apart, recorded as pipeline tools record theirs: a context for the pipeline, for
 * each run and for each node; events whose paths say under which name and at which position an artifact was read or made.
 * Its steps are few and small, but they are really run; only the files that the URIs name are not written.
 */

const Examples = artifactType(
  "Examples",
  { span: "int", split_names: "string", rows: "int" },
  { baseType: "DATASET", description: "penguins, split into those to learn from and those to evaluate with" },
);
const ExampleStatistics = artifactType(
  "ExampleStatistics",
  { span: "int", features: "struct" },
  { baseType: "STATISTICS" },
);
const Model = artifactType(
  "Model",
  { features: "string", epochs: "int", weights: "struct" },
  { baseType: "MODEL" },
);
const ModelEvaluation = artifactType(
  "ModelEvaluation",
  { accuracy: "double", log_loss: "double", confusion: "struct" },
  { baseType: "METRICS" },
);
const PushedModel = artifactType("PushedModel", { accuracy: "double" }, { baseType: "MODEL" });

const CsvExampleGen = executionType("CsvExampleGen", { input_base: "string", years: "string" });
const StatisticsGen = executionType("StatisticsGen", {}, { baseType: "PROCESS" });
const Trainer = executionType(
  "Trainer",
  { features: "string", epochs: "int", learning_rate: "double" },
  { baseType: "TRAIN" },
);
const Evaluator = executionType("Evaluator", {}, { baseType: "EVALUATE" });
const Pusher = executionType("Pusher", {}, { baseType: "DEPLOY" });

const Pipeline = contextType("pipeline", {});
const PipelineRun = contextType("pipeline_run", {});
const PipelineNode = contextType("node", {});

const pipelineName = "penguins";

/** What one run is asked to do: the years whose penguins it sees, and how it trains. */
export interface Run extends Parameters {
  readonly lastYear: number;
  /** What the features are called together. */
  readonly featureSet: string;
}

export const runs: readonly Run[] = [
  { lastYear: 2008, featureSet: "bill", features: billFeatureNames, epochs: 20, learningRate: 0.5 },
  { lastYear: 2008, featureSet: "all", features: featureNames, epochs: 300, learningRate: 0.5 },
  { lastYear: 2009, featureSet: "all", features: featureNames, epochs: 300, learningRate: 0.5 },
];

/** What the questions are asked about, run by run. */
export interface RecordedRun {
  readonly name: string;
  readonly examples: bigint;
  readonly evaluation: bigint;
  /** Only where the model was better than all before. */
  readonly pushed: bigint | undefined;
  /** The execution that computed the statistics, or found them. */
  readonly statisticsStep: bigint;
}

/** Runs the pipeline three times and records it. */
export async function runPipeline(store: MetadataStore): Promise<RecordedRun[]> {
  const recorded = [];
  for (const [index, run] of runs.entries()) recorded.push(await runOnce(store, `run-${index + 1}`, run));
  return recorded;
}

async function runOnce(store: MetadataStore, name: string, run: Run): Promise<RecordedRun> {
  const step = new Steps(store, name);
  const penguins = readPenguins().filter(({ year }) => year <= run.lastYear);
  const parts = split(penguins);
  const span = BigInt(run.lastYear);

  const { artifact: examples } = await step.run(CsvExampleGen, {
    properties: { input_base: "data/penguins.csv", years: `2007-${run.lastYear}` },
    output: "examples",
    make: (uri) =>
      Examples.of({
        uri,
        state: "LIVE",
        properties: { span, split_names: '["train", "eval"]', rows: penguins.length },
      }),
  });
  const statistics = await step.run(StatisticsGen, {
    inputs: { examples },
    output: "statistics",
    make: (uri) =>
      ExampleStatistics.of({
        ...{ uri, state: "LIVE" },
        properties: { span, features: roundedStatistics(parts.train) },
      }),
  });
  const classifier = train(parts.train, run);
  const { artifact: model } = await step.run(Trainer, {
    properties: { features: run.featureSet, epochs: BigInt(run.epochs), learning_rate: run.learningRate },
    inputs: { examples },
    output: "model",
    make: (uri) =>
      Model.of({
        ...{ uri, state: "LIVE" },
        properties: { features: run.featureSet, epochs: run.epochs, weights: weightsOf(classifier) },
      }),
  });
  const { accuracy, logLoss, confusion } = evaluate(classifier, parts.eval);
  const { artifact: evaluation } = await step.run(Evaluator, {
    inputs: { examples, model },
    output: "evaluation",
    make: (uri) =>
      ModelEvaluation.of({
        ...{ uri, state: "LIVE" },
        properties: { accuracy: rounded(accuracy), log_loss: rounded(logLoss), confusion },
      }),
  });
  const pushed = (await isBest(store, accuracy))
    ? await step.run(Pusher, {
        inputs: { model, evaluation },
        output: "pushed_model",
        make: (uri) => PushedModel.of({ uri, state: "LIVE", properties: { accuracy: rounded(accuracy) } }),
      })
    : undefined;
  return {
    name,
    examples: examples.id,
    evaluation: evaluation.id,
    pushed: pushed?.artifact.id,
    statisticsStep: statistics.executionId,
  };
}

/** Only what is better than every model that was pushed is pushed. */
async function isBest(store: MetadataStore, accuracy: number): Promise<boolean> {
  const pushed = await store.list(PushedModel);
  return pushed.every((model) => accuracy > (model.properties.accuracy ?? 0));
}

interface Step {
  readonly properties?: Properties;
  readonly inputs?: { readonly [name: string]: Artifact };
  readonly output: string;
  /** Gives what the step made; its URI is made of the step's name and the run's. */
  make(uri: string): ArtifactInput;
}

/** Records the steps of one run; what a step has made before, of the same inputs, is used again. */
class Steps {
  readonly #store: MetadataStore;
  readonly #runName: string;

  constructor(store: MetadataStore, runName: string) {
    this.#store = store;
    this.#runName = runName;
  }

  async run(
    type: DeclaredType<"execution">,
    { properties = {}, inputs = {}, output, make }: Step,
  ): Promise<{ executionId: bigint; artifact: Artifact }> {
    const read = Object.entries(inputs);
    const inputArtifactIds = read.map(([, { id }]) => id);
    const cached = await findCachedExecution(this.#store, { type, properties, inputArtifactIds });
    const [found] = cached?.outputs ?? [];
    const name = `${this.#runName}.${type.name}`;
    const event: EventInput = { type: "OUTPUT", path: [output, 0] };
    const result = await this.#store.putExecution(
      {
        execution: type.of({ name, lastKnownState: found ? "CACHED" : "COMPLETE", properties }),
        artifactAndEvents: [
          ...read.map(([path, { id }]) => ({
            event: { artifactId: id, type: "INPUT", path: [path, 0] } as const,
          })),
          found
            ? { event: { ...event, artifactId: found.id } }
            : {
                artifact: {
                  ...make(`${pipelineName}/${type.name}/${output}/${this.#runName}`),
                  name: `${this.#runName}.${output}`,
                },
                event,
              },
        ],
        contexts: await this.#contexts(type.name),
      },
      { reuseContextIfAlreadyExist: true },
    );
    const [artifact] = await this.#store.getArtifactsById(result.artifactIds.slice(-1));
    if (artifact === undefined) throw new TypeError("it was recorded just now");
    await this.#linkRun(result.contextIds);
    return { executionId: result.executionId, artifact };
  }

  async #contexts(step: string): Promise<ContextInput[]> {
    return [
      Pipeline.of({ name: pipelineName }),
      PipelineRun.of({ name: this.#runName }),
      PipelineNode.of({ name: `${pipelineName}.${step}` }),
    ];
  }

  /** A run belongs to its pipeline. */
  async #linkRun([pipeline, run]: readonly bigint[]): Promise<void> {
    if (pipeline === undefined || run === undefined) return;
    if ((await this.#store.getParentContextsByContext(run)).length > 0) return;
    await this.#store.putParentContexts([{ parentId: pipeline, childId: run }]);
  }
}

/** Four digits say what there is to say, and are the same on every processor. */
function rounded(value: number): number {
  return Number(value.toFixed(4));
}

function roundedStatistics(penguins: readonly Penguin[]): StructValue {
  return Object.fromEntries(
    Object.entries(statisticsOf(penguins)).map(([name, { mean, deviation, min, max }]) => [
      name,
      { mean: rounded(mean), deviation: rounded(deviation), min, max },
    ]),
  );
}

function weightsOf({ species, features, weights }: Classifier): StructValue {
  return Object.fromEntries(
    species.map((name, at) => [
      name,
      Object.fromEntries(
        [...features, "constant"].map((feature, index) => [feature, rounded(weights[at]?.[index] as number)]),
      ),
    ]),
  );
}
