/** @file Made-up findings for the charts that answer "why". */
import type { Standing } from "../../attribution/standings.ts";
import type { StripToken } from "../../attribution/token-strip.ts";
import { itemId, tokenId } from "../../core/ids.ts";
import { present } from "../../core/invariant.ts";
import { seededRandom } from "../../core/rng.ts";
import type { Film } from "../../model/film.ts";
import { fixtureMatrix } from "../../state/fixtures/effects.ts";
import { fixtureFilms } from "../../state/fixtures/films.ts";
import type { AuditView } from "../charts/audit-view.ts";
import type { ChannelRow, ChannelSplit } from "../charts/channel-rows.ts";
import { type EffectRow, heatCells } from "../charts/heat-cells.ts";
import { heatEnd } from "../charts/heat-scale.ts";

export function filmAt(row: number): Film {
  return present(fixtureFilms[row], "film");
}

/** A map of made-up effects, drawn: films are rows of the fixtures; `errors` adds a standard error to every cell. */
export function fixtureMap(watched: readonly number[], recommended: readonly number[], errors = false) {
  const { rows: whole } = fixtureMatrix(watched.map(itemId), recommended.map(itemId));
  const random = seededRandom(7);
  const rows: readonly EffectRow[] = errors
    ? whole.map((row) => ({ ...row, standardError: row.deltaNats.map(() => 0.02 + 0.16 * random()) }))
    : whole;
  const end = heatEnd(rows.flatMap(({ deltaNats }) => deltaNats));
  return {
    end,
    causes: watched.map(filmAt),
    targets: recommended.map(filmAt),
    cells: heatCells(rows, [...watched.keys()], recommended.length, end),
  };
}

export const soundAudit: AuditView = {
  completeness: { error: [0.000004, -0.000012, 0.000007], expected: true },
  deletion: { randomDraws: 20 },
  stability: { seeds: 2 },
  checks: [
    { name: "completeness", passed: true, value: 0.000012, bound: 0.0001 },
    { name: "deletion", passed: true, value: 3.42, bound: 1.53 },
    { name: "randomised", passed: true, value: 0.06, bound: 0.67 },
    { name: "stability", passed: true, value: 0.981, bound: 0.56 },
  ],
  forwardPasses: 1384,
  milliseconds: 21_730,
  passed: true,
};

/** Leave-one-out: no draws, and a sum that is not expected. */
export const plainAudit: AuditView = {
  ...soundAudit,
  completeness: { error: [0.41, -0.18], expected: false },
  stability: null,
  checks: soundAudit.checks.slice(1, 3),
  forwardPasses: 72,
  milliseconds: 5_120,
};

/** One film and one recommendation: nothing can be compared. */
export const emptyAudit: AuditView = { ...plainAudit, checks: [], forwardPasses: 24, milliseconds: 940 };

export const brokenAudit: AuditView = {
  ...soundAudit,
  checks: [
    { name: "completeness", passed: true, value: 0.000012, bound: 0.0001 },
    { name: "deletion", passed: false, value: 1.1, bound: 1.53 },
    { name: "randomised", passed: false, value: 0.82, bound: 0.67 },
    { name: "stability", passed: true, value: 0.97, bound: 0.56 },
  ],
  passed: false,
};

/** Tokens of a title; `lift` is what the history adds on the whole, nats. */
export function fixtureStrip(texts: readonly string[], lift: number): readonly StripToken[] {
  const random = seededRandom(texts.length);
  return texts.map((text, i) => {
    const logWithout = -0.4 - 4 * random();
    const logWith = Math.min(-0.01, logWithout + lift * (random() * 1.4 - 0.4));
    return {
      token: tokenId(300 + 17 * i),
      text,
      logWith,
      logWithout,
      deltaNats: logWith - logWithout,
      deltaProbability: Math.exp(logWith) - Math.exp(logWithout),
    };
  });
}

function split(v11: number, v10: number, v01: number, v00: number): ChannelSplit {
  return { text: v11 - v01, behaviour: v11 - v10, interaction: v11 - v10 - v01 + v00, v11, v10, v01, v00 };
}

export const fixtureChannels: readonly ChannelRow[] = [
  { film: filmAt(3), ...split(-1.2, -1.45, -2.02, -2.2) },
  { film: filmAt(4), ...split(-1.2, -1.9, -1.24, -1.88) },
  { film: filmAt(5), ...split(-1.2, -1.21, -1.19, -1.2) },
  { film: filmAt(12), ...split(-1.2, -0.78, -1.02, -0.71) },
];

export const fixtureWholeChannels: ChannelSplit = split(-1.2, -2.05, -2.9, -4.4);

/** The films as a slate in this order, best first. */
export function standingsOf(rows: readonly number[]): readonly Standing[] {
  return rows.map((row, i) => ({
    item: itemId(row),
    verdict: -1 - 0.2 * i,
    shown: -1 - 0.2 * i,
    probability: 0.2 - 0.03 * i,
    rank: i + 1,
  }));
}
