import type { ItemId } from "../core/ids.ts";

/** One row of the pack's catalogue. */
export interface Film {
  readonly id: ItemId;
  /** MovieLens id: stable across packs, which row numbers are not. */
  readonly movieId: number;
  /** Article in front, without the year: "The Matrix". */
  readonly title: string;
  readonly year: number | null;
  readonly genres: readonly string[];
  /** Kept interactions among the pack's training users. */
  readonly popularity: number;
}

/** "The Matrix (1999)": how a film is named to people and on the command line. */
export function filmName({ title, year }: Pick<Film, "title" | "year">): string {
  return year === null ? title : `${title} (${year})`;
}
