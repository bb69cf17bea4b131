/** @file Logs of the made-up world: what a person who loves one genre, or none, makes of the films that chance picks. */
import { drawSlot } from "../../../adapt/exploration-slot.ts";
import type { SlotRow } from "../../../adapt/log-row.ts";
import type { StoredRow } from "../../../adapt/log-storage.ts";
import { present } from "../../../core/invariant.ts";
import { seededRandom } from "../../../core/rng.ts";
import { fixtureFilms } from "../../../state/fixtures/films.ts";

const EPSILON = 0.5;
/** 2026-01-01, and an hour between rows. */
const START = 1_767_225_600_000;
const HOUR = 3_600_000;

/** `rows` draws from one seed. Films of `genre` are liked with 0.9 and others with 0.15; without a genre every film with 0.3. The scores know nothing of it. */
export function fixtureLog(rows: number, genre: string | null, seed = 7): readonly StoredRow[] {
  const random = seededRandom(seed);
  return Array.from({ length: rows }, (_, counter) => {
    const slate = [...fixtureFilms.keys()]
      .map((film) => ({ film, at: random() }))
      .sort((a, b) => a.at - b.at)
      .slice(0, 20)
      .map(({ film }) => present(fixtureFilms[film], "a film"));
    const baseScores = slate.map(() => random() - 0.5);
    const draw = drawSlot({ scores: baseScores, temperature: 1, epsilon: EPSILON, seed, counter });
    const isOfGenre = genre !== null && slate[draw.place]?.genres.includes(genre) === true;
    const isLiked = random() < (genre === null ? 0.3 : isOfGenre ? 0.9 : 0.15);
    const visibleMs = isLiked || random() < 0.5 ? 4200 : 12_500;
    const t = START + counter * HOUR;
    const row: SlotRow = {
      t,
      policyVersion: 0,
      historyIds: [],
      slateIds: slate.map(({ id }) => id),
      source: "slot",
      a: draw.place,
      position: 10,
      visibleMs,
      y: isLiked ? 1 : 0,
      tOutcome: t + visibleMs,
      p: [...draw.propensities],
      eps: EPSILON,
      randomised: draw.isRandomised,
      seed,
      counter,
      baseScores,
    };
    return { key: counter + 1, row };
  });
}
