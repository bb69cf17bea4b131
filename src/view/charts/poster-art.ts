/** @file What a poster looks like, decided from title, year and genres: layout as data, drawn by Poster.tsx. No image is fetched. */
import { seededRandom } from "../../core/rng.ts";
import type { Film } from "../../model/film.ts";
import { titleParts } from "./title-parts.ts";

export type Motif =
  | "rays"
  | "orbits"
  | "blinds"
  | "city"
  | "iris"
  | "waves"
  | "pair"
  | "dots"
  | "blocks"
  | "peaks"
  | "shards"
  | "teeth"
  | "staves"
  | "frames"
  | "horizon";

export interface PosterArt {
  readonly motif: Motif;
  readonly ground: string;
  readonly form: string;
  readonly accent: string;
  readonly lettering: string;
  readonly seed: number;
  /** The title in lines, aliases in brackets left out. */
  readonly lines: readonly string[];
  /** Height of the lettering in units of the 200 x 300 sheet. */
  readonly fontUnits: number;
}

/** Mean width of a condensed capital and height of a line, in parts of the font size. */
const LETTER_WIDTH = 0.54;
export const LINE_HEIGHT = 0.94;
/** Height of the lettering block on the sheet. */
const LETTERING_UNITS = 84;

/** Motif and hue (degrees of OKLCH) of a genre, the most telling genre first: a western drama looks like a western. */
const genres: readonly (readonly [genre: string, motif: Motif, hue: number])[] = [
  ["Film-Noir", "blinds", 260],
  ["Western", "rays", 55],
  ["Musical", "staves", 350],
  ["Documentary", "frames", 165],
  ["War", "peaks", 110],
  ["Horror", "teeth", 20],
  ["Animation", "blocks", 85],
  ["Sci-Fi", "orbits", 265],
  ["Mystery", "iris", 300],
  ["Fantasy", "peaks", 310],
  ["Romance", "pair", 5],
  ["Crime", "city", 235],
  ["Children", "dots", 140],
  ["Adventure", "rays", 195],
  ["Thriller", "iris", 30],
  ["Action", "shards", 40],
  ["Comedy", "dots", 95],
  ["Drama", "horizon", 215],
];

/** The art of a film: the same for the same film, always. */
export function posterArt(film: Pick<Film, "title" | "year" | "genres">): PosterArt {
  const seed = hash(`${film.title} ${film.year ?? ""}`);
  const random = seededRandom(seed);
  const [, motif, hue] = genres.find(([genre]) => film.genres.includes(genre)) ?? ["", "waves", 245];
  const turned = (hue + (random() - 0.5) * 50 + 360) % 360;
  // Before colour film was common a poster is nearly grey; in the seventies it is warm.
  const chroma = film.year !== null && film.year < 1955 ? 0.018 : 0.085 + random() * 0.05;
  const warmed = film.year !== null && film.year >= 1966 && film.year < 1982 ? (turned + 50) / 2 : turned;
  const nocturnal = random() < 0.62;
  const opposite = (warmed + 150 + random() * 60) % 360;
  const colour = (lightness: number, part: number, angle: number) =>
    `oklch(${lightness.toFixed(3)} ${(chroma * part).toFixed(3)} ${angle.toFixed(0)})`;
  const lines = wrapTitle(titleParts(film.title).name);
  const longest = Math.max(...lines.map((line) => line.length));
  return {
    motif,
    seed,
    ground: nocturnal ? colour(0.3, 0.9, warmed) : colour(0.88, 0.55, warmed),
    form: nocturnal ? colour(0.62, 1.2, warmed) : colour(0.52, 1.2, warmed),
    accent: nocturnal ? colour(0.83, 1.1, opposite) : colour(0.42, 1.1, opposite),
    lettering: nocturnal ? "oklch(0.97 0.01 90)" : "oklch(0.22 0.03 260)",
    lines,
    fontUnits: Math.min(42, 172 / (longest * LETTER_WIDTH), LETTERING_UNITS / (lines.length * LINE_HEIGHT)),
  };
}

/** Breaks a title into as few lines as give it large letters: about square blocks read best. */
function wrapTitle(title: string): readonly string[] {
  const words = title.split(/\s+/);
  const longestWord = Math.max(...words.map((word) => word.length));
  const width = Math.max(longestWord, Math.ceil(Math.sqrt(title.length * 4.2)));
  const lines: string[] = [];
  for (const word of words) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** FNV-1a, 32 bits: spreads similar titles apart. */
function hash(text: string): number {
  let state = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) {
    state = Math.imul(state ^ byte, 0x01000193);
  }
  return state >>> 0;
}
