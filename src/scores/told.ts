/** @file What a prompt is told of a taste besides the history: nothing, films as examples (ICA), a persona (PBA), or both. */
import { FailureError } from "../core/failure.ts";
import type { PromptSettings } from "../model/pack-manifest.ts";
import type { JudgedItems } from "../persona/opinions.ts";
import { spokenDirections } from "../persona/persona.ts";
import type { PersonaPlace, TasteExamples } from "../prompt/build-prompt.ts";
import type { ScoreFn, SlateQuery } from "./score-fn.ts";

/** The template's bound on films shown as liked, and as disliked. */
export const MOST_EXAMPLES = 4;

export const CONDITIONINGS = ["none", "ica", "pba", "both"] as const;
export type Conditioning = (typeof CONDITIONINGS)[number];

/** What is shown side by side. */
export type ShownConditioning = Exclude<Conditioning, "both">;

/** Pieces of the template that each conditioning needs the pack to have been trained on. */
export const PIECES_OF = {
  none: [],
  ica: ["examples"],
  pba: ["persona"],
  both: ["persona", "examples"],
} as const satisfies Record<Conditioning, readonly string[]>;

/** What is told; nothing where both are absent. */
export interface Told {
  readonly persona?: PersonaPlace;
  readonly examples?: TasteExamples;
}

/** What `conditioning` tells: the newest {@link MOST_EXAMPLES} films of either list, and what the persona speaks of. */
export function toldBy(
  conditioning: Conditioning,
  persona: Parameters<typeof spokenDirections>[0],
  { liked, disliked }: JudgedItems,
): Told {
  const pieces: readonly string[] = PIECES_OF[conditioning];
  return {
    ...(pieces.includes("persona") ? { persona: spokenDirections(persona) } : {}),
    ...(pieces.includes("examples")
      ? { examples: { liked: liked.slice(-MOST_EXAMPLES), disliked: disliked.slice(-MOST_EXAMPLES) } }
      : {}),
  };
}

/** The first piece of `told` that a pack trained to read `pieces` cannot read; null where it reads all of them. */
export function untrainedPiece(
  told: Told,
  pieces: PromptSettings["pieces"] = [],
): "persona" | "examples" | null {
  const all = ["persona", "examples"] as const;
  return all.find((piece) => told[piece] !== undefined && !pieces.includes(piece)) ?? null;
}

/** Throws `bad-request` where the pack was not trained to read what it is told. `hint` says what to do. */
export function checkTold(
  told: Told,
  { name, pieces }: { readonly name: string; readonly pieces: PromptSettings["pieces"] },
  hint = "",
): void {
  const missing = untrainedPiece(told, pieces);
  if (missing !== null)
    throw new FailureError({
      kind: "bad-request",
      reason: `the pack ${name} was not trained to read ${missing === "persona" ? "a persona" : "examples"}${hint}`,
    });
}

/** The scores when every prompt is told the same. Films shown as examples are no history beside it. */
export function toldScore(score: ScoreFn, told: Told): ScoreFn {
  const more: Partial<SlateQuery> = { ...told, ...(told.examples === undefined ? {} : { promptItems: 0 }) };
  return (queries, ...rest) =>
    score(
      queries.map((query) => ({ ...query, ...more })),
      ...rest,
    );
}
