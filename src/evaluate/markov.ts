/** @file What training users kept next after a film: a first-order chain, backed off to popularity. */
import { invariant, present } from "../core/invariant.ts";
import { countKept, type RatedFilms } from "./interactions.ts";

/** Weight of popularity, in transitions. */
export const BACK_OFF = 5;

export class MarkovChain {
  /** [items] popularity's shares, adding up to 1. */
  readonly #shares: readonly number[];
  /** How often each film came next, by the film before. */
  readonly #next = new Map<number, Map<number, number>>();

  /** `users` are the training users, films rows of a catalogue of `items`. */
  constructor(users: readonly RatedFilms[], items: number) {
    const counts = countKept(users, items);
    const total = counts.reduce((sum, count) => sum + count, 0);
    invariant(total > 0, "training users kept something");
    this.#shares = counts.map((count) => count / total);
    for (const { items: rated, kept } of users)
      for (let at = 1; at < kept.length; at++) {
        const [before, after] = [kept[at - 1], kept[at]].map((place) =>
          present(rated[place ?? -1], "a kept film"),
        );
        const counted = this.#next.get(present(before, "a film")) ?? new Map<number, number>();
        counted.set(present(after, "a film"), (counted.get(present(after, "a film")) ?? 0) + 1);
        this.#next.set(present(before, "a film"), counted);
      }
  }

  /** (n(last -> i) + 5 p(i)) / (n(last) + 5), [items]: probabilities. */
  scores(history: readonly number[]): Float64Array {
    const next = this.#next.get(history.at(-1) ?? -1) ?? new Map<number, number>();
    let leavings = 0;
    for (const count of next.values()) leavings += count;
    const scores = Float64Array.from(this.#shares, (share) => (BACK_OFF * share) / (leavings + BACK_OFF));
    for (const [item, count] of next) scores[item] = (scores[item] ?? 0) + count / (leavings + BACK_OFF);
    return scores;
  }
}
