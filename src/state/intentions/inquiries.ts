import type { ItemId } from "../../core/ids.ts";
import type { Answer } from "../answer-state.ts";
import type { Context } from "../context.ts";
import { filmsLike } from "../films-like.ts";
import { seenItems } from "../prompt-films.ts";
import type { AuditDesk } from "./audit.ts";
import { makeInquire } from "./inquire.ts";

/** Most questions to the model in one search for a smallest edit. */
export const SEARCH_BUDGET = 100;
/** Films that a search may add. */
const ADDITIONS = 12;

/** Everything that is asked beside the map about the answer on screen. An audit under way makes room. */
export function makeInquiries(context: Context, audit: AuditDesk) {
  const { call, get } = context;
  const seenBy = ({ history }: Answer): readonly ItemId[] => {
    const { catalogue, history: all } = get();
    return catalogue.phase === "ready" ? seenItems(all.events, catalogue.index) : history;
  };
  const passing =
    <Subject>(inquire: (subject: Subject) => Promise<void>) =>
    (subject: Subject): Promise<void> =>
      audit.letPass(() => inquire(subject));

  return {
    showChannels: passing(
      makeInquire(context, "channels", ({ history }, { ranked }, { signal, onProgress }) =>
        call(
          "channels",
          { history, candidates: ranked.map(({ item }) => item) },
          { signal, onProgress: ({ done, total }) => onProgress({ done, total }) },
        ),
      ),
    ),
    showStrip: passing(
      makeInquire(context, "strip", ({ history }, { ranked }, { signal }) =>
        call("strip", { history, candidates: ranked.map(({ item }) => item), question: "total" }, { signal }),
      ),
    ),
    findCounterfactual: passing(
      makeInquire(context, "counterfactual", (answer, target, options) => {
        const { history, films, recommendation } = answer;
        const seen = seenBy(answer);
        const ranked = recommendation.ranked.map(({ item }) => item);
        // Watched, a film that is before the target would merely leave the slate.
        const before = ranked.includes(target) ? ranked.slice(0, ranked.indexOf(target)) : ranked;
        const additions = filmsLike(target, films, new Set([target, ...before, ...seen]), ADDITIONS);
        return call("counterfactual", { history, seen, target, additions, budget: SEARCH_BUDGET }, options);
      }),
    ),
    askWhatIf: passing(
      makeInquire(context, "whatIf", (answer, item, { signal }) =>
        call("whatIf", { history: answer.history, seen: seenBy(answer), item }, { signal }),
      ),
    ),
  };
}
