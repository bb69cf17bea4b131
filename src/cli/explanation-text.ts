/** @file An explanation as text tables. Everything in them is a figure of the evidence. */
import type { AuditCheckName, AuditReport } from "../attribution/audit.ts";
import type { ChannelReport } from "../attribution/channels.ts";
import type { Counterfactual, HistoryEdit } from "../attribution/counterfactual.ts";
import type { EffectMatrix } from "../attribution/effect.ts";
import type { EvidenceParts } from "../attribution/evidence.ts";
import type { Standing } from "../attribution/standings.ts";
import type { TokenStrip } from "../attribution/token-strip.ts";
import type { WhatIf } from "../attribution/what-if.ts";
import type { ItemId } from "../core/ids.ts";
import { present } from "../core/invariant.ts";
import { percent, signed, textTable } from "./text-table.ts";

type NameOf = (item: ItemId) => string;

/** Rows of a slate that a table shows. */
const SHOWN_ROWS = 10;

export function explanationText(parts: EvidenceParts, nameOf: NameOf): string {
  const { scene, effects, channels, strips, audit, counterfactual, whatIf, model } = parts;
  const letters = scene.candidates.map((_, c) => columnName(c));
  const sections = [
    scene.candidates.map((item, c) => `${letters[c]}  ${nameOf(item)}`).join("\n"),
    effectsText(effects.shown, letters, nameOf),
    channels === null ? null : channelsText(channels.shown, letters, nameOf),
    ...(strips === null ? [] : strips.shown.map((strip) => stripText(strip, nameOf))),
    audit === null ? null : auditText(audit.shown, letters),
    counterfactual === null ? null : counterfactualText(counterfactual.shown, scene.history, nameOf),
    whatIf === null ? null : whatIfText(whatIf.shown, scene.history, nameOf),
    `${effects.shown.forwardPasses} forward passes for the effects on ${model.backend} (${model.device}).`,
  ];
  return sections.filter((section) => section !== null).join("\n\n");
}

function effectsText(matrix: EffectMatrix, letters: readonly string[], nameOf: NameOf): string {
  const { rows, fullVerdict, question, value = "verdict" } = matrix;
  const cellOf = (delta: number, error: number | undefined) =>
    error === undefined ? signed(delta, 2) : `${signed(delta, 2)} ±${error.toFixed(2)}`;
  return [
    columns(letters, [
      ...rows.map(({ item, deltaNats, standardError }) => [
        nameOf(item),
        ...deltaNats.map((delta, c) => cellOf(delta, standardError?.[c])),
      ]),
      [
        value === "verdict" ? "verdict, all films kept" : "contrast, all films kept",
        ...fullVerdict.map((verdict) => signed(verdict, 2)),
      ],
    ]),
    "",
    methodText(matrix),
    question === "total"
      ? "Total effect: recommender, gate and prompt are all recomputed without the film."
      : "Prompt-only effect: the gate is held at its value for the whole history.",
    ...(value === "verdict"
      ? []
      : [
          "Contrast: a film's log-odds less the mean of all films explained here; what lifts all alike counts as nothing.",
        ]),
  ].join("\n");
}

function methodText({ method, pairs, seed }: EffectMatrix): string {
  const sign = "(+ it speaks for the column's film, − against)";
  switch (method) {
    case "leave-one-out":
      return `Each number: nats of verdict log-odds lost when the row's film is taken out ${sign}.`;
    case "replacement":
      return `Each number: nats of verdict log-odds lost when other films stand in for the row's film, mean ± standard error over them ${sign}; seed ${seed}.`;
    case "shapley":
      return `Each number: the row's share in nats of what the whole history does, a Shapley value ${sign}; ${
        pairs === undefined
          ? "exact, over all coalitions"
          : `mean ± standard error over ${pairs} pairs of orders, seed ${seed}`
      }.`;
    default:
      return method satisfies never;
  }
}

function channelsText({ items, whole }: ChannelReport, letters: readonly string[], nameOf: NameOf): string {
  const rows = [
    ...items.map((item) => ({ name: nameOf(item.item), values: item })),
    { name: "all of them at once", values: whole },
  ];
  const block = (title: string, key: "text" | "behaviour" | "interaction") =>
    `${title}\n${columns(
      letters,
      rows.map(({ name, values }) => [name, ...values[key].map((nats) => signed(nats, 2))]),
    )}`;
  return [
    block('Text: nats lost when the title is only "a movie".', "text"),
    block("Behaviour: nats lost when the behaviour vector is the trained null.", "behaviour"),
    block("Of these, what the two do only together; it is part of both.", "interaction"),
  ].join("\n\n");
}

function stripText({ item, tokens, deltaNats }: TokenStrip, nameOf: NameOf): string {
  return [
    `${nameOf(item)}: the history makes the title ${signed(deltaNats, 2)} nats likelier.`,
    textTable(
      [
        ["token", "log p with history", "without", "nats", "points"],
        ...tokens.map(({ text, logWith, logWithout, deltaNats: nats, deltaProbability }) => [
          JSON.stringify(text),
          signed(logWith, 2),
          signed(logWithout, 2),
          signed(nats, 2),
          signed(deltaProbability * 100, 1),
        ]),
      ],
      ["left", "right", "right", "right", "right"],
    ),
  ].join("\n");
}

