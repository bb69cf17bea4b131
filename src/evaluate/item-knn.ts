/** @file Item neighbours (Sarwar et al. 2001): films that the same training users kept. */
import { present } from "../core/invariant.ts";
import type { RatedFilms } from "./interactions.ts";

export const SHRINKAGE = 20;
/** Rows of similarities that are kept: each has as many floats as the catalogue has films. */
const MOST_ROW_FLOATS = 32 * 2 ** 20;

export class ItemNeighbours {
  readonly #items: number;
  readonly #keptBy: readonly Int32Array[];
  /** [items] training users who kept each film. */
  readonly #users: readonly (readonly number[])[];
  readonly #rows = new Map<number, Float32Array>();

  /** `users` are the training users, films rows of a catalogue of `items`. */
  constructor(users: readonly RatedFilms[], items: number) {
    this.#items = items;
    this.#keptBy = users.map(({ items: rated, kept }) => {
      const films = new Set(kept.map((place) => present(rated[place], "a kept film")));
      return Int32Array.from(films);
    });
    const keepers: number[][] = Array.from({ length: items }, () => []);
    for (const [user, films] of this.#keptBy.entries())
      for (const film of films) present(keepers[film], "a film of the catalogue").push(user);
    this.#users = keepers;
  }

  /** Sum of the similarities to the history's films, [items]. */
  scores(history: readonly number[]): Float64Array {
    const scores = new Float64Array(this.#items);
    for (const film of history) {
      const row = this.#similarities(film);
      for (let item = 0; item < row.length; item++)
        scores[item] = (scores[item] as number) + (row[item] as number);
    }
    return scores;
  }

  /** n_ij / (sqrt(n_i n_j) + shrinkage) for one film, [items]; 0 for the film itself. */
  #similarities(film: number): Float32Array {
    const known = this.#rows.get(film);
    if (known !== undefined) return known;
    const row = new Float32Array(this.#items);
    const users = present(this.#users[film], "a film of the catalogue");
    for (const user of users)
      for (const other of present(this.#keptBy[user], "a training user"))
        row[other] = (row[other] as number) + 1;
    row[film] = 0;
    for (let other = 0; other < row.length; other++)
      if (row[other] !== 0) {
        const both = Math.sqrt(users.length * present(this.#users[other], "a film").length);
        row[other] = (row[other] as number) / (both + SHRINKAGE);
      }
    if ((this.#rows.size + 1) * this.#items > MOST_ROW_FLOATS) this.#rows.clear();
    this.#rows.set(film, row);
    return row;
  }
}
