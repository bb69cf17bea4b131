import type { ItemId } from "../core/ids.ts";
import { present } from "../core/invariant.ts";
import { type Film, filmName } from "../model/film.ts";
import { type RankedSlate, recommend } from "../scores/recommend.ts";
import type { Command } from "./command.ts";
import { type Recommender, withRecommender } from "./open-recommender.ts";
import { percent, signed, textTable } from "./text-table.ts";
import {
  BACKEND_HELP,
  BACKEND_OPTIONS,
  deviceOption,
  listOptions,
  PACK_HELP,
  PACK_OPTIONS,
  parse,
  UsageError,
  wholeOption,
} from "./usage.ts";

export const recommendCommand: Command = {
  name: "recommend",
  summary: "what to watch next after a history",
  help: `Usage: becausal recommend --history TITLE... [options]

  --history TITLE...     films watched and liked, oldest first: "Toy Story (1995)"; none gives popular films
  --top N                how many to show (default 10)
${BACKEND_HELP}
${PACK_HELP}
  --json                 machine-readable`,

  async run(args) {
    const { values, tokens } = parse({
      args: [...args],
      allowPositionals: true,
      tokens: true,
      options: {
        history: { type: "string", multiple: true },
        top: { type: "string", default: "10" },
        ...BACKEND_OPTIONS,
        ...PACK_OPTIONS,
        json: { type: "boolean", default: false },
      },
    });
    const { history: titles } = listOptions(["history"], tokens);
    if (titles.some((title) => title.trim() === "")) throw new UsageError("a title of --history is empty");
    const top = wholeOption("top", values.top, 1, 1000);
    return withRecommender(
      {
        ...deviceOption(values),
        pack: values.pack,
        items: values.items,
        base: values.base,
      },
      async (recommender) => {
        const history = recommender.find(titles);
        const start = performance.now();
        const slate = await rankFor(
          history.map(({ id }) => id),
          top,
          recommender,
        );
        const milliseconds = performance.now() - start;
        return values.json
          ? JSON.stringify(toJson(history, slate, milliseconds, recommender), null, 1)
          : toText(history, slate, milliseconds, recommender);
      },
    );
  },
};

/** The pack's answer to a history. */
export function rankFor(
  history: readonly ItemId[],
  top: number,
  recommender: Pick<Recommender, "score" | "behaviour" | "films" | "manifest">,
): Promise<RankedSlate> {
  const { score, behaviour, films, manifest } = recommender;
  return recommend(
    { history, seen: history, top },
    { score, behaviour, films, slateSize: manifest.slate.size },
  );
}

function toJson(
  history: readonly Film[],
  { ranked, slateSize, personal, gate }: RankedSlate,
  milliseconds: number,
  { engine, films }: Recommender,
) {
  return {
    history: history.map(filmName),
    personal,
    recommendations: ranked.map((each, i) => {
      const { movieId, title, year } = present(films[each.item], "the film");
      return { rank: i + 1, movieId, title, year, ...each };
    }),
    slateSize,
    gate,
    backend: engine.backend,
    adapter: engine.adapterName,
    milliseconds,
  };
}

function toText(
  history: readonly Film[],
  { ranked, slateSize, personal, gate }: RankedSlate,
  milliseconds: number,
  { engine, films }: Recommender,
): string {
  const rows = ranked.map(({ item, probability, verdict, sasrec, sasrecRank }, i) => [
    `${i + 1}`,
    filmName(present(films[item], "the film")),
    percent(probability),
    signed(verdict, 2),
    signed(sasrec, 2),
    `${sasrecRank}`,
  ]);
  return [
    personal
      ? `After ${history.map(filmName).join(", ")}:`
      : "No history was given: these are popular films, in order of popularity, and nothing personal is behind them.",
    "",
    textTable(
      [["", "film", "probability", "verdict", "SASRec", "SASRec rank"], ...rows],
      ["right", "left", "right", "right", "right", "right"],
    ),
    "",
    `Probability among the ${slateSize} films of the slate; verdict in nats of log-odds. Gate weights (uniform is 1): ${gate.map((weight) => weight.toFixed(2)).join(", ")}.`,
    `${engine.backend} (${engine.adapterName}), ${(milliseconds / 1000).toFixed(1)} s.`,
  ].join("\n");
}
