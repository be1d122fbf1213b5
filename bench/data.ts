/*
 * The rows that a store holds before anything is measured: a graph of pipelines of any size, the same for every side
 * and engine. Artifacts, executions and contexts are numbered from 1, and what belongs to a number follows from it,
 * so that a workload can name a node, its type or its neighbours without asking.
 *
 * An execution has four outputs. Twenty-five executions in a row are one run: each but the first reads the first two
 * outputs of the one before. A run is a context, and holds its hundred artifacts; ten runs have a pipeline as parent.
 */

export const artifactTypes = [101, 102, 103, 104, 105];
export const executionType = 201;
export const runType = 301;
export const pipelineType = 302;

const outputs = 4;
const chain = 25;
const runArtifacts = outputs * chain;
const runsOfPipeline = 10;
const firstMs = 1_700_000_000_000;

export class Data {
  readonly artifacts: number;
  readonly executions: number;
  readonly runs: number;
  readonly pipelines: number;

  /** `artifacts`: a multiple of a thousand. */
  constructor(artifacts: number) {
    this.artifacts = artifacts;
    this.executions = artifacts / outputs;
    this.runs = artifacts / runArtifacts;
    this.pipelines = this.runs / runsOfPipeline;
  }

  typeOf(artifact: number): number {
    return artifactTypes[artifact % artifactTypes.length] as number;
  }

  /** The first execution of the run. */
  firstExecution(run: number): number {
    return (run - 1) * chain + 1;
  }

  firstOutput(execution: number): number {
    return (execution - 1) * outputs + 1;
  }

  runOf(artifact: number): number {
    return Math.ceil(artifact / runArtifacts);
  }

  executionsOf(run: number): number[] {
    return Array.from({ length: chain }, (_, index) => this.firstExecution(run) + index);
  }
}

export const typeName = (id: number) => `bench.type-${id}`;
export const artifactName = (artifact: number) => `artifact-${artifact}`;
export const artifactUri = (artifact: number) => `s3://bucket/path/artifact-${artifact}`;
export const artifactExternalId = (artifact: number) => `external-${artifact}`;
/** Twenty artifacts share it. */
export const batchOf = (artifact: number) => `batch-${Math.floor(artifact / 20)}`;
export const executionName = (execution: number) => `execution-${execution}`;
export const fingerprint = (execution: number) => `fingerprint-${execution}`;
export const runName = (run: number) => `run-${run}`;
export const pipelineName = (pipeline: number) => `pipeline-${pipeline}`;

/** In what the engines' SQL differs for making rows. */
export interface LoadDialect {
  /** A table `n` with the column `i` from 1 to `count`. */
  series(count: number): string;
  /** The whole part of a quotient. */
  div(number: string, by: number): string;
  readonly true: string;
  readonly false: string;
  double(number: string): string;
}

/** Statements that fill an empty database of the layout. Texts are joined with `||`. */
export function loadStatements(data: Data, dialect: LoadDialect): string[] {
  return [...types(), ...artifacts(data, dialect), ...graph(data, dialect)];
}

const typeKinds = { execution: 0, artifact: 1, context: 2 };
const dataTypes = { int: 1, double: 2, string: 3 };

function types(): string[] {
  const kinds: readonly [number, number][] = [
    ...artifactTypes.map((id): [number, number] => [id, typeKinds.artifact]),
    [executionType, typeKinds.execution],
    [runType, typeKinds.context],
    [pipelineType, typeKinds.context],
  ];
  const properties: readonly [number, string, number][] = [
    ...artifactTypes.flatMap((id): [number, string, number][] => [
      [id, "batch", dataTypes.string],
      [id, "rows", dataTypes.int],
      [id, "split", dataTypes.string],
    ]),
    [executionType, "step", dataTypes.int],
    [runType, "note", dataTypes.string],
  ];
  return [
    `INSERT INTO Type (id, name, type_kind) VALUES ${kinds.map(([id, kind]) => `(${id}, '${typeName(id)}', ${kind})`).join()}`,
    `INSERT INTO TypeProperty (type_id, name, data_type) VALUES ${properties.map(([id, name, type]) => `(${id}, '${name}', ${type})`).join()}`,
  ];
}

