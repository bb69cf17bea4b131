/** @file Whether a result agrees with the scores of another runtime, as text. */
import { FailureError } from "../../core/failure.ts";
import { agreementOf, agrees, caseKey, type ReferenceCase } from "../../evaluate/agreement.ts";
import type { EvaluationResult } from "../../evaluate/result-file.ts";
import { textTable } from "../text-table.ts";

/** Nats by which scores may differ. */
const TOLERANCE = { wasm: 0.01, webgpu: 0.02 } as const;

/** Throws `file-invalid` where scores or hits differ by more than they may, or where the reference asks something else. */
export function agreementText(
  { cases, engine }: EvaluationResult,
  reference: readonly ReferenceCase[],
  file: string,
): string {
  const candidates = new Map(reference.map((each) => [caseKey(each), each.candidates.join()]));
  const other = cases.find(
    (each) => (candidates.get(caseKey(each)) ?? each.candidates.join()) !== each.candidates.join(),
  );
  const invalid = (reason: string) => new FailureError({ kind: "file-invalid", file, reason });
  if (other !== undefined) throw invalid(`case ${other.id} has other candidates there`);
  const found = agreementOf(cases, reference);
  if (found.length === 0) throw invalid("it has no case and mode of the result");
  const tolerance = TOLERANCE[engine.backend];
  const rows = found.map((each) => [
    each.mode,
    `${each.cases}`,
    (each.hits / each.cases).toFixed(4),
    (each.referenceHits / each.cases).toFixed(4),
    each.worst.toExponential(1),
    agrees(each, tolerance) ? "agrees" : "differs",
  ]);
  const text = textTable(
    [["", "cases", "HR@1", `HR@1, ${file}`, "largest difference", ""], ...rows],
    ["left", "right", "right", "right", "right", "left"],
  );
  const worst = found.find((each) => !agrees(each, tolerance));
  if (worst !== undefined)
    throw invalid(
      `the scores of ${worst.mode} differ by up to ${worst.worst.toExponential(1)} (case ${worst.worstCase}, allowed ${tolerance}), HR@1 by ${Math.abs(worst.hits - worst.referenceHits)} of ${worst.cases} cases`,
    );
  return text;
}
