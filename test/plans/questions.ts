import type { ListOptions, MetadataStore } from "../../src/index.ts";

/**
 * Fills a new database of any engine with so many artifacts, and a tenth as many executions. Each artifact is the output
 * of one execution and the input of the next; each context holds its share.
 */
export function filling(artifacts: number, contexts = 1_000): string[] {
  const executions = artifacts / 10;
  const numbers = (count: number) =>
    `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count})`;
  const times = "create_time_since_epoch, last_update_time_since_epoch";
  return [
    `INSERT INTO Type (id, name, type_kind) VALUES (10, 'Data', 1), (11, 'Model', 1), (12, 'Train', 0), (13, 'Run', 2)`,
    `INSERT INTO TypeProperty VALUES (10, 'day', 1), (10, 'share', 2), (10, 'split', 3), (12, 'day', 1), (13, 'day', 1)`,
    `INSERT INTO Artifact (type_id, uri, state, name, external_id, ${times}) ${numbers(artifacts)}
      SELECT 10 + i % 2, CONCAT('uri-', i), i % 3, CONCAT('artifact-', i), CONCAT('xa-', i), i, i FROM n`,
    `INSERT INTO Execution (type_id, last_known_state, name, external_id, ${times}) ${numbers(executions)}
      SELECT 12, 3, CONCAT('execution-', i), CONCAT('xe-', i), i, i FROM n`,
    `INSERT INTO Context (type_id, name, external_id, ${times}) ${numbers(contexts)}
      SELECT 13, CONCAT('context-', i), CONCAT('xc-', i), i, i FROM n`,
    `INSERT INTO ArtifactProperty (artifact_id, name, is_custom_property, int_value)
      SELECT id, 'day', FALSE, id / 100 FROM Artifact`,
    `INSERT INTO ArtifactProperty (artifact_id, name, is_custom_property, double_value)
      SELECT id, 'share', FALSE, id / 7.0 FROM Artifact`,
    `INSERT INTO ArtifactProperty (artifact_id, name, is_custom_property, string_value)
      SELECT id, 'split', FALSE, CONCAT('split-', id % 5000) FROM Artifact`,
    `INSERT INTO ExecutionProperty (execution_id, name, is_custom_property, int_value)
      SELECT id, 'day', TRUE, id FROM Execution`,
    `INSERT INTO ContextProperty (context_id, name, is_custom_property, int_value)
      SELECT id, 'day', TRUE, id FROM Context`,
    `INSERT INTO Event (artifact_id, execution_id, type, milliseconds_since_epoch)
      SELECT id, 1 + id % ${executions}, 3 + id % 2, id FROM Artifact`,
    `INSERT INTO EventPath (event_id, is_index_step, step_key) SELECT id, FALSE, 'key' FROM Event`,
    `INSERT INTO Attribution (context_id, artifact_id) SELECT 1 + id % ${contexts}, id FROM Artifact`,
    `INSERT INTO Association (context_id, execution_id) SELECT 1 + id % ${contexts}, id FROM Execution`,
    `INSERT INTO ParentContext (context_id, parent_context_id) SELECT id, 1 + id / 100 FROM Context WHERE id > 100`,
  ];
}

const ids = [5n, 50n, 500n];
const page = (options: ListOptions): ListOptions => ({ limit: 20, ...options });

type Questions = readonly [string, (store: MetadataStore) => Promise<unknown>][];

/** Each is answered by key. */
export const lookUps: Questions = [
  ["artifacts by id", (s) => s.getArtifactsById(ids)],
  ["executions by id", (s) => s.getExecutionsById(ids)],
  ["contexts by id", (s) => s.getContextsById(ids)],
  ["artifacts and types", (s) => s.getArtifactsAndTypesByArtifactIds(ids)],
  ["artifact by type and name", (s) => s.getArtifactByTypeAndName("Data", "artifact-500")],
  ["execution by type and name", (s) => s.getExecutionByTypeAndName("Train", "execution-500")],
  ["context by type and name", (s) => s.getContextByTypeAndName("Run", "context-500")],
  ["artifacts by external id", (s) => s.getArtifactsByExternalIds(["xa-5"])],
  ["executions by external id", (s) => s.getExecutionsByExternalIds(["xe-5"])],
  ["contexts by external id", (s) => s.getContextsByExternalIds(["xc-5"])],
  ["artifacts by uri", (s) => s.getArtifactsByUri("uri-500")],
  ["events by artifact", (s) => s.getEventsByArtifactIds(ids)],
  ["events by execution", (s) => s.getEventsByExecutionIds(ids)],
  ["contexts by artifact", (s) => s.getContextsByArtifact(5n)],
  ["contexts by execution", (s) => s.getContextsByExecution(5n)],
];

