import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { DRAWN_CASES } from "../../evaluate/result-fixture.ts";
import { openJournal } from "./journal.ts";

const folder = mkdtempSync(join(tmpdir(), "becausal-journal-"));
afterAll(() => rmSync(folder, { recursive: true }));
const [first, ...others] = DRAWN_CASES as [(typeof DRAWN_CASES)[number], ...typeof DRAWN_CASES];

test("what was added is known again, with its seconds", async () => {
  const path = join(folder, "again");
  const journal = await openJournal(path, "print", false);
  await journal.add([first], 2);
  await journal.add(others, 3);
  const { known, seconds } = await openJournal(path, "print", false);
  expect(known).toEqual(DRAWN_CASES);
  expect(seconds).toBeCloseTo(5, 9);
});

test("a torn last line is taken off, and the next one stands in its place", async () => {
  const path = join(folder, "torn");
  await (await openJournal(path, "print", false)).add([first], 1);
  const whole = readFileSync(path, "utf8");
  writeFileSync(path, `${whole}{"seconds":1,"case":{"id":"é`);
  const journal = await openJournal(path, "print", false);
  expect(journal.known).toEqual([first]);
  expect(readFileSync(path, "utf8")).toBe(whole);
  await journal.add(others, 1);
  expect((await openJournal(path, "print", false)).known).toEqual(DRAWN_CASES);
});

test.for(["", '{"finger'])("a journal that was killed with its first line begins anew: %j", async (text) => {
  const path = join(folder, "begun");
  writeFileSync(path, text);
  expect((await openJournal(path, "print", false)).known).toEqual([]);
  expect(readFileSync(path, "utf8")).toBe('{"fingerprint":"print"}\n');
});

test("another evaluation's journal is refused and kept, unless it is to begin anew", async () => {
  const path = join(folder, "other");
  await (await openJournal(path, "print", false)).add([first], 1);
  await expect(openJournal(path, "another", false)).rejects.toThrow(
    /of another pack, other data or other settings/,
  );
  expect((await openJournal(path, "print", false)).known).toEqual([first]);
  expect((await openJournal(path, "another", true)).known).toEqual([]);
});

test("a damaged line is refused by its number", async () => {
  const path = join(folder, "damaged");
  writeFileSync(path, '{"fingerprint":"print"}\n{"seconds":1}\n');
  await expect(openJournal(path, "print", false)).rejects.toThrow(/line 2 is no case/);
});
