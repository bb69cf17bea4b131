/** @file Ratings in the order of a file become users in order of time, a split, and the windows to predict. */
import { invariant, present } from "../core/invariant.ts";

export const KEPT_FROM = 3;
/** Kept films before a target, at least. */
export const MIN_HISTORY = 3;

/** One entry per rating, in the order of the file. */
export interface Ratings {
  /** Ids of the users as they are written, by number. */
  readonly userIds: readonly string[];
  /** [ratings] number of the user. */
  readonly user: ArrayLike<number>;
  /** [ratings] row of the catalogue. */
  readonly item: ArrayLike<number>;
  readonly rating: ArrayLike<number>;
  /** Any unit, larger is later. */
  readonly time: ArrayLike<number>;
}

/** One person's rated films, oldest first. */
export interface RatedFilms {
  readonly id: string;
  readonly items: readonly number[];
  /** Places in `items` of those that are kept, ascending. */
  readonly kept: readonly number[];
}

/** Ratings of one time keep the order of the file. Users are in order of their first kept rating, then of id; those who kept nothing are left out. */
export function orderUsers(ratings: Ratings): RatedFilms[] {
  const { userIds, user, item, rating, time } = ratings;
  const rowsOf: number[][] = userIds.map(() => []);
  for (let row = 0; row < user.length; row++) present(rowsOf[user[row] ?? -1], "a rating's user").push(row);
  const compareIds = idOrder(userIds);
  return rowsOf
    .map((rows, number) => {
      rows.sort((a, b) => (time[a] ?? 0) - (time[b] ?? 0) || a - b);
      const kept = [...rows.keys()].filter((place) => (rating[rows[place] ?? -1] ?? 0) >= KEPT_FROM);
      const first = kept[0];
      return {
        id: userIds[number] ?? "",
        items: rows.map((row) => item[row] ?? 0),
        kept,
        since: first === undefined ? null : (time[rows[first] ?? -1] ?? 0),
      };
    })
    .filter((each): each is typeof each & { since: number } => each.since !== null)
    .sort((a, b) => a.since - b.since || compareIds(a.id, b.id))
    .map(({ id, items, kept }) => ({ id, items, kept }));
}

function idOrder(ids: readonly string[]): (a: string, b: string) => number {
  const areNumbers = ids.every((id) => /^\d{1,15}$/.test(id));
  return areNumbers ? (a, b) => Number(a) - Number(b) : (a, b) => (a < b ? -1 : a > b ? 1 : 0);
}

export interface Split {
  readonly train: number;
  readonly validation: number;
  readonly test: number;
}

/** 80 % train, the next 10 % validate, the last 10 % test; borders are rounded to the nearest user, half to even. */
export function splitOf(users: number): Split {
  const train = roundHalfEven((users * 8) / 10);
  const validation = roundHalfEven((users * 9) / 10) - train;
  return { train, validation, test: users - train - validation };
}

function roundHalfEven(value: number): number {
  const below = Math.floor(value);
  if (value - below === 0.5) return below % 2 === 0 ? below : below + 1;
  return Math.round(value);
}

/** One prediction to make. Films are rows of the catalogue, oldest first. */
export interface Window {
  /** Among all windows of the test users. */
  readonly number: number;
  readonly user: string;
  /** Kept films before the target. */
  readonly history: readonly number[];
  readonly target: number;
  /** All films rated before the target, kept or not. */
  readonly seen: readonly number[];
}

/** Every kept rating with at least {@link MIN_HISTORY} kept ones before it, user by user, numbered from 0. */
export function* windowsOf(users: readonly RatedFilms[]): Generator<Window> {
  let number = 0;
  for (const { id, items, kept } of users) {
    const films = kept.map((place) => present(items[place], "a kept film"));
    for (let at = MIN_HISTORY; at < kept.length; at++, number++) {
      const place = present(kept[at], "a kept place");
      const target = present(items[place], "a target");
      yield { number, user: id, history: films.slice(0, at), target, seen: items.slice(0, place) };
    }
  }
}

/** The last window of every user who has one. */
export function lastWindows(windows: Iterable<Window>): Window[] {
  const last = new Map<string, Window>();
  for (const window of windows) last.set(window.user, window);
  return [...last.values()];
}

/** Kept ratings per row of the catalogue by these users. */
export function countKept(users: readonly RatedFilms[], items: number): number[] {
  const counts = new Array<number>(items).fill(0);
  for (const { items: rated, kept } of users)
    for (const place of kept) {
      const item = present(rated[place], "a kept film");
      invariant(item < items, `film ${item} of ${items}`);
      counts[item] = (counts[item] ?? 0) + 1;
    }
  return counts;
}
