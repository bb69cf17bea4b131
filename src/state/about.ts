import type { BaseManifest } from "../model/base-manifest.ts";
import type { PackManifest } from "../model/pack-manifest.ts";

/** Where the model and the films come from, what may be done with them, and what was measured. */
export interface About {
  readonly base: Pick<BaseManifest, "name" | "licence" | "byteLength">;
  readonly pack: {
    readonly title: { readonly en: string; readonly ja: string };
    readonly items: number;
    readonly licence: { readonly name: string; readonly text: string; readonly url: string };
    /** Fractions, each with its 95 % user-bootstrap interval and number of cases. */
    readonly metrics: PackManifest["metrics"];
  };
}

/** What the two manifests say about origin, licence and quality. */
export function aboutManifests(base: BaseManifest, pack: PackManifest): About {
  const { title, catalogue, metrics } = pack;
  return { base, pack: { title, items: catalogue.items, licence: catalogue.licence, metrics } };
}
