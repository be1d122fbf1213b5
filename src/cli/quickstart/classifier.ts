import { type FeatureName, type Penguin, statisticsOf } from "./penguins.ts";

/*
 * Softmax regression: for each species a weighted sum of the measurements, turned into probabilities. It is trained
 * by gradient descent over all penguins at once, so the same penguins and parameters always give the same model.
 */

export interface Parameters {
  readonly features: readonly FeatureName[];
  readonly epochs: number;
  readonly learningRate: number;
}

export interface Classifier {
  readonly features: readonly FeatureName[];
  readonly species: readonly string[];
  /** To bring each feature to mean 0 and deviation 1, as in training. */
  readonly means: readonly number[];
  readonly deviations: readonly number[];
  /** For each species a weight for each feature, and at the end a constant. */
  readonly weights: readonly (readonly number[])[];
}

export function train(
  penguins: readonly Penguin[],
  { features, epochs, learningRate }: Parameters,
): Classifier {
  const statistics = statisticsOf(penguins);
  const species = [...new Set(penguins.map((penguin) => penguin.species))].sort();
  const scale = {
    means: features.map((name) => statistics[name].mean),
    deviations: features.map((name) => statistics[name].deviation),
  };
  const zero = species.map(() => [...features.map(() => 0), 0]);
  let classifier: Classifier = { features, species, ...scale, weights: zero };
  const examples = penguins.map((penguin) => ({
    input: inputOf(classifier, penguin),
    species: penguin.species,
  }));
  for (let epoch = 0; epoch < epochs; epoch++) {
    const guesses = examples.map(({ input }) => softmax(classifier, input));
    const slope = (at: number, feature: number) =>
      examples.reduce((sum, { input, species: truth }, index) => {
        const error = (guesses[index]?.[at] as number) - (species[at] === truth ? 1 : 0);
        return sum + error * (input[feature] as number);
      }, 0) / examples.length;
    const weights = classifier.weights.map((row, at) =>
      row.map((weight, feature) => weight - learningRate * slope(at, feature)),
    );
    classifier = { ...classifier, weights };
  }
  return classifier;
}

export interface Evaluation {
  readonly accuracy: number;
  /** The mean of the negative logarithm of the probability that the model gave to the true species. */
  readonly logLoss: number;
  /** How often a species (the first name) was taken for another (the second). */
  readonly confusion: { readonly [species: string]: { readonly [guess: string]: number } };
}

export function evaluate(classifier: Classifier, penguins: readonly Penguin[]): Evaluation {
  const { species } = classifier;
  const confusion: { [species: string]: { [guess: string]: number } } = {};
  let hits = 0;
  let loss = 0;
  for (const penguin of penguins) {
    const guesses = softmax(classifier, inputOf(classifier, penguin));
    const guess = species[guesses.indexOf(Math.max(...guesses))] as string;
    const row = confusion[penguin.species] ?? {};
    confusion[penguin.species] = { ...row, [guess]: (row[guess] ?? 0) + 1 };
    if (guess === penguin.species) hits++;
    loss -= Math.log(guesses[species.indexOf(penguin.species)] ?? 0);
  }
  return { accuracy: hits / penguins.length, logLoss: loss / penguins.length, confusion };
}

function inputOf({ features, means, deviations }: Classifier, penguin: Penguin): number[] {
  const scaled = features.map(
    (name, at) => (penguin.features[name] - (means[at] as number)) / (deviations[at] as number),
  );
  return [...scaled, 1];
}

function softmax({ weights }: Classifier, input: readonly number[]): number[] {
  const scores = weights.map((row) =>
    row.reduce((sum, weight, at) => sum + weight * (input[at] as number), 0),
  );
  const largest = Math.max(...scores);
  const powers = scores.map((score) => Math.exp(score - largest));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}
