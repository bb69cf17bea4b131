import { basename } from "node:path";
import { readLog } from "../adapt/log-row.ts";
import {
  DEFAULT_SETTINGS,
  type EstimateNote,
  type OffPolicyReport,
  type ReportSettings,
  reportPolicyValue,
} from "../evaluate/off-policy/report.ts";
import { sha256 } from "../model/sha256.ts";
import type { Command } from "./command.ts";
import { readDisk } from "./disk-fetcher.ts";
import {
  askLog,
  greedyPolicy,
  type LogQuestion,
  loggedPolicy,
  policyFromFile,
  type TargetPolicy,
  uniformPolicy,
} from "./ope-question.ts";
import { checkWritable, writeWhole } from "./output-file.ts";
import { percent, signed, textTable } from "./text-table.ts";
import { parse, UsageError, wholeOption } from "./usage.ts";

const NAMED_POLICIES: ReadonlyMap<string, TargetPolicy> = new Map([
  ["uniform", uniformPolicy],
  ["logged", loggedPolicy],
  ["greedy", greedyPolicy],
]);

export const opeCommand: Command = {
  name: "ope",
  summary: "what a policy would be worth, from a log of what another one showed",
  help: `Usage: becausal ope --log FILE --policy uniform|logged|greedy|FILE [options]

  --log FILE             the app's log, a JSON object a line (docs/learning.md)
  --policy NAME|FILE     the policy to value: uniform, logged (what drew), greedy (its likeliest film), or a file with
                         {"line": 12, "pi": [0.5, 0.3, 0.2]} for each drawn line of the log
  --clip W               largest weight of IPS, SNIPS and DR (default ${DEFAULT_SETTINGS.clip})
  --tau W                weight above which Switch-DR trusts the reward model (default ${DEFAULT_SETTINGS.tau})
  --lambda L             of DRos: less shrinks more (default ${DEFAULT_SETTINGS.lambda})
  --resamples N          of the bootstrap (default ${DEFAULT_SETTINGS.resamples})
  --seed N               of the bootstrap (default ${DEFAULT_SETTINGS.seed})
  --out FILE             write everything as JSON
  --json                 machine-readable`,

  async run(args) {
    const { values } = parse({
      args: [...args],
      options: {
        log: { type: "string" },
        policy: { type: "string" },
        clip: { type: "string", default: `${DEFAULT_SETTINGS.clip}` },
        tau: { type: "string", default: `${DEFAULT_SETTINGS.tau}` },
        lambda: { type: "string", default: `${DEFAULT_SETTINGS.lambda}` },
        resamples: { type: "string", default: `${DEFAULT_SETTINGS.resamples}` },
        seed: { type: "string", default: `${DEFAULT_SETTINGS.seed}` },
        out: { type: "string" },
        json: { type: "boolean", default: false },
      },
    });
    const { log, policy: chosen, out } = values;
    if (log === undefined) throw new UsageError("--log names the log");
    if (chosen === undefined) throw new UsageError("--policy is uniform, logged, greedy or a file");
    const settings: ReportSettings = {
      ...DEFAULT_SETTINGS,
      clip: weightOption("clip", values.clip),
      tau: weightOption("tau", values.tau),
      lambda: weightOption("lambda", values.lambda),
      resamples: wholeOption("resamples", values.resamples, 10, 100_000),
      seed: wholeOption("seed", values.seed, 0, 2 ** 32 - 1),
    };
    if (out !== undefined) await checkWritable(out);
    const bytes = await readDisk(log);
    const reading = readLog(bytes, basename(log));
    const policy = NAMED_POLICIES.get(chosen) ?? policyFromFile(await readDisk(chosen), basename(chosen));
    const asked = askLog(reading, policy);
    const report = reportPolicyValue(asked.question, asked.users, settings);
    const { badLines, problems } = reading;
    const { counts, rewardModel } = asked;
    const result = {
      schema: "becausal-ope/1",
      log: { file: basename(log), sha256: await sha256(bytes), ...counts, badLines, problems },
      policy: NAMED_POLICIES.has(chosen) ? chosen : basename(chosen),
      rewardModel,
      resampled: asked.users === null ? "rounds" : "users",
      settings,
      report,
    };
    const text = JSON.stringify(result, null, 1);
    if (out !== undefined) await writeWhole(out, `${text}\n`);
    if (values.json) return text;
    return [sayLog(result.log), "", ...sayReport(report, settings, asked)].join("\n");
  },
};

