import { readNodes } from "../by-hand.ts";
import { artifactName, batchOf, type Data, runName } from "../data.ts";
import type { Random } from "../random.ts";
import { call, type Operation, type Workload } from "../workload.ts";

function filter(name: string, draw: (data: Data, random: Random) => Operation, atMillion?: number): Workload {
  return {
    ...{ name: `filter: ${name}`, group: "filters", changes: false },
    goal: { sqlite: 8, mysql: 2, postgres: 2 },
    ...(atMillion !== undefined && { goalAtMillion: { sqlite: atMillion } }),
    prepare:
      async ({ data, random }) =>
      () =>
        draw(data, random),
  };
}

/** The first page of the default size, 20. */
const list = (filterQuery: string) => call("getArtifacts", { options: { filterQuery } });

export const filters: readonly Workload[] = [
  filter("property equality", (data, random) => {
    const batch = batchOf(random.integer(1, data.artifacts));
    return {
      calls: [list(`properties.batch.string_value = '${batch}'`)],
      minimum: (db) =>
        readNodes(
          db,
          "Artifact",
          `WHERE n.id IN (SELECT artifact_id FROM ArtifactProperty
             WHERE name = 'batch' AND is_custom_property = ${db.flag(false)} AND string_value = ?) ORDER BY n.id LIMIT 21`,
          [batch],
        ),
    };
  }),
  filter(
    "name",
    (data, random) => {
      const name = artifactName(random.integer(1, data.artifacts));
      return {
        calls: [list(`name = '${name}'`)],
        // The layout has names behind types, so that is how to find one.
        minimum: (db) =>
          readNodes(
            db,
            "Artifact",
            "WHERE n.type_id IN (SELECT id FROM Type WHERE type_kind = 1) AND n.name = ? ORDER BY n.id LIMIT 21",
            [name],
          ),
      };
    },
    500,
  ),
  filter("context membership", (data, random) => {
    const run = runName(random.integer(1, data.runs));
    return {
      calls: [list(`contexts_a.name = '${run}'`)],
      minimum: (db) =>
        readNodes(
          db,
          "Artifact",
          `WHERE n.id IN (SELECT artifact_id FROM Attribution WHERE context_id IN (SELECT id FROM Context
             WHERE type_id IN (SELECT id FROM Type WHERE type_kind = 2) AND name = ?)) ORDER BY n.id LIMIT 21`,
          [run],
        ),
    };
  }),
  filter(
    "conjunction of three",
    (data, random) => {
      const artifact = random.integer(1, data.artifacts);
      const [batch, run] = [batchOf(artifact), runName(data.runOf(artifact))];
      return {
        calls: [
          list(
            `properties.batch.string_value = '${batch}' AND properties.rows.int_value < 700 AND contexts_a.name = '${run}'`,
          ),
        ],
        minimum: (db) =>
          readNodes(
            db,
            "Artifact",
            `WHERE n.id IN (SELECT artifact_id FROM ArtifactProperty
               WHERE name = 'batch' AND is_custom_property = ${db.flag(false)} AND string_value = ?)
             AND EXISTS (SELECT 1 FROM ArtifactProperty p WHERE p.artifact_id = n.id AND p.name = 'rows'
               AND p.is_custom_property = ${db.flag(false)} AND p.int_value < 700)
             AND EXISTS (SELECT 1 FROM Attribution a JOIN Context c ON c.id = a.context_id
               WHERE a.artifact_id = n.id AND c.name = ?) ORDER BY n.id LIMIT 21`,
            [batch, run],
          ),
      };
    },
    10,
  ),
];
