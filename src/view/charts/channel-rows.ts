import type { ChannelReport, ChannelValues } from "../../attribution/channels.ts";
import type { ItemId } from "../../core/ids.ts";
import { present } from "../../core/invariant.ts";
import type { Film } from "../../model/film.ts";

/** {@link ChannelValues} of one recommendation, nats. */
export type ChannelSplit = { readonly [Value in keyof ChannelValues]: number };

export interface ChannelRow extends ChannelSplit {
  readonly film: Film;
}

/** What the channels do to one candidate: a row for every watched film, and all of them at once. */
export function channelRows(
  { items, whole }: Pick<ChannelReport, "items" | "whole">,
  candidate: number,
  filmOf: (item: ItemId) => Film,
): { readonly rows: readonly ChannelRow[]; readonly whole: ChannelSplit } {
  const split = (values: ChannelValues): ChannelSplit => {
    const of = (name: keyof ChannelValues) => present(values[name][candidate], `${name} of ${candidate}`);
    return {
      v11: of("v11"),
      v10: of("v10"),
      v01: of("v01"),
      v00: of("v00"),
      text: of("text"),
      behaviour: of("behaviour"),
      interaction: of("interaction"),
    };
  };
  return {
    rows: items.map((item) => ({ film: filmOf(item.item), ...split(item) })),
    whole: split(whole),
  };
}
