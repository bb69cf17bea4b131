/** @file Worlds in which a device proposes an update and the truth of it is known: how often does it accept what is worse? */
import { present } from "../../core/invariant.ts";
import { nearlyNormal, seededRandom } from "../../core/rng.ts";
import { sigmoid } from "../../core/sigmoid.ts";
import { studentQuantile } from "../../core/student-t.ts";
import { DEFAULT_EPSILON, drawSlot } from "../exploration-slot.ts";
import { linearHead } from "../head.ts";
import { DEFAULT_CLIMB } from "../learn.ts";
import { DEFAULT_OBJECTIVE, policyOver } from "../objective.ts";
import { confidenceOfLook, type FitRewards, proposeUpdate, type UpdateRow } from "../update.ts";

const FILMS = 20;
const WIDTH = 8;

export interface AcceptanceSettings {
  /** Drawn rounds on the device. */
  readonly rounds: number;
  /** Log-odds that the features truly move a like by, per unit. 0: what is learned is chance. */
  readonly signal: number;
}

export interface AcceptanceRun {
  readonly decision: "accepted" | "not-better" | "not-enough-data";
  /** True value of the proposed policy less that of the current one, over the world's slates; null where nothing was proposed. */
  readonly gain: number | null;
}

/** A device's log, and the truth that no device knows. */
interface AcceptanceWorld {
  readonly drawn: readonly UpdateRow<Float64Array>[];
  /** True value of a theta over the world's slates. */
  value(theta: Float64Array): number;
}

const HEAD = linearHead(WIDTH);
const SETTINGS = { objective: DEFAULT_OBJECTIVE, climb: DEFAULT_CLIMB, leastEffectiveSize: 50 };

/**
 * One world of a seed: fifty slates of 20 films with 8 features; the app's scores know the taste but for noise, so that most of what is learned
 * makes things worse. The slot is filled with the app's epsilon, the reader is in a mood.
 */
function acceptanceWorld(seed: number, { rounds, signal }: AcceptanceSettings): AcceptanceWorld {
  const random = seededRandom(seed);
  const direction = Array.from({ length: WIDTH }, () => (signal / Math.sqrt(WIDTH)) * nearlyNormal(random));
  const slates = Array.from({ length: 50 }, () => {
    const features = Float64Array.from({ length: FILMS * WIDTH }, () => nearlyNormal(random));
    const taste = Array.from({ length: FILMS }, () => nearlyNormal(random));
    return {
      features,
      baseScores: Float64Array.from(taste, (each) => each + 0.5 * nearlyNormal(random)),
      logOdds: taste.map(
        (each, a) =>
          each - 1 + direction.reduce((sum, d, k) => sum + d * (features[a * WIDTH + k] as number), 0),
      ),
    };
  });
  const drawn = Array.from({ length: rounds }, (_, counter) => {
    const slate = present(slates[Math.floor(random() * slates.length)], "a slate");
    const { place, propensities } = drawSlot({
      scores: slate.baseScores,
      temperature: DEFAULT_OBJECTIVE.temperature,
      epsilon: DEFAULT_EPSILON,
      seed,
      counter,
    });
    const mood = random() < 0.5 ? 1 : -1;
    const reward = random() < sigmoid(present(slate.logOdds[place], "a film") + mood) ? 1 : 0;
    const row: UpdateRow<Float64Array> = { ...slate, action: place, reward, propensities };
    return row;
  });
  return {
    drawn,
    value: (theta) =>
      slates.reduce((sum, slate) => {
        const pi = policyOver(slate, HEAD, theta, SETTINGS.objective.temperature);
        return sum + pi.reduce((all, p, a) => all + p * likeChance(slate.logOdds[a] as number), 0);
      }, 0) / slates.length,
  };
}

/** One update from a world's whole log. DR-CPO with a ghat per place. */
export function runAcceptance(seed: number, settings: AcceptanceSettings): AcceptanceRun {
  const { drawn, value } = acceptanceWorld(seed, settings);
  const start = HEAD.start();
  const update = proposeUpdate(drawn, HEAD, start, placeMeans(drawn), SETTINGS);
  if (update.kind === "not-enough-data") return { decision: update.kind, gain: null };
  return { decision: update.kind, gain: value(update.theta) - value(start) };
}

/** A look at a growing log. */
export interface Look {
  readonly rounds: number;
  /** Null where nothing was proposed, as in `AcceptanceRun`. */
  readonly gain: number | null;
  /** At the confidence of a look of its number. */
  readonly isAccepted: boolean;
  /** As if each look were the only one, at 95 %. */
  readonly isAcceptedAlone: boolean;
}

/**
 * A person who asks again after every `rounds / looks` rounds of a world, with the policy as trained in force all along: the more often chance is asked, the
 * likelier it says yes once. DR-CPO with a ghat per place.
 */
export function runLooks(
  seed: number,
  looks: number,
  { rounds, signal }: AcceptanceSettings,
): readonly Look[] {
  const { drawn, value } = acceptanceWorld(seed, { rounds, signal });
  const start = HEAD.start();
  return Array.from({ length: looks }, (_, i) => {
    const rows = drawn.slice(0, Math.round((rounds * (i + 1)) / looks));
    const confidence = confidenceOfLook(i + 1);
    const update = proposeUpdate(rows, HEAD, start, placeMeans(rows), { ...SETTINGS, confidence });
    if (update.kind === "not-enough-data")
      return { rounds: rows.length, gain: null, isAccepted: false, isAcceptedAlone: false };
    const { value: improvement, standardError } = update.figures.improvement;
    return {
      rounds: rows.length,
      gain: value(update.theta) - value(start),
      isAccepted: update.kind === "accepted",
      isAcceptedAlone: improvement > studentQuantile(0.975, Math.floor(rows.length / 2) - 1) * standardError,
    };
  });
}

/** A like's chance over both moods. */
function likeChance(logOdds: number): number {
  return (sigmoid(logOdds + 1) + sigmoid(logOdds - 1)) / 2;
}

/** ghat by place in the slate, drawn to the overall mean: places of different slates have nothing in common, so that it knows little. */
function placeMeans(rows: readonly UpdateRow<unknown>[]): FitRewards {
  return (isUsed) => {
    const used = rows.filter((_, i) => isUsed(i));
    const prior = used.reduce((sum, { reward }) => sum + reward, 0) / Math.max(1, used.length);
    const ghat = new Float64Array(FILMS).map((_, place) => {
      const there = used.filter(({ action }) => action === place);
      return (there.reduce((sum, { reward }) => sum + reward, 0) + 5 * prior) / (there.length + 5);
    });
    return () => ghat;
  };
}
