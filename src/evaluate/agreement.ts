/** @file Whether two runtimes answer the same cases alike. */
import { invariant, present } from "../core/invariant.ts";
import { overTies, tiedPlaces } from "./ranking.ts";
import { type EvaluationCase, MODES, type Mode } from "./result-file.ts";

/** The same case scored elsewhere. */
export interface ReferenceCase {
  readonly id: string;
  readonly draw: number;
  readonly candidates: readonly number[];
  readonly scores: Partial<Record<Mode, readonly number[]>>;
}

export interface Agreement {
  readonly mode: Mode;
  readonly cases: number;
  /** Sums of HR@1 over the cases; a tie of t counts 1 / t. */
  readonly hits: number;
  readonly referenceHits: number;
  /** Largest difference of a candidate's score, and where it is. */
  readonly worst: number;
  readonly worstCase: string;
}

/** HR@1 may differ by one case in this many. */
export const CASES_PER_DIFFERENCE = 300;

/** By mode that both scored. Throws a broken invariant where the reference asks about other candidates: check before. */
export function agreementOf(
  cases: readonly EvaluationCase[],
  reference: readonly ReferenceCase[],
): Agreement[] {
  const referenceOf = new Map(reference.map((each) => [caseKey(each), each]));
  const pairs = cases.flatMap((each) => {
    const other = referenceOf.get(caseKey(each));
    return other === undefined ? [] : [{ each, other }];
  });
  for (const { each, other } of pairs)
    invariant(
      each.candidates.join() === other.candidates.join(),
      `case ${each.id} has the reference's candidates`,
    );
  return MODES.flatMap((mode) => {
    const scored = pairs.flatMap(({ each, other }) => {
      const [own, theirs] = [each.scores[mode], other.scores[mode]];
      return own === undefined || theirs === undefined ? [] : [{ each, own, theirs }];
    });
    if (scored.length === 0) return [];
    let [hits, referenceHits, worst, worstCase] = [0, 0, 0, ""];
    for (const { each, own, theirs } of scored) {
      const target = each.candidates.indexOf(each.target);
      if (target >= 0) {
        hits += hitAtOne(own, target);
        referenceHits += hitAtOne(theirs, target);
      }
      for (const [place, score] of own.entries()) {
        const difference = Math.abs(score - present(theirs[place], "a reference score"));
        if (difference > worst) [worst, worstCase] = [difference, each.id];
      }
    }
    return [{ mode, cases: scored.length, hits, referenceHits, worst, worstCase }];
  });
}

/** Whether HR@1 is within one case in 300 and every score within `tolerance`. */
export function agrees({ cases, hits, referenceHits, worst }: Agreement, tolerance: number): boolean {
  return Math.abs(hits - referenceHits) <= Math.max(1, cases / CASES_PER_DIFFERENCE) && worst <= tolerance;
}

/** What names a case within a result. */
export function caseKey({ id, draw }: { readonly id: string; readonly draw: number }): string {
  return `${draw} ${id}`;
}

function hitAtOne(scores: readonly number[], target: number): number {
  return overTies(tiedPlaces(scores, target), (place) => (place === 0 ? 1 : 0));
}
