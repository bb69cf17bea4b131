// How many answers the page's head needs: made-up readers of the shipped catalogue, whose likes are known.
import { readFileSync } from "node:fs";
import { drawSlot } from "../src/adapt/exploration-slot.ts";
import { filmFeatures } from "../src/adapt/film-features.ts";
import { ridgeRewards } from "../src/adapt/film-rewards.ts";
import { linearHead } from "../src/adapt/head.ts";
import { DEFAULT_CLIMB } from "../src/adapt/learn.ts";
import { DEFAULT_OBJECTIVE, objectiveForLog, policyOver } from "../src/adapt/objective.ts";
import { confidenceOfLook, proposeUpdate } from "../src/adapt/update.ts";
import { type ItemId, itemId } from "../src/core/ids.ts";
import { nearlyNormal, type Random, seededRandom } from "../src/core/rng.ts";
import { sigmoid } from "../src/core/sigmoid.ts";
import { LEAST_EFFECTIVE_SIZE } from "../src/evaluate/off-policy/overlap.ts";
import { readPreferenceSpace } from "../src/model/preference-space-file.ts";

const PACK = "public/packs/movies";
const POPULAR = 400;
const PLACES = 20;
const EPSILON = 0.2;
/** Slates that the true value of a policy is the mean over. */
const SLATES = 300;

interface Film {
  readonly genres: readonly string[];
  readonly popularity: number;
}

type Reader = (film: ItemId) => number;

/**
 * Updates by DR-CPO from `rows` answers, the first look at each log, for `repetitions` readers: how many were accepted, and what those are truly worth
 * more than the trained policy. `held`: the divergence as on the page, or the default for every length of log.
 */
export function answers(kind: ReaderKind, rows: number, repetitions: number, held: boolean) {
  const { films, features } = openPack();
  const popular = [...films.keys()]
    .sort((a, b) => (films[b] as Film).popularity - (films[a] as Film).popularity)
    .slice(0, POPULAR)
    .map(itemId);
  const head = linearHead(features.width);
  const slateOf = (random: Random) => {
    const drawn = popular.map((film) => ({ film, at: random() })).sort((a, b) => a.at - b.at);
    const slate = drawn.slice(0, PLACES).map(({ film }) => film);
    const baseScores = Float64Array.from(slate, () => nearlyNormal(random)).sort((a, b) => b - a);
    return { slate, baseScores, features: features.of(slate) };
  };
  const random = seededRandom(1);
  const unseen = Array.from({ length: SLATES }, () => slateOf(random));
  const worthOf = (theta: Float64Array, reader: Reader) =>
    mean(
      unseen.map((row) => {
        const pi = policyOver(row, head, theta, DEFAULT_OBJECTIVE.temperature);
        return row.slate.reduce((sum, film, a) => sum + (pi[a] as number) * reader(film), 0);
      }),
    );

  let undecided = 0;
  const effectiveSizes: number[] = [];
  const gains: number[] = [];
  for (let seed = 1; seed <= repetitions; seed++) {
    const reader = READERS[kind](films, (film) => features.of([film]), seededRandom(seed));
    const luck = seededRandom(1000 + seed);
    const drawn = Array.from({ length: rows }, (_, counter) => {
      const { slate, ...row } = slateOf(luck);
      const draw = drawSlot({
        scores: [...row.baseScores],
        temperature: DEFAULT_OBJECTIVE.temperature,
        epsilon: EPSILON,
        seed,
        counter,
      });
      const reward = luck() < reader(slate[draw.place] as ItemId) ? 1 : 0;
      return { ...row, action: draw.place, propensities: draw.propensities, reward };
    });
    const update = proposeUpdate(drawn, head, head.start(), ridgeRewards(drawn, features.width), {
      objective: held ? objectiveForLog(rows) : DEFAULT_OBJECTIVE,
      climb: DEFAULT_CLIMB,
      leastEffectiveSize: LEAST_EFFECTIVE_SIZE,
      confidence: confidenceOfLook(1),
    });
    if (update.kind === "not-enough-data") undecided++;
    effectiveSizes.push(
      update.kind === "not-enough-data" ? update.effectiveSize : update.figures.effectiveSize,
    );
    if (update.kind === "accepted") gains.push(worthOf(update.theta, reader) - worthOf(head.start(), reader));
  }
  return {
    kind,
    rows,
    held,
    repetitions,
    effectiveSize: mean(effectiveSizes),
    undecided: undecided / repetitions,
    accepted: gains.length / repetitions,
    acceptedWorse: gains.filter((gain) => gain < 0).length / repetitions,
    gain: gains.length === 0 ? null : mean(gains),
  };
}

/** What a reader makes of a film: the chance of a like. */
const READERS = {
  /** One genre decides. */
  genre: (films) => (film) => ((films[film] as Film).genres.includes("Sci-Fi") ? 0.9 : 0.15),
  /** Six directions at random, each with a weight of its own. */
  mixed: (_, featuresOf, random) => {
    const { length } = featuresOf(itemId(0));
    const weights = new Float64Array(length);
    for (let k = 0; k < 6; k++) weights[Math.floor(random() * length)] = nearlyNormal(random);
    return (film) => {
      const pull = featuresOf(film).reduce(
        (sum, each, d) => sum + (weights[d] as number) * Math.max(-2, Math.min(2, each)),
        0,
      );
      return sigmoid(0.8 * pull - 1.2);
    };
  },
  /** All films alike: there is nothing to learn. */
  indifferent: () => () => 0.3,
} satisfies Record<
  string,
  (films: readonly Film[], featuresOf: (film: ItemId) => Float64Array, random: Random) => Reader
>;

export type ReaderKind = keyof typeof READERS;

function openPack() {
  const { items: films } = JSON.parse(readFileSync(`${PACK}/catalogue.json`, "utf8")) as {
    readonly items: readonly Film[];
  };
  const bytes = readFileSync(`${PACK}/preference-space.json`);
  const { catalogueSha256: sha256 } = JSON.parse(bytes.toString()) as { readonly catalogueSha256: string };
  return { films, features: filmFeatures(readPreferenceSpace(bytes, PACK, { sha256, films })) };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, each) => sum + each, 0) / values.length;
}
