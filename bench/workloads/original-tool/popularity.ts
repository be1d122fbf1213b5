import type { Random } from "../../random.ts";

/** Draws items by weights. */
class Weighted<T> {
  readonly #items: readonly T[];
  readonly #sums: number[];

  constructor(items: readonly T[], weights: readonly number[]) {
    this.#items = items;
    let sum = 0;
    this.#sums = weights.map((weight) => {
      sum += weight;
      return sum;
    });
  }

  draw(random: Random): T {
    const at = random.number() * (this.#sums.at(-1) ?? 0);
    return this.#items[this.#sums.findIndex((sum) => at < sum)] as T;
  }
}

/** Weights of a Dirichlet distribution with alpha 1, as the tool calls a categorical popularity. */
export function categorical<T>(items: readonly T[], random: Random): Weighted<T> {
  return new Weighted(
    items,
    items.map(() => -Math.log(1 - random.number())),
  );
}

/** The weight of the nth is n ^ -1; who is the nth is drawn. */
export function zipf<T>(items: readonly T[], random: Random): Weighted<T> {
  return new Weighted(
    shuffled(items, random),
    items.map((_, index) => 1 / (index + 1)),
  );
}

export function shuffled<T>(items: readonly T[], random: Random): T[] {
  return items
    .map((item) => ({ item, at: random.number() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}
