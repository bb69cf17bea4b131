import type { EffectMatrix } from "../attribution/effect.ts";
import { leaveOneOut } from "../attribution/leave-one-out.ts";
import { present } from "../core/invariant.ts";
import { type Film, filmName } from "../model/film.ts";
import type { Command } from "./command.ts";
import { type Recommender, withRecommender } from "./open-recommender.ts";
import { rankFor } from "./recommend.ts";
import { signed, textTable } from "./text-table.ts";
import {
  BACKEND_HELP,
  BACKEND_OPTIONS,
  choiceOption,
  deviceOption,
  listOptions,
  PACK_HELP,
  PACK_OPTIONS,
  parse,
  UsageError,
  wholeOption,
} from "./usage.ts";

export const explainCommand: Command = {
  name: "explain",
  summary: "why: what each film of the history does to each recommendation",
  help: `Usage: becausal explain --history TITLE... [options]

  --history TITLE...     films watched and liked, oldest first; the last ones stand in the prompt and are explained
  --candidate TITLE...   films to explain (default: the top recommendations)
  --top N                how many recommendations to explain (default 10)
  --question total|prompt-only
                         total (default): recommender, gate and prompt all change when a film is taken out;
                         prompt-only: the gate is held
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
        candidate: { type: "string", multiple: true },
        top: { type: "string", default: "10" },
        question: { type: "string", default: "total" },
        ...BACKEND_OPTIONS,
        ...PACK_OPTIONS,
        json: { type: "boolean", default: false },
      },
    });
    const lists = listOptions(["history", "candidate"], tokens);
    if (lists.history.length === 0)
      throw new UsageError("--history is needed: without one there is nothing to explain");
    const top = wholeOption("top", values.top, 1, 100);
    const question = choiceOption("question", values.question, ["total", "prompt-only"]);
    return withRecommender(
      {
        ...deviceOption(values),
        pack: values.pack,
        items: values.items,
        base: values.base,
      },
      async (recommender) => {
        const { films, manifest, score } = recommender;
        const history = recommender.find(lists.history);
        const named = recommender.find(lists.candidate);
        const candidates =
          named.length > 0
            ? named
            : (await rankFor(history, top, recommender)).ranked.map(({ item }) =>
                present(films[item], "the film"),
              );
        const matrix = await leaveOneOut(
          {
            history: history.map(({ id }) => id),
            candidates: candidates.map(({ id }) => id),
            question,
            promptItems: manifest.prompt.historyItems,
            recommenderItems: manifest.sasrec.maxLength,
          },
          score,
          { onRow: (_row, done, total) => showProgress(done, total) },
        );
        return values.json
          ? JSON.stringify(toJson(matrix, recommender), null, 1)
          : toText(matrix, candidates, recommender);
      },
    );
  },
};

/** On a terminal only, and gone when done. */
function showProgress(done: number, total: number): void {
  if (process.stderr.isTTY) process.stderr.write(done < total ? `\r${done} of ${total}` : "\r\u001b[K");
}

function toJson(matrix: EffectMatrix, { engine, films }: Recommender) {
  const name = (item: number) => filmName(present(films[item], "the film"));
  return {
    question: matrix.question,
    history: matrix.history.map(name),
    candidates: matrix.candidates.map((item, c) => ({
      item,
      film: name(item),
      verdict: matrix.fullVerdict[c],
    })),
    rows: matrix.rows.map((row) => ({ film: name(row.item), ...row })),
    forwardPasses: matrix.forwardPasses,
    backend: engine.backend,
    adapter: engine.adapterName,
  };
}

function toText(matrix: EffectMatrix, candidates: readonly Film[], { engine, films }: Recommender): string {
  const letters = candidates.map((_, c) => columnName(c));
  const rows = matrix.rows.map(({ item, deltaNats }) => [
    filmName(present(films[item], "the film")),
    ...deltaNats.map((delta) => signed(delta, 2)),
  ]);
  return [
    ...candidates.map((film, c) => `${letters[c]}  ${filmName(film)}`),
    "",
    textTable(
      [
        ["", ...letters],
        ...rows,
        ["verdict, all films kept", ...matrix.fullVerdict.map((verdict) => signed(verdict, 2))],
      ],
      ["left", ...candidates.map(() => "right" as const)],
    ),
    "",
    "Each number: nats of verdict log-odds lost when the row's film is taken out (+ it speaks for the column's film, − against).",
    matrix.question === "total"
      ? "Total effect: recommender, gate and prompt are all recomputed without the film."
      : "Prompt-only effect: the gate is held at its value for the whole history.",
    `${matrix.forwardPasses} forward passes on ${engine.backend} (${engine.adapterName}).`,
  ].join("\n");
}

/** A, B, ... Z, AA, AB, ... */
function columnName(index: number): string {
  const rest = Math.floor(index / 26);
  return (rest > 0 ? columnName(rest - 1) : "") + String.fromCharCode(65 + (index % 26));
}
