/**
 * @file What the history does to each token of a recommended title: log p(token | history) - log p(token | no history), and the same in
 * probability (the model-side effect of NextQuill, arXiv 2506.02368). The history as a whole is the cause, no single item.
 */
import { throwIfCancelled } from "../core/cancelled.ts";
import type { ItemId, TokenId } from "../core/ids.ts";
import { present } from "../core/invariant.ts";
import type { TokenScoreFn } from "../scores/token-scores.ts";
import type { EffectQuestion } from "./effect.ts";
import { applyInterventions, type Scene } from "./intervention.ts";

export interface StripToken {
  readonly token: TokenId;
  /** U+FFFD where the token is only part of a character. */
  readonly text: string;
  /** log p, nats, given the title's tokens before it and the whole history. */
  readonly logWith: number;
  /** The same after no history: no explained item left. */
  readonly logWithout: number;
  /** logWith - logWithout. Positive: the history makes the token likelier. */
  readonly deltaNats: number;
  /** exp(logWith) - exp(logWithout). */
  readonly deltaProbability: number;
}

export interface TokenStrip {
  readonly item: ItemId;
  readonly tokens: readonly StripToken[];
  /** Sum over the tokens: how much likelier, in nats, the history makes the whole title. */
  readonly deltaNats: number;
}

/**
 * A strip for each candidate. "total": without history the gate is that of what older context is left; "prompt-only": held at that of
 * the whole history. Rejects with `cancelled` once the signal aborts.
 */
export async function tokenStrips(
  scene: Scene,
  question: EffectQuestion,
  {
    tokenScore,
    decode,
  }: { readonly tokenScore: TokenScoreFn; readonly decode: (tokens: readonly TokenId[]) => string },
  signal?: AbortSignal,
): Promise<TokenStrip[]> {
  throwIfCancelled(signal);
  const [whole, emptied] = await tokenScore(
    [
      applyInterventions(scene, []),
      applyInterventions(scene, [
        { kind: "empty-history" },
        ...(question === "prompt-only" ? ([{ kind: "hold-gate" }] as const) : []),
      ]),
    ],
    signal,
  );
  throwIfCancelled(signal);
  return scene.candidates.map((item, c) => {
    const without = present(emptied?.[c], `the tokens of candidate ${c}`);
    const tokens = present(whole?.[c], `the tokens of candidate ${c}`).map(
      ({ token, logProbNats: logWith }, t): StripToken => {
        const logWithout = present(without[t], `token ${t}`).logProbNats;
        return {
          token,
          text: decode([token]),
          logWith,
          logWithout,
          deltaNats: logWith - logWithout,
          deltaProbability: Math.exp(logWith) - Math.exp(logWithout),
        };
      },
    );
    return { item, tokens, deltaNats: tokens.reduce((sum, { deltaNats }) => sum + deltaNats, 0) };
  });
}
