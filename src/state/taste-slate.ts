/** @file One slate in several orders: by one's own taste, by a rival's, and as the model ranks it when it is told of the taste. */
import { toFailure } from "../core/failure.ts";
import { present } from "../core/invariant.ts";
import type { RankedItem } from "../scores/recommend.ts";
import { rankByTaste } from "../scores/taste-ranking.ts";
import { type ShownConditioning, toldBy, untrainedPiece } from "../scores/told.ts";
import type { Answer } from "./answer-state.ts";
import { makeLatestOnly } from "./latest-only.ts";
import { seenItems } from "./prompt-films.ts";
import type { TasteContext } from "./taste-context.ts";
import { rivalTaste } from "./taste-rivals.ts";

/** What the model may be told, in the order in which the rankings stand. */
const SHOWN: readonly ShownConditioning[] = ["none", "ica", "pba"];

export interface TasteSlate {
  /** Ranks the films of the newest prediction anew, by the taste as it is now. */
  compare(): Promise<void>;
  /** The same after the prediction may have changed; what belonged to the old one is forgotten. */
  follow(): Promise<void>;
  /** Asks the model for its whole slate. */
  widen(): Promise<void>;
  /** Has the model rank the slate told nothing, examples and the persona, as far as the pack was trained to read them. */
  tell(): Promise<void>;
}

export function makeTasteSlate({ call, engine, app, get, set }: TasteContext): TasteSlate {
  const comparisons = makeLatestOnly();
  const questions = makeLatestOnly();
  let answer: Answer | null = null;
  let whole: readonly RankedItem[] | null = null;

  const compare = async (): Promise<void> => {
    const { reading, rival } = get();
    const ranked = whole ?? answer?.recommendation.ranked ?? [];
    const { signal, isNewest } = comparisons.begin();
    if (reading === null || ranked.length === 0) {
      set({ duel: null });
      return;
    }
    const own = { opinions: reading.opinions, decisions: [...reading.overrides], mirrored: false };
    const items = ranked.map(({ item }) => item);
    try {
      const rows = await call("weigh", { items, tastes: [own, rivalTaste(rival, own)] }, { signal });
      if (!isNewest()) return;
      const [mine, theirs] = rows.map((row) => new Map(items.map((item, i) => [item, row[i] ?? 0])));
      const by = (tastes: typeof mine) =>
        rankByTaste(ranked, (item) => present(tastes?.get(item), "a taste"));
      set({ duel: { own: by(mine), rival: by(theirs), plain: ranked, against: rival } });
    } catch (thrown) {
      if (isNewest()) set({ duel: null, unread: toFailure(thrown) });
    }
  };

  const question = () => {
    const { catalogue, history } = app.state.getState();
    if (answer === null || catalogue.phase !== "ready") return null;
    return { history: answer.history, seen: seenItems(history.events, catalogue.index) };
  };

  const ask = async (
    work: (signal: AbortSignal, isNewest: () => boolean) => Promise<void>,
  ): Promise<void> => {
    const { signal, isNewest } = questions.begin();
    await work(signal, isNewest);
  };

  return {
    compare,

    follow: async () => {
      const { shown } = app.state.getState().answer;
      const newest = shown?.origin === "computed" ? shown : null;
      if (newest === answer) return;
      answer = newest;
      whole = null;
      questions.cancel();
      set({ wide: false, widening: false, told: { phase: "none" } });
      await compare();
    },

    widen: () =>
      ask(async (signal, isNewest) => {
        const { space } = get();
        const asked = question();
        if (asked === null || space.phase !== "ready") return;
        set({ widening: true });
        try {
          const { ranked } = await engine(
            "recommend",
            { ...asked, top: space.space.slateSize, told: {} },
            { signal },
          );
          if (!isNewest()) return;
          whole = ranked;
          set({ wide: true, widening: false });
        } catch (thrown) {
          if (isNewest()) set({ widening: false, failure: toFailure(thrown) });
          return;
        }
        await compare();
      }),

    tell: () =>
      ask(async (signal, isNewest) => {
        const { space, reading } = get();
        const asked = question();
        if (asked === null || reading === null || space.phase !== "ready") return;
        const { prompt, slateSize } = space.space;
        set({ told: { phase: "computing" } });
        try {
          const rankings: { conditioning: ShownConditioning; ranked: readonly RankedItem[] }[] = [];
          for (const conditioning of SHOWN) {
            const told = toldBy(conditioning, reading, reading.opinions);
            if (untrainedPiece(told, prompt.pieces) !== null) continue;
            const { ranked } = await engine("recommend", { ...asked, top: slateSize, told }, { signal });
            rankings.push({ conditioning, ranked });
          }
          if (isNewest()) set({ told: { phase: "ready", rankings } });
        } catch (thrown) {
          if (isNewest()) set({ told: { phase: "failed", failure: toFailure(thrown) } });
        }
      }),
  };
}
