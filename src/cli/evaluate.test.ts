/** @file `evaluate` on the shipped pack: cases and a made-up data set, cancelled and gone on with, recomputed, and held against other scores. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type EvaluationResult, readResultFile } from "../evaluate/result-file.ts";
import { evaluateCommand } from "./evaluate.ts";
import { UsageError } from "./usage.ts";

const pack = process.env["BECAUSAL_PACK"] ?? "public/packs/movies";
const LOAD_TIMEOUT_MS = 180_000;
const folder = mkdtempSync(join(tmpdir(), "becausal-evaluate-"));
afterAll(() => rmSync(folder, { recursive: true }));

const TITLES = [
  "Toy Story (1995)",
  "Heat (1995)",
  "Fargo (1996)",
  "Alien (1979)",
  "Casablanca (1942)",
  "Jaws (1975)",
];
const CASES = Array.from({ length: 6 }, (_, i) => ({
  id: `case ${i}`,
  user: `user ${i % 3}`,
  history: [TITLES[i]!, TITLES[(i + 1) % 6]!],
  target: TITLES[(i + 2) % 6]!,
  candidates: [TITLES[(i + 3) % 6]!, TITLES[(i + 2) % 6]!],
}));
const linesOf = (values: readonly object[]) => values.map((value) => `${JSON.stringify(value)}\n`).join("");
const casesFile = join(folder, "cases.jsonl");
writeFileSync(casesFile, linesOf(CASES));

const run = (...args: string[]) => evaluateCommand.run([...args, "--pack", pack]);
const resultAt = (path: string): EvaluationResult => readResultFile(readFileSync(path), path);

test.for([
  [["--mode", "sasrec"], "--dataset or --cases is needed"],
  [["--cases", casesFile, "--mode", "gru4rec"], "--mode is popularity or knn"],
  [["--cases", casesFile, "--split", "754"], "two whole numbers"],
  [["--cases", casesFile, "--recompute", "x"], "instead of --dataset and --cases"],
] as const)("called wrongly: %j", async ([args, reason]) => {
  const failed = run(...args);
  await expect(failed).rejects.toThrow(UsageError);
  await expect(failed).rejects.toThrow(reason);
});

describe.skipIf(!existsSync(`${pack}/manifest.json`))("with the movies pack", () => {
  const out = join(folder, "result.json");
  const modes = ["--mode", "popularity,sasrec,text,behaviour,hybrid,fused"];
  let text: string;
  beforeAll(async () => {
    text = await run("--cases", casesFile, ...modes, "--out", out);
  }, LOAD_TIMEOUT_MS);

  test("every case has scores of every mode; fused is hybrid + beta * SASRec", () => {
    const { cases, settings, pack: made } = resultAt(out);
    expect(settings.protocol).toBe("given");
    expect(cases.map(({ id, user }) => [id, user])).toEqual(CASES.map(({ id, user }) => [id, user]));
    for (const { scores } of cases) {
      expect(Object.keys(scores)).toEqual(["popularity", "sasrec", "text", "behaviour", "hybrid", "fused"]);
      for (const [place, fused] of scores.fused!.entries())
        expect(fused).toBeCloseTo(scores.hybrid![place]! + made.beta * scores.sasrec![place]!, 5);
      // The channels are not the same answer three times.
      expect(new Set([scores.text![0], scores.behaviour![0], scores.hybrid![0]]).size).toBe(3);
    }
    expect(existsSync(`${out}.journal`)).toBe(false);
  });

  test("the table has counts, valid ratio, intervals, differences and calibration", () => {
    expect(text).toMatch(/^cases, pack movies: the candidates given; 6 questions of 3 users, 6 cases\./);
    expect(text).toMatch(/\nhybrid {2,}\d\S* {2,}6 {2,}\d\.\d{4} {2,}1\n/);
    expect(text).toMatch(/\nHR@1 {2,}hybrid {2,}\d\.\d{4} {2,}\d\.\d{4} to \d\.\d{4} {2,}[+−]\d\.\d{4} {2,}/);
    expect(text).toMatch(/\ncalibration {2,}error/);
  });

  test("the figures are computed again from the file, without a model, and a changed one is found", async () => {
    expect(await evaluateCommand.run(["--recompute", out])).toBe(text);
    const changed = join(folder, "changed.json");
    const first = resultAt(out).answers[0]!;
    const stored = readFileSync(out, "utf8");
    writeFileSync(changed, stored.replace(`"correct": ${first.correct}`, `"correct": ${first.correct + 1}`));
    await expect(evaluateCommand.run(["--recompute", changed])).rejects.toThrow(
      /answers: .* is stored, the cases give/,
    );
  });

  test("scores are held against another runtime's", async () => {
    const file = join(folder, "reference.jsonl");
    const reference = (shift: number) =>
      linesOf(
        resultAt(out).cases.map(({ id, candidates, scores }) => {
          return { id, candidates, scores: { hybrid: scores.hybrid!.map((score) => score + shift) } };
        }),
      );
    const compare = (content: string) => {
      writeFileSync(file, content);
      return evaluateCommand.run(["--recompute", out, "--against", file]);
    };
    expect(await compare(reference(0.005))).toMatch(/\nhybrid {2,}6 .* agrees$/);
    await expect(compare(reference(0.05))).rejects.toThrow(/the scores of hybrid differ by up to 5\.0e-2/);
    await expect(compare(reference(0).replace(/"candidates":\[(\d+)/, '"candidates":[0'))).rejects.toThrow(
      "case case 0 has other candidates there",
    );
  });

  test(
    "a cancelled run leaves its journal and goes on there; other settings do not",
    async () => {
      const path = join(folder, "cancelled.json");
      const args = ["--cases", casesFile, ...modes, "--out", path];
      const cancelled = run(...args);
      const outcome = expect(cancelled).rejects.toMatchObject({ failure: { kind: "cancelled" } });
      const journal = `${path}.journal`;
      while (!existsSync(journal) || readFileSync(journal, "utf8").split("\n").length < 3)
        await new Promise((resolve) => setTimeout(resolve, 5));
      process.emit("SIGINT");
      await outcome;
      expect(existsSync(path)).toBe(false);
      const lines = readFileSync(journal, "utf8");
      expect(lines.split("\n").length).toBeLessThan(CASES.length + 2);
      await expect(run(...args, "--seed", "5")).rejects.toThrow(/give --restart/);
      // What is known is taken as it is: a mark in it comes through.
      writeFileSync(journal, `${lines.replace(/"text":\[[^\]]*\]/, '"text":[12345,54321]')}{"torn`);
      await run(...args);
      const { cases } = resultAt(path);
      expect(cases[0]!.scores.text).toEqual([12345, 54321]);
      expect(cases.slice(1)).toEqual(resultAt(out).cases.slice(1));
    },
    LOAD_TIMEOUT_MS,
  );

  test(
    "a bad case is named and left out, and counted in the result",
    async () => {
      const file = join(folder, "bad.jsonl");
      writeFileSync(file, `${linesOf([{ ...CASES[0], history: ["Haet (1995)"] }, CASES[1]!])}{"id"\n`);
      const said = await run("--cases", file, "--mode", "sasrec", "--out", join(folder, "bad.json"));
      expect(said).toContain("2 rows or films could not be used:");
      expect(said).toContain('bad.jsonl, line 1: "Haet (1995)": no film of the pack, or several');
      expect(resultAt(join(folder, "bad.json")).data).toMatchObject({
        files: [{ file: "bad.jsonl", rows: 3, badRows: 2 }],
        problemCount: 2,
      });
    },
    LOAD_TIMEOUT_MS,
  );

  test(
    "knn and markov are refused without training users",
    async () => {
      await expect(run("--cases", casesFile, "--mode", "knn")).rejects.toThrow(/give --dataset/);
    },
    LOAD_TIMEOUT_MS,
  );

  describe("a data set of eleven users", () => {
    const data = join(folder, "data");
    mkdirSync(data);
    const films: [number, string][] = [
      [1, "Toy Story (1995)"],
      [6, "Heat (1995)"],
      [608, "Fargo (1996)"],
      [1214, "Alien (1979)"],
      [912, "Casablanca (1942)"],
      // An id that the pack does not have, under a title that it has.
      [999_999, "Jaws (1975)"],
      // And an id of the pack under a title that nobody has.
      [2, "A Film Of Our Own (2024)"],
    ];
    const movies = films.map(([id, title]) => `${id},"${title}",Drama\n`).join("");
    writeFileSync(join(data, "movies.csv"), `movieId,title,genres\n${movies}`);
    const ratings = Array.from({ length: 11 }, (_, user) =>
      films.map(([id], place) => `${user},${id},${place === 3 ? 2 : 4},${1000 * user + place}\n`).join(""),
    );
    writeFileSync(join(data, "ratings.csv"), `userId,movieId,rating,timestamp\n${ratings.join("")}`);

    test(
      "its films are found by id and title, what is unknown is named, and the last user tests",
      async () => {
        const path = join(folder, "data.json");
        const args = ["--dataset", data, "--mode", "popularity,knn,markov,sasrec", "--protocol", "full"];
        const said = await run(...args, "--out", path);
        const { cases, data: read, popularity } = resultAt(path);
        expect(read.users).toEqual({ train: 9, validation: 1, test: 1, without: 0 });
        expect(read.ratings).toEqual({ read: 66, kept: 55 });
        expect(read.problems).toEqual([
          {
            file: "ratings.csv",
            line: 8,
            reason:
              'film "2", "A Film Of Our Own (2024)", means no film of the pack or several; 11 ratings are left out',
          },
        ]);
        expect(said).toContain("1 row or film could not be used:");
        // Alien is rated 2: never kept, but known, so that it is not recommended.
        expect(cases.map(({ id, history }) => [id, history.length])).toEqual([
          ["10-3", 3],
          ["10-4", 4],
        ]);
        const [first, second] = cases;
        expect(popularity[first!.target]).toBe(9);
        expect(first!.catalogue!.popularity!.rank).toBeLessThan(2);
        expect(first!.catalogue!.markov).toMatchObject({ rank: 0 });
        expect(second!.catalogue!.knn!.top[0]).toBe(second!.target);
        expect(Object.keys(first!.catalogue!)).toEqual(["popularity", "knn", "markov", "sasrec"]);
        expect(said).toMatch(/SlateRecall@50/);
      },
      LOAD_TIMEOUT_MS,
    );

    test(
      "candidates are drawn anew in every draw, written, and asked again as they were",
      async () => {
        const path = join(folder, "drawn.jsonl");
        const args = ["--mode", "sasrec", "--out", join(folder, "drawn.json")];
        await run("--dataset", data, "--draws", "3", "--export-cases", path);
        await run("--dataset", data, "--draws", "3", ...args);
        const drawn = resultAt(join(folder, "drawn.json"));
        expect(drawn.cases.map(({ id, draw }) => [id, draw])).toEqual([
          ["10-4", 0],
          ["10-4", 1],
          ["10-4", 2],
        ]);
        expect(new Set(drawn.cases.map(({ candidates }) => candidates.join())).size).toBe(3);
        for (const { candidates, history, target } of drawn.cases) {
          expect(new Set([...candidates, ...history]).size).toBe(20 + 4);
          expect(candidates[0]).toBe(target);
        }
        await run("--cases", path, ...args);
        expect(resultAt(join(folder, "drawn.json")).cases).toEqual(drawn.cases);
      },
      LOAD_TIMEOUT_MS,
    );
  });
});
