/** @file What the taste worker does for each call. Calls come one at a time (`serve.ts`). */
import { FailureError } from "../core/failure.ts";
import type { ItemId } from "../core/ids.ts";
import type { PreferenceSpaceFiles } from "../model/load-preference-space.ts";
import { filmsToAsk } from "../persona/films-to-ask.ts";
import { mirroredTaste } from "../persona/mirrored-taste.ts";
import { nextWord } from "../persona/next-word.ts";
import { inferPersona, type Persona, type Stance, tasteScore } from "../persona/persona.ts";
import { MOST_SUPPORT, type StanceReading, type TasteHandlers, type TasteSource } from "./taste-protocol.ts";

/** How many films a person is asked about at a time. */
const MOST_ASKED = 8;
/** The most watched films of the training users count as known to everyone. */
const WELL_KNOWN = 200;

/** Everything but `open` rejects with `bad-request` while no space is open, and for films that the pack does not have. */
export function makeTasteHandlers(
  load: (packUrl: string, signal: AbortSignal) => Promise<PreferenceSpaceFiles>,
): TasteHandlers {
  let open: { readonly packUrl: string; readonly files: PreferenceSpaceFiles } | null = null;

  const filesFor = (...lists: (readonly ItemId[])[]): PreferenceSpaceFiles => {
    if (open === null) throw refuse("no preference space is open");
    const { items } = open.files.space;
    const unknown = lists.flat().find((item) => item >= items);
    if (unknown !== undefined) throw refuse(`item ${unknown} is not one of the pack's ${items} films`);
    return open.files;
  };
  const infer = ({ opinions, decisions }: TasteSource): Persona =>
    inferPersona(filesFor(opinions.liked, opinions.disliked).space, opinions, new Map(decisions));

  return {
    async open({ packUrl }, { signal }) {
      if (open?.packUrl !== packUrl) open = { packUrl, files: await load(packUrl, signal) };
      const { manifest, space } = open.files;
      return {
        pack: manifest.name,
        catalogueSha256: manifest.catalogue.sha256,
        directions: space.directions,
        prompt: manifest.prompt,
        slateSize: manifest.slate.size,
      };
    },

    async read({ rated, unrated, kept, ...source }) {
      const { space, films } = filesFor(rated, unrated, kept);
      const persona = infer(source);
      const never = new Set(rated);
      const askable = (items: readonly ItemId[]) => items.filter((item) => !never.has(item));
      const known = films
        .toSorted((a, b) => b.popularity - a.popularity || a.id - b.id)
        .slice(0, WELL_KNOWN)
        .map(({ id }) => id);
      const pool = askable([...new Set([...unrated, ...known])]);
      return {
        stances: persona.stances.map(readingOf),
        asks: filmsToAsk(space, persona.posterior, { pool, kept: askable(kept), most: MOST_ASKED }),
        next: nextWord(space, source.opinions, persona, pool),
      };
    },

    async weigh({ items, tastes }) {
      const { space } = filesFor(items);
      return tastes.map(({ mirrored, ...source }) => {
        const persona = infer(source);
        const taste = mirrored ? mirroredTaste(space, persona) : persona.taste;
        return items.map((item) => tasteScore(space, taste, item));
      });
    },
  };
}

function readingOf({ state, inferred, probability, value, deviation, support }: Stance): StanceReading {
  const rest = support.slice(MOST_SUPPORT).reduce((sum, share) => sum + share.value, 0);
  return { state, inferred, probability, value, deviation, support: support.slice(0, MOST_SUPPORT), rest };
}

function refuse(reason: string): FailureError {
  return new FailureError({ kind: "bad-request", reason });
}
