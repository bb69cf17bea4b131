import { toFailure } from "../../core/failure.ts";
import type { Context } from "../context.ts";
import { indexFilms } from "../film-index.ts";
import { makeFilmSearch } from "../film-search.ts";

/** Reads the films that can be picked and named; also what the about panel and the sample histories need. */
export function makeLoadCatalogue({ assets, tell, set }: Context, change: () => Promise<void>) {
  return async (): Promise<void> => {
    tell.catalogue({ type: "load-started" });
    const extras = Promise.allSettled([
      assets.sampleHistories().then((samples) => set({ samples })),
      assets.about().then((about) => set({ about })),
    ]);
    try {
      const films = await assets.catalogue();
      tell.catalogue({ type: "read", index: indexFilms(films), search: makeFilmSearch(films) });
    } catch (thrown) {
      tell.catalogue({ type: "failed", failure: toFailure(thrown) });
    }
    await change();
    await extras;
  };
}
