/** @file How likely the model finds a candidate's title, token by token, after a history. */
import { type TokenId, tokenId } from "../core/ids.ts";
import { present } from "../core/invariant.ts";
import type { Engine } from "../engine/engine.ts";
import { NO_BEHAVIOUR, type PackedPrompt } from "../prompt/packed-prompt.ts";
import { prepareQueries, type QueryParts } from "./prepare-queries.ts";
import type { SlateQuery } from "./score-fn.ts";

export interface TokenScore {
  readonly token: TokenId;
  /** log p(token | history, the title's tokens before it), nats, over the whole vocabulary. */
  readonly logProbNats: number;
}

/** For each query, for each of its candidates: the title's tokens in order, without the behaviour slot and the `?` behind them. */
export type TokenScoreFn = (
  queries: readonly SlateQuery[],
  signal?: AbortSignal,
) => Promise<(readonly (readonly TokenScore[])[])[]>;

export interface TokenScoreParts extends QueryParts {
  readonly engine: Pick<Engine, "tokenLogProbs">;
}

/** All queries go through one engine call. Rejects with `bad-request` for a query the pack cannot answer. */
export function makeTokenScoreFn({ engine, ...parts }: TokenScoreParts): TokenScoreFn {
  return async (queries, signal) => {
    const prompts = prepareQueries(queries, parts).map(({ enginePrompt }) => enginePrompt);
    const answers = await engine.tokenLogProbs(prompts, signal);
    return prompts.map(({ packed }, i) => {
      const logProbs = present(answers[i], `the answer to prompt ${i}`);
      return Array.from(packed.readout, (_, branch) => titleScores(packed, branch, logProbs));
    });
  };
}

/** A branch is its title's tokens, one behaviour slot, and what stands behind it. */
function titleScores(packed: PackedPrompt, branch: number, logProbs: Float32Array): TokenScore[] {
  const scores: TokenScore[] = [];
  for (
    let at = present(packed.branchStart[branch], `branch ${branch}`);
    packed.behaviour[at] === NO_BEHAVIOUR;
    at++
  )
    scores.push({
      token: tokenId(present(packed.tokens[at], "a token")),
      logProbNats: present(logProbs[at], "a token's log-probability"),
    });
  return scores;
}