function artifacts(data: Data, dialect: LoadDialect): string[] {
  const { series, div, double, true: custom, false: declared } = dialect;
  return [
    `INSERT INTO Artifact (id, type_id, uri, state, name, external_id, create_time_since_epoch, last_update_time_since_epoch)
     SELECT i, 101 + i % 5, 's3://bucket/path/artifact-' || i, 2, 'artifact-' || i, 'external-' || i, ${firstMs} + i, ${firstMs} + i
     FROM ${series(data.artifacts)} ORDER BY i`,
    // A node's properties are stored one after the other, as a store writes them.
    `INSERT INTO ArtifactProperty (artifact_id, name, is_custom_property, int_value, double_value, string_value)
     SELECT i, p.name, p.custom,
       CASE p.name WHEN 'rows' THEN i % 1000 END,
       CASE p.name WHEN 'score' THEN ${double("i % 1000")} / 8 END,
       CASE p.name WHEN 'batch' THEN 'batch-' || ${div("i", 20)}
         WHEN 'split' THEN CASE i % 3 WHEN 0 THEN 'train' WHEN 1 THEN 'test' ELSE 'evaluate' END END
     FROM ${series(data.artifacts)} CROSS JOIN (
       SELECT 'batch' AS name, ${declared} AS custom UNION ALL SELECT 'rows', ${declared}
       UNION ALL SELECT 'score', ${custom} UNION ALL SELECT 'split', ${declared}) p
     ORDER BY i, p.name`,
  ];
}

function graph(data: Data, dialect: LoadDialect): string[] {
  const { series, div, true: custom, false: declared } = dialect;
  const { artifacts, executions, runs, pipelines } = data;
  const event = "INSERT INTO Event (id, artifact_id, execution_id, type, milliseconds_since_epoch) SELECT";
  const inputs = [1, 2].map(
    (
      input,
    ) => `${event} ${artifacts} + 2 * i + ${input}, ${outputs} * (i - 2) + ${input}, i, 3, ${firstMs} + i
      FROM ${series(executions)} WHERE (i - 1) % ${chain} > 0 ORDER BY i`,
  );
  return [
    `INSERT INTO Execution (id, type_id, last_known_state, name, create_time_since_epoch, last_update_time_since_epoch)
     SELECT i, ${executionType}, 3, 'execution-' || i, ${firstMs} + i, ${firstMs} + i FROM ${series(executions)} ORDER BY i`,
    `INSERT INTO ExecutionProperty (execution_id, name, is_custom_property, int_value, string_value)
     SELECT i, p.name, p.custom, CASE p.name WHEN 'step' THEN i % ${chain} END,
       CASE p.name WHEN 'fingerprint' THEN 'fingerprint-' || i END
     FROM ${series(executions)} CROSS JOIN (
       SELECT 'fingerprint' AS name, ${custom} AS custom UNION ALL SELECT 'step', ${declared}) p
     ORDER BY i, p.name`,
    `${event} i, i, ${div("i - 1", outputs)} + 1, 4, ${firstMs} + i FROM ${series(artifacts)} ORDER BY i`,
    ...inputs,
    `INSERT INTO EventPath (event_id, is_index_step, step_key) SELECT id, ${declared}, 'data' FROM Event ORDER BY id`,
    `INSERT INTO Context (id, type_id, name, create_time_since_epoch, last_update_time_since_epoch)
     SELECT i, ${runType}, 'run-' || i, ${firstMs} + i, ${firstMs} + i FROM ${series(runs)} ORDER BY i`,
    `INSERT INTO ContextProperty (context_id, name, is_custom_property, string_value)
     SELECT i, 'note', ${declared}, 'run ' || i FROM ${series(runs)} ORDER BY i`,
    `INSERT INTO Context (id, type_id, name, create_time_since_epoch, last_update_time_since_epoch)
     SELECT ${runs} + i, ${pipelineType}, 'pipeline-' || i, ${firstMs}, ${firstMs} FROM ${series(pipelines)} ORDER BY i`,
    `INSERT INTO ParentContext (context_id, parent_context_id)
     SELECT i, ${runs} + 1 + ${div("i - 1", runsOfPipeline)} FROM ${series(runs)} ORDER BY i`,
    `INSERT INTO Attribution (id, context_id, artifact_id)
     SELECT i, 1 + ${div("i - 1", runArtifacts)}, i FROM ${series(artifacts)} ORDER BY i`,
    `INSERT INTO Association (id, context_id, execution_id)
     SELECT i, 1 + ${div("i - 1", chain)}, i FROM ${series(executions)} ORDER BY i`,
  ];
}
