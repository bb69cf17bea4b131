/** @file A log of picks by chance, as a person who loves one genre leaves it, put where the page keeps its own. */
import { readFile } from "node:fs/promises";
import type { Page } from "@playwright/test";
import { drawSlot } from "../src/adapt/exploration-slot.ts";
import type { SlotRow } from "../src/adapt/log-row.ts";
import { itemId } from "../src/core/ids.ts";
import { seededRandom } from "../src/core/rng.ts";

const SEED = 11;
const EPSILON = 0.5;
/** 2026-01-01, and an hour between rows. */
const START = 1_767_225_600_000;
const HOUR = 3_600_000;

/** `rows` draws from slates of the 400 most popular films of the pack. Films of `genre` are liked with 0.9, others with 0.15; the scores know nothing of it. */
export async function madeUpLog(rows: number, genre: string): Promise<readonly SlotRow[]> {
  const { items } = JSON.parse(await readFile("public/packs/movies/catalogue.json", "utf8")) as {
    readonly items: readonly { readonly genres: readonly string[]; readonly popularity: number }[];
  };
  const popular = items
    .map(({ genres, popularity }, id) => ({ id, popularity, isOfGenre: genres.includes(genre) }))
    .sort((a, b) => b.popularity - a.popularity)
    .slice(0, 400);
  const random = seededRandom(SEED);
  return Array.from({ length: rows }, (_, counter) => {
    const slate = popular
      .map((film) => ({ ...film, at: random() }))
      .sort((a, b) => a.at - b.at)
      .slice(0, 20);
    const baseScores = slate.map(() => random() - 0.5);
    const draw = drawSlot({ scores: baseScores, temperature: 1, epsilon: EPSILON, seed: SEED, counter });
    const isLiked = random() < (slate[draw.place]!.isOfGenre ? 0.9 : 0.15);
    const t = START + counter * HOUR;
    return {
      t,
      policyVersion: 0,
      historyIds: [],
      slateIds: slate.map(({ id }) => itemId(id)),
      source: "slot",
      a: draw.place,
      position: 10,
      visibleMs: 4200,
      y: isLiked ? 1 : 0,
      tOutcome: t + 4200,
      p: [...draw.propensities],
      eps: EPSILON,
      randomised: draw.isRandomised,
      seed: SEED,
      counter,
      baseScores,
    };
  });
}

/** Puts the rows into the log of a page that has opened it; the page reads them when it is loaded again. */
export async function seedLog(page: Page, rows: readonly SlotRow[]): Promise<void> {
  await page.evaluate(
    ([entries, seed]) =>
      new Promise<void>((resolve, reject) => {
        const opening = indexedDB.open("becausal-log");
        opening.onerror = () => reject(opening.error);
        opening.onsuccess = () => {
          const database = opening.result;
          const tx = database.transaction(["rows", "state"], "readwrite");
          for (const row of entries) tx.objectStore("rows").add(row);
          tx.objectStore("state").put(seed, "seed");
          tx.onerror = () => reject(tx.error);
          tx.oncomplete = () => {
            database.close();
            resolve();
          };
        };
      }),
    [rows, SEED] as const,
  );
}
