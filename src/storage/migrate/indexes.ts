/*
 * The indexes that the steps make and drop, by name; each is on a table and columns. They are the same on every
 * engine, but for what an engine adds to the columns.
 */

export type Indexes = Readonly<Record<string, readonly [table: string, columns: string]>>;

/** The indexes with the columns as an engine has them. */
export function onColumns(indexes: Indexes, rewrite: (columns: string) => string): Indexes {
  return Object.fromEntries(
    Object.entries(indexes).map(([name, [table, columns]]) => [name, [table, rewrite(columns)]]),
  );
}

const timeIndexes = (table: string): Indexes => ({
  [`idx_${table.toLowerCase()}_create_time_since_epoch`]: [table, "(create_time_since_epoch)"],
  [`idx_${table.toLowerCase()}_last_update_time_since_epoch`]: [table, "(last_update_time_since_epoch)"],
});

const valueIndexes = (kind: string): Indexes => ({
  [`idx_${kind.toLowerCase()}_property_int`]: [`${kind}Property`, "(name, is_custom_property, int_value)"],
  [`idx_${kind.toLowerCase()}_property_double`]: [
    `${kind}Property`,
    "(name, is_custom_property, double_value)",
  ],
  [`idx_${kind.toLowerCase()}_property_string`]: [
    `${kind}Property`,
    "(name, is_custom_property, string_value)",
  ],
});

export const typeName: Indexes = { idx_type_name: ["Type", "(name)"] };
export const nodeIndexes: Indexes = {
  idx_artifact_uri: ["Artifact", "(uri)"],
  ...timeIndexes("Artifact"),
  ...timeIndexes("Execution"),
  ...timeIndexes("Context"),
};
export const eventArtifact: Indexes = { idx_event_artifact_id: ["Event", "(artifact_id)"] };
export const eventExecution: Indexes = { idx_event_execution_id: ["Event", "(execution_id)"] };
export const parentContext: Indexes = {
  idx_parentcontext_parent_context_id: ["ParentContext", "(parent_context_id)"],
};
export const eventPath: Indexes = { idx_eventpath_event_id: ["EventPath", "(event_id)"] };
export const propertyValues: Indexes = {
  ...valueIndexes("Artifact"),
  ...valueIndexes("Execution"),
  ...valueIndexes("Context"),
};
export const externalIds: Indexes = {
  idx_type_external_id: ["Type", "(external_id)"],
  idx_artifact_external_id: ["Artifact", "(external_id)"],
  idx_execution_external_id: ["Execution", "(external_id)"],
  idx_context_external_id: ["Context", "(external_id)"],
};