/** Each can be answered without going through a table. */
export const questions: Questions = [
  ...lookUps,
  ["artifacts by context", (s) => s.getArtifactsByContext(5n)],
  ["artifacts by context, a page", (s) => s.getArtifactsByContext(5n, page({ orderBy: "CREATE_TIME" }))],
  ["executions by context", (s) => s.getExecutionsByContext(5n)],
  ["parent contexts", (s) => s.getParentContextsByContext(500n)],
  ["child contexts", (s) => s.getChildrenContextsByContext(5n)],
  ["one filter: id", (s) => s.getArtifacts(page({ filterQuery: "id = 500" }))],
  ["one filter: ids", (s) => s.getArtifacts(page({ filterQuery: "id IN (5, 50, 500)" }))],
  ["one filter: uri", (s) => s.getArtifacts(page({ filterQuery: "uri = 'uri-500'" }))],
  ["one filter: name", (s) => s.getArtifacts(page({ filterQuery: "name = 'artifact-500'" }))],
  [
    "one filter: type and name",
    (s) => s.getArtifacts(page({ filterQuery: "type = 'Data' AND name = 'artifact-500'" })),
  ],
  ["one filter: external id", (s) => s.getArtifacts(page({ filterQuery: "external_id = 'xa-500'" }))],
  [
    "one filter: int property",
    (s) => s.getArtifacts(page({ filterQuery: "properties.day.int_value = 500" })),
  ],
  [
    "one filter: double property",
    (s) => s.getArtifacts(page({ filterQuery: "properties.share.double_value > 14000.5" })),
  ],
  [
    "one filter: string property",
    (s) => s.getArtifacts(page({ filterQuery: "properties.split.string_value = 'split-17'" })),
  ],
  ["one filter: context id", (s) => s.getArtifacts(page({ filterQuery: "contexts_a.id = 5" }))],
  [
    "one filter: context by type and name",
    (s) => s.getArtifacts(page({ filterQuery: "contexts_a.type = 'Run' AND contexts_a.name = 'context-5'" })),
  ],
  ["one filter: context name", (s) => s.getArtifacts(page({ filterQuery: "contexts_a.name = 'context-5'" }))],
  [
    "one filter: execution of an event",
    (s) => s.getArtifacts(page({ filterQuery: "events_0.execution_id = 5" })),
  ],
  [
    "one filter: create time",
    (s) => s.getArtifacts(page({ filterQuery: "create_time_since_epoch = 99990" })),
  ],
  [
    "three terms",
    (s) =>
      s.getArtifacts(
        page({
          filterQuery: "type = 'Data' AND contexts_a.name = 'context-5' AND properties.day.int_value > 10",
        }),
      ),
  ],
  [
    "two contexts",
    (s) => s.getArtifacts(page({ filterQuery: "contexts_a.id = 5 AND contexts_b.name = 'context-5'" })),
  ],
  [
    "executions of a context",
    (s) => s.getExecutions(page({ filterQuery: "contexts_a.id = 5 AND last_known_state = COMPLETE" })),
  ],
  [
    "executions by custom property",
    (s) => s.getExecutions(page({ filterQuery: "custom_properties.day.int_value = 5" })),
  ],
  ["contexts by parent", (s) => s.getContexts(page({ filterQuery: "parent_contexts_p.id = 5" }))],
  ["contexts of an artifact", (s) => s.getContexts(page({ filterQuery: "artifacts_a.id = 5" }))],
  ["ancestors", (s) => s.getLineageSubgraph({ startingArtifacts: { filterQuery: "id = 5" }, maxNumHops: 4 })],
  [
    "descendants up to a type",
    (s) =>
      s.getLineageSubgraph({
        startingExecutions: { filterQuery: "name = 'execution-5'" },
        endingArtifacts: { filterQuery: "type = 'Model'" },
        maxNumHops: 3,
      }),
  ],
];

const lists: readonly [string, ListOptions][] = [
  ["id", {}],
  ["id, descending", { isAsc: false }],
  ["create time", { orderBy: "CREATE_TIME" }],
  ["update time, descending", { orderBy: "LAST_UPDATE_TIME", isAsc: false }],
];

/** Two pages of a list, so that the second continues it. */
export const pagesOfAll: Questions = lists.map(([order, options]) => [
  `pages of all artifacts by ${order}`,
  (s) => s.getArtifacts({ ...options, limit: 150 }),
]);

export const pagesOfType: Questions = lists.map(([order, options]) => [
  `pages of a type by ${order}`,
  (s) => s.getArtifactsByType("Data", undefined, { ...options, limit: 150 }),
]);
