/**
 * @file A page that does nothing but write to the log and to the versions as fast as they take it, and tells its server of everything that they have
 * acknowledged. It first tells what it found there. `keep-the-learning-log.spec.ts` builds it, serves it and kills it.
 */
import { drawSlot } from "../src/adapt/exploration-slot.ts";
import type { SlotRow } from "../src/adapt/log-row.ts";
import { type DrawPlace, openLogStorage } from "../src/adapt/log-storage.ts";
import { openVersionStorage } from "../src/adapt/version-storage.ts";
import { itemId } from "../src/core/ids.ts";

/** Rows that are on their way at the same time. */
const WRITERS = 4;
const scores = Array.from({ length: 20 }, (_, place) => -place / 5);

/** What was read, or acknowledged: rows as [key, counter], outcomes as [key, visibleMs], versions as their number. */
export interface Told {
  readonly rows: readonly (readonly [key: number, counter: number])[];
  readonly outcomes: readonly (readonly [key: number, visibleMs: number])[];
  readonly versions: readonly number[];
}

/** As much as the page has read, and how much of it could not be read. */
export interface Found extends Told {
  readonly unreadable: number;
}

const tell = (path: "found" | "acknowledged", told: Partial<Found>): Promise<unknown> =>
  fetch(`${location.pathname}${path}`, { method: "POST", body: JSON.stringify(told) });

const [log, versions] = await Promise.all([openLogStorage(), openVersionStorage()]);
const [stored, learned] = await Promise.all([log.read(), versions.read()]);
const found = stored.rows.flatMap(({ key, row }) => (row.source === "slot" ? [{ key, row }] : []));
await tell("found", {
  rows: found.map(({ key, row }) => [key, row.counter]),
  outcomes: found.flatMap(({ key, row }) => (row.y === null ? [] : [[key, row.visibleMs] as const])),
  versions: learned.versions.records.map(({ version }) => version),
  unreadable: stored.unreadable.length + learned.unreadable.length,
});
await Promise.all([...Array.from({ length: WRITERS }, writeRows), writeVersions()]);

async function writeRows(): Promise<void> {
  for (;;) {
    let counter = -1;
    const key = await log.append((place) => {
      counter = place.counter;
      return drawn(place);
    });
    void tell("acknowledged", { rows: [[key, counter]] });
    const visibleMs = 10_000 + counter;
    await log.complete(key, { visibleMs, y: 0, tOutcome: 2_000 });
    void tell("acknowledged", { outcomes: [[key, visibleMs]] });
  }
}

async function writeVersions(): Promise<void> {
  let { current } = learned.versions;
  for (;;) {
    const next = await versions.adopt(
      {
        head: "linear",
        objective: "cpo",
        theta: Array.from({ length: 46 }, (_, at) => at / 7),
        weighs: Array.from({ length: 46 }, (_, at) => `direction-${at}`),
        figures: {
          rows: 100,
          effectiveSize: 80,
          currentValue: 0.2,
          proposedValue: 0.3,
          improvement: { value: 0.1, standardError: 0.02, low: 0.06, high: 0.14 },
          confidence: 0.95,
        },
        acceptedAt: 1_000,
      },
      current,
    );
    current = next.current;
    void tell("acknowledged", { versions: [current] });
    // Rows are what there are many of.
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function drawn({ seed, counter }: DrawPlace): SlotRow {
  const draw = drawSlot({ scores, temperature: 1, epsilon: 0.2, seed, counter });
  return {
    t: 1_000,
    policyVersion: 0,
    historyIds: Array.from({ length: 10 }, (_, at) => itemId(100 + at)),
    slateIds: scores.map((_, place) => itemId(place)),
    source: "slot",
    a: draw.place,
    position: 10,
    visibleMs: 0,
    y: null,
    tOutcome: null,
    p: [...draw.propensities],
    eps: 0.2,
    randomised: draw.isRandomised,
    seed,
    counter,
    baseScores: scores,
  };
}