const CHECK_WORDS: Record<AuditCheckName, { readonly what: string; readonly isMost: boolean }> = {
  completeness: { what: "effects add up to what the whole history does (largest error, nats)", isMost: true },
  deletion: { what: "taking out the top films costs more than others (ratio)", isMost: false },
  randomised: { what: "unlike the map of a model with random weights (|rank correlation|)", isMost: true },
  stability: { what: "the same with other draws (rank correlation)", isMost: false },
};

function auditText(
  { completeness, checks, passed, forwardPasses, milliseconds }: AuditReport,
  letters: readonly string[],
): string {
  const number = (value: number) =>
    value !== 0 && Math.abs(value) < 1e-3 ? value.toExponential(1) : value.toFixed(3);
  return [
    `Audit: ${passed ? "passed" : "FAILED; do not rely on these effects"}.`,
    textTable(
      [
        ["check", "value", "bound", ""],
        ...checks.map(({ name, value, bound, passed: isPassed }) => {
          const { what, isMost } = CHECK_WORDS[name];
          return [
            what,
            number(value),
            `${isMost ? "at most" : "at least"} ${number(bound)}`,
            isPassed ? "passed" : "FAILED",
          ];
        }),
      ],
      ["left", "right", "right", "left"],
    ),
    "",
    columns(letters, [
      ["sum of the effects", ...completeness.sum.map((nats) => signed(nats, 2))],
      ["v(all) − v(none)", ...completeness.whole.map((nats) => signed(nats, 2))],
    ]),
    `${forwardPasses} forward passes, ${(milliseconds / 1000).toFixed(1)} s.${
      completeness.expected ? "" : " Effects of this method need not add up: items cover for each other."
    }`,
  ].join("\n");
}

function counterfactualText(
  {
    target,
    outcome,
    edit,
    isSmallest,
    isOffered,
    marginBefore,
    marginAfter,
    after,
    closest,
    forwardPasses,
  }: Counterfactual,
  history: readonly ItemId[],
  nameOf: NameOf,
): string {
  const words = (change: HistoryEdit) =>
    [
      ...change.removed.map((event) => `without ${nameOf(present(history[event], `item ${event}`))}`),
      ...change.added.map((item) => `with ${nameOf(item)}`),
    ].join(", ");
  const spent = `${forwardPasses} forward passes.`;
  const name = nameOf(target);
  const behind = `It is ${signed(marginBefore, 2)} nats from the best of the others${isOffered ? "" : ", and not among the films that are offered"}.`;
  if (outcome === "already-first")
    return `${name} is number one already, by ${signed(marginBefore, 2)} nats. ${spent}`;
  if (outcome === "found" && edit !== null && after !== null)
    return [
      `${name} would be number one ${words(edit)} (${signed(marginBefore, 2)} → ${signed(marginAfter ?? Number.NaN, 2)} nats from the best of the others)${isSmallest ? "; no smaller edit does it" : ""}. Films taken out stay off the slate, as watched. ${spent}`,
      standingsText(after, nameOf),
    ].join("\n");
  const place = closest?.standings.find(({ item }) => item === target);
  const nearest =
    closest === null || place === undefined
      ? ""
      : isOffered && closest.margin <= marginBefore
        ? " None of the edits tried brings it nearer."
        : ` The nearest was ${words(closest.edit)}: number ${place.rank} there, ${signed(closest.margin, 2)} nats.`;
  return `${
    outcome === "none"
      ? `No edit that was tried makes ${name} number one.`
      : `No edit makes ${name} number one within the budget; some were left untried.`
  } ${behind}${nearest} ${spent}`;
}

function standingsText(all: readonly Standing[], nameOf: NameOf): string {
  return textTable(
    [
      ["", "film", "probability", "verdict", "shown"],
      ...byRank(all).map(({ item, rank, probability, verdict, shown }) => [
        `${rank}`,
        nameOf(item),
        percent(probability),
        signed(verdict, 2),
        signed(shown, 2),
      ]),
    ],
    ["right", "left", "right", "right", "right"],
  );
}

function whatIfText(
  { item, before, after, pushedOut }: WhatIf,
  history: readonly ItemId[],
  nameOf: NameOf,
): string {
  const leaves =
    pushedOut === null
      ? ""
      : `; ${nameOf(present(history[pushedOut], "the film that leaves"))} leaves the prompt`;
  return [
    `With ${nameOf(item)} watched last${leaves}:`,
    textTable(
      [
        ["", "film", "rank before", "probability", "probability before"],
        ...byRank(after).map((standing) => {
          const earlier = present(
            before.find((each) => each.item === standing.item),
            "the standing before",
          );
          return [
            `${standing.rank}`,
            nameOf(standing.item),
            `${earlier.rank}`,
            percent(standing.probability),
            percent(earlier.probability),
          ];
        }),
      ],
      ["right", "left", "right", "right", "right"],
    ),
  ].join("\n");
}

function byRank(all: readonly Standing[]): readonly Standing[] {
  return [...all].sort((a, b) => a.rank - b.rank).slice(0, SHOWN_ROWS);
}

function columns(letters: readonly string[], rows: readonly (readonly string[])[]): string {
  return textTable([["", ...letters], ...rows], ["left", ...letters.map(() => "right" as const)]);
}

/** A, B, ... Z, AA, AB, ... */
function columnName(index: number): string {
  const rest = Math.floor(index / 26);
  return (rest > 0 ? columnName(rest - 1) : "") + String.fromCharCode(65 + (index % 26));
}
