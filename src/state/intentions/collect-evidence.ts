import type { EffectMatrix } from "../../attribution/effect.ts";
import type { Context } from "../context.ts";
import type { AuditDesk } from "./audit.ts";

/**
 * What was said about the prediction that a map explains, with the model's raw answers behind it, as a file's text. Rejects with
 * `bad-request` where the answers are gone: of an answer before the last, or from before the engine had to be started anew.
 */
export function makeCollectEvidence({ call }: Context, audit: AuditDesk) {
  return async ({ history, candidates, question, value, method, pairs }: EffectMatrix): Promise<string> => {
    let text = "";
    await audit.letPass(async () => {
      text = await call("evidence", {
        history,
        candidates,
        question,
        ...(value === undefined ? {} : { value }),
        method,
        ...(pairs === undefined ? {} : { pairs }),
      });
    });
    return text;
  };
}
