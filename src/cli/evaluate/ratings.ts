/** @file Rows of a file of ratings, column by column into typed arrays. */
import type { Problems } from "../../evaluate/problems.ts";

const MOST_RATINGS = 2 ** 26;
const MOST_ID_CHARACTERS = 200;
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d{1,3})?$/i;

/** Ratings as a file gives them, in its order; ids are as written. */
export interface RatingColumns {
  readonly userIds: readonly string[];
  readonly itemIds: readonly string[];
  /** Where each item id stands first, from 1. */
  readonly itemLines: readonly number[];
  /** [ratings] number of the user. */
  readonly user: Int32Array;
  /** [ratings] number of the item id. */
  readonly item: Int32Array;
  readonly rating: Float64Array;
  readonly time: Float64Array;
}

/** Gathers rows; one that is no rating is a problem and counted. */
export class RatingReader {
  readonly #file: string;
  readonly #problems: Problems;
  readonly #users = new Map<string, number>();
  readonly #items = new Map<string, number>();
  readonly #itemLines: number[] = [];
  #capacity = 2 ** 16;
  #user = new Int32Array(this.#capacity);
  #item = new Int32Array(this.#capacity);
  #rating = new Float64Array(this.#capacity);
  #time = new Float64Array(this.#capacity);
  #count = 0;
  badRows = 0;

  constructor(file: string, problems: Problems) {
    this.#file = file;
    this.#problems = problems;
  }

  get rows(): number {
    return this.#count + this.badRows;
  }

  /** `rating` null: the row says that the item was kept. */
  add(line: number, user: string, item: string, rating: string | null, time: string): void {
    const wrong = this.#wrongWith(user, item, rating, time);
    if (wrong !== null) {
      this.refuse(line, wrong);
      return;
    }
    if (this.#count === this.#capacity) this.#grow();
    const row = this.#count++;
    this.#user[row] = numberOf(user, this.#users);
    const items = this.#items.size;
    this.#item[row] = numberOf(item, this.#items);
    if (this.#items.size > items) this.#itemLines.push(line);
    this.#rating[row] = rating === null ? Number.POSITIVE_INFINITY : Number(rating);
    this.#time[row] = Number(time);
  }

  refuse(line: number, reason: string): void {
    this.badRows++;
    this.#problems.add(this.#file, line, reason);
  }

  columns(): RatingColumns {
    return {
      userIds: [...this.#users.keys()],
      itemIds: [...this.#items.keys()],
      itemLines: this.#itemLines,
      user: this.#user.subarray(0, this.#count),
      item: this.#item.subarray(0, this.#count),
      rating: this.#rating.subarray(0, this.#count),
      time: this.#time.subarray(0, this.#count),
    };
  }

  #wrongWith(user: string, item: string, rating: string | null, time: string): string | null {
    for (const [name, id] of [
      ["user", user],
      ["film", item],
    ] as const) {
      if (id === "") return `it names no ${name}`;
      if (id.length > MOST_ID_CHARACTERS)
        return `the ${name}'s id is longer than ${MOST_ID_CHARACTERS} characters`;
    }
    if (rating !== null && !NUMBER.test(rating)) return `the rating ${shortened(rating)} is no number`;
    if (!NUMBER.test(time)) return `the time ${shortened(time)} is no number`;
    if (this.#count >= MOST_RATINGS) return `there are more than ${MOST_RATINGS} ratings before it`;
    return null;
  }

  #grow(): void {
    this.#capacity *= 2;
    const grown = <Column extends Int32Array | Float64Array>(column: Column, larger: Column): Column => {
      larger.set(column);
      return larger;
    };
    this.#user = grown(this.#user, new Int32Array(this.#capacity));
    this.#item = grown(this.#item, new Int32Array(this.#capacity));
    this.#rating = grown(this.#rating, new Float64Array(this.#capacity));
    this.#time = grown(this.#time, new Float64Array(this.#capacity));
  }
}

function numberOf(id: string, numbers: Map<string, number>): number {
  const known = numbers.get(id);
  if (known !== undefined) return known;
  numbers.set(id, numbers.size);
  return numbers.size - 1;
}

function shortened(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
}
