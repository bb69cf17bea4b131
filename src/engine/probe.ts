import type { Failure } from "../core/failure.ts";
import type { PackFiles } from "../model/load-parts.ts";
import type { Tokenizer } from "../model/tokenizer.ts";
import { makePromptBuilder } from "../prompt/build-prompt.ts";
import { packPrompt } from "../prompt/packed-prompt.ts";
import type { BehaviourModel, Engine } from "./engine.ts";

/**
 * Scores the pack's probe prompt and compares with the reference in its manifest: a driver that computes wrongly is caught before a
 * user sees a number. Null where they agree. Rejects as `engine.verdicts` does.
 */
export async function checkProbe(
  engine: Engine,
  behaviour: BehaviourModel,
  { manifest, films }: Pick<PackFiles, "manifest" | "films">,
  tokenizer: Tokenizer,
  signal?: AbortSignal,
): Promise<Failure | null> {
  const { history, candidates, verdictLogOdds, tolerance } = manifest.probe;
  const packed = packPrompt(
    makePromptBuilder(tokenizer, films, manifest.prompt).build({ history, candidates }),
  );
  const gate = behaviour.gate(behaviour.state(history));
  const [verdicts] = await engine.verdicts([{ packed, gate }], signal);
  const differences = verdictLogOdds.map((wanted, i) => Math.abs((verdicts?.[i] ?? Number.NaN) - wanted));
  // Not a number is as wrong as can be, and survives structured cloning as a finite worst does not have to.
  const worst = Math.max(
    ...differences.map((difference) => (Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference)),
  );
  return worst <= tolerance ? null : { kind: "probe-mismatch", backend: engine.backend, worst, tolerance };
}
