import type { EffectMatrix } from "../attribution/effect.ts";
import { type EvidenceParts, makeEvidence } from "../attribution/evidence.ts";
import { toCsv } from "../core/csv.ts";
import type { ItemId } from "../core/ids.ts";
import { present } from "../core/invariant.ts";
import { filmName } from "../model/film.ts";
import type { Command } from "./command.ts";
import { explainFully } from "./explanation.ts";
import { explanationText } from "./explanation-text.ts";
import { METHOD_HELP, METHOD_OPTIONS, methodOption } from "./method-options.ts";
import { withRecommender } from "./open-recommender.ts";
import { checkWritable, writeWhole } from "./output-file.ts";
import { makeProgress } from "./progress.ts";
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

export const explainCommand: Command = {
  name: "explain",
  summary: "why: what each film of the history does to each recommendation",
  help: `Usage: becausal explain --history TITLE... [options]

  --history TITLE...     films watched and liked, oldest first; the last ones stand in the prompt and are explained
  --candidate TITLE...   films to explain (default: the top recommendations)
  --top N                how many recommendations to explain (default 10)
${METHOD_HELP}
  --channels             what a film does by its title and what by its behaviour vector
  --strip                what the history does to each token of the explained titles
  --audit                put the effects to the test on this very prediction
  --counterfactual TITLE the smallest edit of the history that makes this film number one
  --add TITLE...         films that the edit may add; without any it only takes out
  --budget N             most forward passes for the edit (default 60)
  --what-if TITLE        the recommendations had this film been watched last
  --evidence FILE        write all figures with the raw answers they are computed from, for training/recompute_evidence.py
  --csv FILE             write the effects as a table
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
        ...METHOD_OPTIONS,
        channels: { type: "boolean", default: false },
        strip: { type: "boolean", default: false },
        audit: { type: "boolean", default: false },
        counterfactual: { type: "string" },
        add: { type: "string", multiple: true },
        budget: { type: "string", default: "60" },
        "what-if": { type: "string" },
        evidence: { type: "string" },
        csv: { type: "string" },
        ...BACKEND_OPTIONS,
        ...PACK_OPTIONS,
        json: { type: "boolean", default: false },
      },
    });
    const lists = listOptions(["history", "candidate", "add"], tokens);
    if (lists.history.length === 0)
      throw new UsageError("--history is needed: without one there is nothing to explain");
    if (lists.add.length > 0 && values.counterfactual === undefined)
      throw new UsageError("--add is for --counterfactual");
    const top = wholeOption("top", values.top, 1, 100);
    const budget = wholeOption("budget", values.budget, 2, 100_000);
    const method = methodOption(values);
    const device = deviceOption(values);
    const { evidence, csv, counterfactual, "what-if": whatIf } = values;
    for (const file of [evidence, csv]) if (file !== undefined) await checkWritable(file);
    const folders = { pack: values.pack, items: values.items, base: values.base };
    return withRecommender({ ...device, ...folders }, async (recommender) => {
      const ids = (titles: readonly string[]) => recommender.find(titles).map(({ id }) => id);
      const one = (title: string) => present(ids([title])[0], "the film");
      const parts = await explainFully(
        {
          ...method,
          history: ids(lists.history),
          candidates: ids(lists.candidate),
          top,
          channels: values.channels,
          strip: values.strip,
          audit: values.audit,
          counterfactual:
            counterfactual === undefined
              ? null
              : { target: one(counterfactual), additions: ids(lists.add), budget },
          whatIf: whatIf === undefined ? null : one(whatIf),
        },
        recommender,
        makeProgress(),
      );
      const nameOf = (item: ItemId) => filmName(present(recommender.films[item], "the film"));
      if (evidence !== undefined)
        await writeWhole(evidence, `${JSON.stringify(makeEvidence(parts, nameOf))}\n`);
      if (csv !== undefined) await writeWhole(csv, effectsCsv(parts.effects.shown, nameOf));
      return values.json ? JSON.stringify(toJson(parts, nameOf), null, 1) : explanationText(parts, nameOf);
    });
  },
};

/** Figures without the answers behind them, films by name. */
function toJson(
  { effects, channels, strips, audit, counterfactual, whatIf, model }: EvidenceParts,
  nameOf: (item: ItemId) => string,
) {
  const matrix = effects.shown;
  const named = <Row extends { readonly item: ItemId }>(row: Row) => ({ film: nameOf(row.item), ...row });
  return {
    method: matrix.method,
    question: matrix.question,
    value: matrix.value ?? "verdict",
    ...(matrix.seed === undefined ? {} : { seed: matrix.seed }),
    ...(matrix.pairs === undefined ? {} : { pairs: matrix.pairs }),
    history: matrix.history.map(nameOf),
    candidates: matrix.candidates.map((item, c) => ({
      item,
      film: nameOf(item),
      verdict: matrix.fullVerdict[c],
    })),
    rows: matrix.rows.map((row) => ({
      ...named(row),
      ...(row.replacedBy === undefined ? {} : { replacedBy: row.replacedBy.map(nameOf) }),
    })),
    ...(channels === null
      ? {}
      : { channels: { items: channels.shown.items.map(named), whole: channels.shown.whole } }),
    ...(strips === null ? {} : { strips: strips.shown.map(named) }),
    ...(audit === null ? {} : { audit: audit.shown }),
    ...(counterfactual === null
      ? {}
      : {
          counterfactual: {
            film: nameOf(counterfactual.shown.target),
            ...counterfactual.shown,
            edit: counterfactual.shown.edit && {
              removed: counterfactual.shown.edit.removed.map((event) =>
                nameOf(present(matrix.history[event], "the film")),
              ),
              added: counterfactual.shown.edit.added.map(nameOf),
            },
            before: counterfactual.shown.before.map(named),
            after: counterfactual.shown.after?.map(named) ?? null,
            closest: counterfactual.shown.closest && {
              ...counterfactual.shown.closest,
              standings: counterfactual.shown.closest.standings.map(named),
            },
          },
        }),
    ...(whatIf === null
      ? {}
      : {
          whatIf: {
            film: nameOf(whatIf.shown.item),
            ...whatIf.shown,
            before: whatIf.shown.before.map(named),
            after: whatIf.shown.after.map(named),
          },
        }),
    forwardPasses: matrix.forwardPasses,
    backend: model.backend,
    adapter: model.device,
  };
}

/** A line for each film of the history and each explained film; nothing rounded. */
function effectsCsv(
  { rows, candidates, method, question, value = "verdict" }: EffectMatrix,
  nameOf: (item: ItemId) => string,
): string {
  const head = ["watched", "event", "explained", "method", "question", "value", "nats", "standard error"];
  const lines = rows.flatMap(({ item, event, deltaNats, standardError, deltaProbability, deltaShown }) =>
    candidates.map((candidate, c) => [
      nameOf(item),
      event,
      nameOf(candidate),
      method,
      question,
      value,
      deltaNats[c] ?? null,
      standardError?.[c] ?? null,
      (deltaProbability[c] ?? Number.NaN) * 100,
      deltaShown[c] ?? null,
    ]),
  );
  return toCsv([[...head, "percentage points", "shown score"], ...lines]);
}
