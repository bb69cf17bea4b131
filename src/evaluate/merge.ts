/**
 * @file Results of shards of one file of cases as one result. Nothing is averaged: the shards' cases are put together in the order of the
 * file, and every figure is computed from all of them, so that it is the unsharded run's to the last bit.
 */
import { FailureError } from "../core/failure.ts";
import { figuresOf } from "./figures.ts";
import type { EvaluationCase, EvaluationResult } from "./result-file.ts";

export interface Shard {
  /** What failures name. */
  readonly file: string;
  readonly result: EvaluationResult;
}

/** A case of the file that was cut into shards. */
export interface WholeCase {
  readonly id: string;
  readonly draw: number;
  readonly target: number;
  /** Null where the whole catalogue is ranked. */
  readonly candidates: readonly number[] | null;
}

export interface Whole {
  /** What failures name. */
  readonly file: string;
  readonly note: EvaluationResult["data"]["files"][number];
  /** In the order of the file. */
  readonly cases: readonly WholeCase[];
}

/**
 * Throws `bad-request` where the shards are not of one run (another pack, other settings, other data behind the baselines) or not of this file
 * (a case twice, a case that is missing, one too many, another target or other candidates), naming both. `command` is what merges.
 */
export function mergeShards(shards: readonly Shard[], whole: Whole, command: string): EvaluationResult {
  const [first] = shards;
  if (first === undefined) throw refusal("there is no shard to merge");
  for (const shard of shards) checkSameRun(first, shard);
  const without = whole.cases.find(({ candidates }) => candidates === null);
  if (without !== undefined && first.result.settings.protocol !== "full")
    throw refusal(
      `${nameOf(without)} of ${whole.file} has no candidates, and those of a shard are drawn by its own lines: shard the file that --export-cases wrote`,
    );
  const cases = inOrder(collect(shards), whole);
  const { settings, popularity } = first.result;
  // Every shard read the data behind the baselines; its own part of the cases is the first of its files.
  const others = shards.slice(1).map(({ result }) => result.data);
  const problems = others.flatMap(({ files, problems: all }) =>
    all.filter((problem) => problem.file === files[0]?.file),
  );
  const problemCount = others.reduce((sum, { files }) => sum + (files[0]?.badRows ?? 0), 0);
  const devices = [...new Set(shards.map(({ result }) => result.engine.device))];
  return {
    ...first.result,
    command,
    data: {
      ...first.result.data,
      name: whole.file.replace(/\.[^.]*$/, ""),
      files: [whole.note, ...first.result.data.files.slice(1)],
      problems: [...first.result.data.problems, ...problems],
      problemCount: first.result.data.problemCount + problemCount,
    },
    engine: { ...first.result.engine, device: devices.join("; ") },
    seconds: shards.reduce((sum, { result }) => sum + result.seconds, 0),
    ...figuresOf({ cases, popularity, settings }),
    cases,
  };
}

/** What must be alike for figures to mean the same. The first file of the data is the shard itself. */
function sameness({ result }: Shard): Readonly<Record<string, unknown>> {
  const { version, pack, base, settings, engine, popularity, data } = result;
  return {
    version,
    pack,
    base,
    settings,
    backend: engine.backend,
    "data behind the baselines": { format: data.format, files: data.files.slice(1), users: data.users },
    popularity,
  };
}

function checkSameRun(first: Shard, other: Shard): void {
  const [wanted, found] = [sameness(first), sameness(other)];
  for (const [name, value] of Object.entries(wanted))
    if (JSON.stringify(value) !== JSON.stringify(found[name]))
      throw refusal(`${other.file} differs from ${first.file} in ${name}: score all shards in the same way`);
}

const keyOf = ({ id, draw }: Pick<EvaluationCase, "id" | "draw">) => JSON.stringify([id, draw]);
const nameOf = ({ id, draw }: Pick<EvaluationCase, "id" | "draw">) => `case ${id}, draw ${draw}`;

interface Found {
  readonly file: string;
  readonly each: EvaluationCase;
}

function collect(shards: readonly Shard[]): ReadonlyMap<string, Found> {
  const found = new Map<string, Found>();
  for (const { file, result } of shards)
    for (const each of result.cases) {
      const earlier = found.get(keyOf(each));
      if (earlier !== undefined)
        throw refusal(`${nameOf(each)} is in ${earlier.file} and in ${file}: give every shard once`);
      found.set(keyOf(each), { file, each });
    }
  return found;
}

function inOrder(found: ReadonlyMap<string, Found>, whole: Whole): EvaluationCase[] {
  const ordered = whole.cases.map((wanted) => {
    const { file, each } = found.get(keyOf(wanted)) ?? missing(wanted, whole);
    const isSame =
      each.target === wanted.target &&
      (wanted.candidates === null || wanted.candidates.join() === each.candidates.join());
    if (!isSame) throw refusal(`${nameOf(wanted)} asks something else in ${file} than in ${whole.file}`);
    return each;
  });
  if (ordered.length < found.size) {
    const known = new Set(whole.cases.map(keyOf));
    for (const [key, { file, each }] of found)
      if (!known.has(key)) throw refusal(`${nameOf(each)} of ${file} is not in ${whole.file}`);
  }
  return ordered;
}

function missing(wanted: WholeCase, { file }: Whole): never {
  throw refusal(`${nameOf(wanted)} of ${file} is in no shard: give all shards, or score the missing one`);
}

function refusal(reason: string): FailureError {
  return new FailureError({ kind: "bad-request", reason });
}