function weightOption(name: string, value: string): number {
  const weight = Number(value);
  if (value.trim() === "" || !(weight > 0))
    throw new UsageError(`--${name} is a number above 0, not "${value}"`);
  return weight;
}

function sayLog({
  file,
  rows,
  used,
  observed,
  open,
  unlikeTheirSeed,
  badLines,
  problems,
}: LogQuestion["counts"] & {
  readonly file: string;
  readonly badLines: number;
  readonly problems: readonly { readonly line: number; readonly reason: string }[];
}): string {
  const lines = [
    `${file}: ${rows} rows, ${used} drawn with an outcome, ${observed} not drawn (they teach the reward model alone), ${open} without an outcome yet.`,
  ];
  if (badLines > 0) {
    const more = badLines > problems.length ? `; and ${badLines - problems.length} more` : "";
    const named = problems.map(({ line, reason }) => `line ${line}: ${reason}`).join("; ");
    lines.push(`${badLines} bad ${badLines === 1 ? "line" : "lines"} left out: ${named}${more}.`);
  }
  if (unlikeTheirSeed > 0)
    lines.push(
      `${unlikeTheirSeed} of the draws are not what their seed and counter give: their propensities cannot be trusted.`,
    );
  return lines.join("\n");
}

function sayReport(
  report: OffPolicyReport,
  { clip }: ReportSettings,
  { users, rewardModel }: LogQuestion,
): string[] {
  const { n, effectiveSize, meanWeight, largestWeight, largestPossibleWeight, clippedShare, uncoveredMass } =
    report.overlap;
  const overlap = [
    `Overlap: n = ${n}, effective size ${effectiveSize.toFixed(1)}, mean weight ${meanWeight.toFixed(3)} (1 is expected), largest ${largestWeight.toFixed(2)} of ${largestPossibleWeight.toFixed(2)} possible, ${percent(clippedShare)} above the clip of ${clip}.`,
  ];
  if (uncoveredMass > 0)
    overlap.push(
      `${percent(uncoveredMass)} of the policy is on films that could not be drawn: of them the log says nothing.`,
    );
  if (report.kind === "not-enough-data")
    return [
      `Not enough data: the effective size is below ${report.leastEffectiveSize}. No value is given.`,
      ...overlap,
    ];
  const number = (value: number) => value.toFixed(4);
  const between = ({ low, high }: { readonly low: number; readonly high: number }) =>
    `${number(low)} to ${number(high)}`;
  const [first] = report.estimates;
  return [
    textTable(
      [
        ["", "value", "std. error", "95 % interval", "bootstrap", "n", "ESS", "notes"],
        ...report.estimates.map(({ name, value, standardError, interval, bootstrap, notes }) => [
          name,
          number(value),
          number(standardError),
          between(interval),
          between(bootstrap),
          `${n}`,
          effectiveSize.toFixed(0),
          notes.map(sayNote).join("; "),
        ]),
      ],
      ["left", "right", "right", "right", "right", "right", "right", "left"],
    ),
    "",
    ...overlap,
    `Intervals: ${first?.interval.kind === "t" ? "Student's t" : "empirical Bernstein, since the log is short"}; bootstrap over ${users === null ? "rounds" : "users"}. Reward model: ${rewardModel === "logged" ? "as logged" : "means of films, cross-fitted"}.`,
  ];
}

function sayNote(note: EstimateNote): string {
  switch (note.kind) {
    case "clipped":
      return `${percent(note.share)} clipped, bias about ${signed(note.bias, 4)}`;
    case "switched":
      return `${percent(note.share)} left to the model`;
    case "shrunk":
      return "weights shrunk towards the model";
    case "model-only":
      return "as biased as the model; the interval does not know";
    case "uncovered":
      return `blind to ${percent(note.mass)} of the policy`;
    default:
      return note satisfies never;
  }
}
