import { readFileSync } from "node:fs";

/** The measurements that a model can learn from: millimetres, and grams. */
export const featureNames = ["bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g"] as const;
export const billFeatureNames = ["bill_length_mm", "bill_depth_mm"] as const satisfies FeatureName[];
export type FeatureName = (typeof featureNames)[number];

export interface Penguin {
  readonly species: string;
  readonly year: number;
  readonly features: Readonly<Record<FeatureName, number>>;
}

/** Where the table is, in a checkout and in the installed package alike; data/README.md tells where it is from. */
export const penguinsFile = new URL("../../../data/penguins.csv", import.meta.url);

/** The penguins that were measured whole (two were not). */
export function readPenguins(): Penguin[] {
  const [header = "", ...rows] = readFileSync(penguinsFile, "utf8").trim().split("\n");
  const names = header.split(",");
  return rows
    .map((row) => Object.fromEntries(row.split(",").map((cell, index) => [names[index], cell])))
    .filter((cells) => featureNames.every((name) => cells[name] !== "NA"))
    .map((cells) => ({
      species: cells.species as string,
      year: Number(cells.year),
      features: Object.fromEntries(
        featureNames.map((name) => [name, Number(cells[name])]),
      ) as Penguin["features"],
    }));
}

/** Every fifth penguin of the table is kept for the evaluation. */
export function split(penguins: readonly Penguin[]): { train: Penguin[]; eval: Penguin[] } {
  return {
    train: penguins.filter((_, index) => index % 5 !== 4),
    eval: penguins.filter((_, index) => index % 5 === 4),
  };
}

export interface FeatureStatistics {
  readonly mean: number;
  readonly deviation: number;
  readonly min: number;
  readonly max: number;
}

export function statisticsOf(penguins: readonly Penguin[]): Record<FeatureName, FeatureStatistics> {
  return Object.fromEntries(
    featureNames.map((name) => {
      const values = penguins.map(({ features }) => features[name]);
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
      const range = { min: Math.min(...values), max: Math.max(...values) };
      return [name, { mean, deviation: Math.sqrt(variance), ...range }];
    }),
  ) as Record<FeatureName, FeatureStatistics>;
}
