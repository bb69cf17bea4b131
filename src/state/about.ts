import * as v from "valibot";

/** One measured figure of the pack: never shown without its number of cases and its interval. */
export interface Metric {
  readonly name: string;
  readonly model: string;
  readonly protocol: string;
  /** Fraction, as are `low` and `high`: the ends of the 95 % user-bootstrap interval. */
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly n: number;
  readonly users: number;
}

/** Where the model and the films come from and what may be done with them. */
export interface About {
  readonly base: {
    readonly name: string;
    readonly spdx: string;
    readonly attribution: string;
    readonly byteLength: number;
  };
  readonly pack: {
    readonly title: { readonly en: string; readonly ja: string };
    readonly items: number;
    readonly licence: { readonly name: string; readonly text: string; readonly url: string };
    readonly metrics: readonly Metric[];
  };
}

const base = v.object({
  schema: v.literal("becausal-base/1"),
  name: v.string(),
  byteLength: v.number(),
  licence: v.object({ spdx: v.string(), attribution: v.string() }),
});

const pack = v.object({
  schema: v.literal("becausal-pack/1"),
  title: v.object({ en: v.string(), ja: v.string() }),
  catalogue: v.object({
    items: v.number(),
    licence: v.object({ name: v.string(), text: v.string(), url: v.string() }),
  }),
  metrics: v.array(
    v.object({
      name: v.string(),
      model: v.string(),
      protocol: v.string(),
      value: v.number(),
      n: v.number(),
      users: v.number(),
      low: v.number(),
      high: v.number(),
    }),
  ),
});

/** What the two manifests say about origin and licence; a ValiError says which part is not as it should be. */
export function readAbout(baseManifest: unknown, packManifest: unknown): About {
  const { name, byteLength, licence } = v.parse(base, baseManifest);
  const { title, catalogue, metrics } = v.parse(pack, packManifest);
  return {
    base: { name, byteLength, ...licence },
    pack: { title, items: catalogue.items, licence: catalogue.licence, metrics },
  };
}
