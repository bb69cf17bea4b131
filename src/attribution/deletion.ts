/** @file Does taking out what a map calls important cost more than taking out anything else? */
import type { EventIndex, ItemId } from "../core/ids.ts";
import { present } from "../core/invariant.ts";
import { seededRandom } from "../core/rng.ts";
import type { ScoreFn, SlateScores } from "../scores/score-fn.ts";
import type { EffectMatrix } from "./effect.ts";
import { ask } from "./intervene.ts";
import { applyInterventions, type Scene } from "./intervention.ts";
import { shuffled } from "./shuffled.ts";

/** Of fewer than six items half are taken out, or the random group would be nearly the same as the top one. */
const DELETED = 3;
const RANDOM_DRAWS = 10;
/** Nats below which a drop is the engine's rounding. */
const ROUNDING = 1e-4;

export interface DeletionTest {
  /** Items taken out together; 0 where there are too few to choose among. */
  readonly size: number;
  /** Nats of verdict log-odds lost by taking out the `size` items with the largest effects on the candidate. */
  readonly top: readonly number[];
  /** Mean nats lost by taking out `size` random items, over the same draws for all candidates. */
  readonly random: readonly number[];
  readonly randomDraws: number;
  /**
   * 1 + (top - random) / mean |random drop|, each a mean over the candidates. Where every random group costs something this is
   * top / random; where random drops are near zero or below, as with items that speak against a candidate, it stays
   * finite and keeps its meaning: 1 is no better than chance, 2 is better by as much as a random group moves the verdict.
   */
  readonly ratio: number;
  /** The same of the drops that the map itself predicts: sums of its effects. */
  readonly claimedRatio: number;
}

/** The map's rows must be of the scene's explained items. Rejects with `cancelled` once the signal aborts. */
export async function deletionTest(
  scene: Scene,
  matrix: EffectMatrix,
  score: ScoreFn,
  { seed, signal }: { readonly seed: number; readonly signal?: AbortSignal | undefined },
): Promise<DeletionTest> {
  const { candidates } = scene;
  const { rows } = matrix;
  const size = Math.min(DELETED, Math.floor(rows.length / 2));
  const zeros = candidates.map(() => 0);
  if (size === 0) return { size, top: zeros, random: zeros, randomDraws: 0, ratio: 1, claimedRatio: 1 };
  const tops = candidates.map((_, c) => topRows(matrix, c, size));
  const draws = randomGroups(rows.length, size, seed);

  // What a top group costs its own candidate does not depend on the others: only those that share the group are asked for.
  const groups = new Map<string, { readonly group: readonly number[]; readonly about: Set<ItemId> }>();
  for (const group of draws) groups.set(group.join(), { group, about: new Set(candidates) });
  for (const [c, group] of tops.entries()) {
    const known = groups.get(group.join()) ?? { group, about: new Set() };
    known.about.add(present(candidates[c], "a candidate"));
    groups.set(group.join(), known);
  }
  const asked = [...groups.values()];
  const queries = asked.map(({ group, about }) =>
    applyInterventions({ ...scene, candidates: [...about] }, [
      { kind: "remove", events: group.map((row): EventIndex => present(rows[row], "a row").event) },
      ...(matrix.question === "prompt-only" ? ([{ kind: "hold-gate" }] as const) : []),
    ]),
  );
  const [full, ...answers] = await ask([applyInterventions(scene, []), ...queries], score, { signal });
  const verdicts = new Map(
    asked.map(({ group, about }, i) => [
      group.join(),
      new Map([...about].map((item, at) => [item, verdictAt(answers[i], at)])),
    ]),
  );
  const drop = (group: readonly number[], c: number) => {
    const item = present(candidates[c], "a candidate");
    return verdictAt(full, c) - present(verdicts.get(group.join())?.get(item), `the verdict of item ${item}`);
  };
  const claimedDrop = (group: readonly number[], c: number) =>
    group.reduce((sum, row) => sum + present(rows[row]?.deltaNats[c], "an effect"), 0);
  return {
    size,
    top: tops.map(drop),
    random: candidates.map((_, c) => mean(draws.map((group) => drop(group, c)))),
    randomDraws: draws.length,
    ratio: ratioOf(tops, draws, drop),
    claimedRatio: ratioOf(tops, draws, claimedDrop),
  };
}

function ratioOf(
  tops: readonly (readonly number[])[],
  draws: readonly (readonly number[])[],
  drop: (group: readonly number[], candidate: number) => number,
): number {
  const random = draws.flatMap((group) => tops.map((_, c) => drop(group, c)));
  const scale = mean(random.map(Math.abs));
  return scale > ROUNDING ? 1 + (mean(tops.map(drop)) - mean(random)) / scale : 1;
}

/** Places of the rows with the largest effects on a candidate, in their own order. Those that speak against it come last. */
function topRows({ rows }: EffectMatrix, candidate: number, size: number): number[] {
  const effect = (row: number) => present(rows[row]?.deltaNats[candidate], "an effect");
  return [...rows.keys()]
    .sort((a, b) => effect(b) - effect(a))
    .slice(0, size)
    .sort((a, b) => a - b);
}

/** Different groups of `size` rows, as many as there are up to the number wanted, each in its own order. */
function randomGroups(rows: number, size: number, seed: number): number[][] {
  const random = seededRandom(seed);
  const places = Array.from({ length: rows }, (_, row) => row);
  const groups = new Map<string, number[]>();
  const wanted = Math.min(RANDOM_DRAWS, combinations(rows, size));
  while (groups.size < wanted) {
    const group = shuffled(places, random)
      .slice(0, size)
      .sort((a, b) => a - b);
    groups.set(group.join(), group);
  }
  return [...groups.values()];
}

/** How many groups of `size` there are among `n`. */
export function combinations(n: number, size: number): number {
  let count = 1;
  for (let i = 0; i < size; i++) count = (count * (n - i)) / (i + 1);
  return Math.round(count);
}

function verdictAt(scores: SlateScores | undefined, candidate: number): number {
  return present(scores?.verdict[candidate], `verdict ${candidate}`);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
