import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { Problems } from "../../evaluate/problems.ts";
import { casesText, readCasesFile } from "./cases.ts";

const folder = mkdtempSync(join(tmpdir(), "becausal-cases-"));
afterAll(() => rmSync(folder, { recursive: true }));
const TITLES = ["Heat (1995)", "Fargo (1996)", "Alien (1979)"];
const names = {
  items: TITLES.length,
  find: (name: string) => (TITLES.includes(name) ? TITLES.indexOf(name) : null),
};

async function read(...lines: (string | object)[]) {
  const path = join(folder, "cases.jsonl");
  writeFileSync(
    path,
    lines.map((line) => `${typeof line === "string" ? line : JSON.stringify(line)}\n`).join(""),
  );
  const problems = new Problems();
  return { ...(await readCasesFile(path, "cases.jsonl", names, problems)), problems };
}

const CASE = { id: 1, history: ["Heat (1995)", 1], target: "Alien (1979)" };

test("films are named by row or by name; a case is its own user unless it names one", async () => {
  const { questions } = await read(CASE, "", { ...CASE, id: "2", user: 7, candidates: [2, "Heat (1995)"] });
  expect(questions).toEqual([
    {
      line: 0,
      question: { id: "1", user: "1", draw: 0, history: [0, 1], seen: [0, 1], target: 2, candidates: null },
    },
    {
      line: 2,
      question: { id: "2", user: "7", draw: 0, history: [0, 1], seen: [0, 1], target: 2, candidates: [2, 0] },
    },
  ]);
});

test.for([
  ["{", "it is not JSON"],
  [{ ...CASE, id: undefined }, "id: "],
  [{ ...CASE, history: [] }, "history: "],
  [{ ...CASE, history: ["Haet (1995)", 3] }, '"Haet (1995)", row 3: no film of the pack, or several'],
  [{ ...CASE, target: -1 }, "target"],
  [{ ...CASE, candidates: [0, 1] }, "the target is not among the candidates"],
  [{ ...CASE, candidates: [2, 2] }, "a candidate stands there twice"],
  [CASE, "its id is that of line 1"],
] as const)("a bad line is counted and named, and the others are asked: %j", async ([line, reason]) => {
  const { questions, note, problems } = await read(CASE, line);
  expect(questions).toHaveLength(1);
  expect(note).toMatchObject({ rows: 2, badRows: 1 });
  expect(problems.named).toEqual([{ file: "cases.jsonl", line: 2, reason: expect.stringContaining(reason) }]);
});

test("a file without a case that can be asked is refused with its first reason", async () => {
  await expect(read("nonsense")).rejects.toThrow("no case that can be asked; line 1: it is not JSON");
});

test("written cases are read as they were", async () => {
  const { questions } = await read({ ...CASE, draw: 3, seen: [2], candidates: [2, 0] });
  const written = casesText(questions.map(({ question }) => question));
  expect((await read(written.trim())).questions[0]?.question).toMatchObject({ draw: 3, candidates: [2, 0] });
});
