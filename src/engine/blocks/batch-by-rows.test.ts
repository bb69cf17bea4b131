import { expect, test } from "vitest";
import { batchByRows } from "./batch-by-rows.ts";
import { countPaths, historyPrompt, passPrompt } from "./prompts-fixture.ts";

const asked = (history: readonly number[], candidates: readonly number[], gate: number) => ({
  name: `${history}/${candidates}/${gate}`,
  prompt: passPrompt(historyPrompt(history, candidates), [gate]),
});
type Asked = ReturnType<typeof asked>;
const rowsOf = (items: readonly Asked[]) => countPaths(items.map(({ prompt }) => prompt));
const names = (batches: readonly (readonly Asked[])[]) =>
  batches.map((batch) => batch.map(({ name }) => name));
const history = Array.from({ length: 10 }, (_, i) => i);
const leaveOneOut = (gateOf: (k: number) => number) => [
  asked(history, [31, 32], gateOf(-1)),
  ...history.map((k) => asked(history.toSpliced(k, 1), [31, 32], gateOf(k))),
];

test("everything that fits goes in one batch, what is shared counting once", () => {
  const held = leaveOneOut(() => 1);
  const rows = rowsOf(held);
  expect(rows).toBeLessThan(0.75 * held.reduce((sum, item) => sum + rowsOf([item]), 0));
  expect(batchByRows(held, rows)).toEqual([held]);
  expect(batchByRows(held, rows - 1)).toHaveLength(2);
});

test.for([40, 100, 150, 333])(
  "no batch is larger than %i rows, unless it is one prompt; nothing is lost",
  (most) => {
    for (const items of [leaveOneOut(() => 1), leaveOneOut((k) => k)]) {
      const batches = batchByRows(items, most);
      for (const batch of batches) expect(batch.length === 1 || rowsOf(batch) <= most).toBe(true);
      expect(names(batches).flat().sort()).toEqual(names([items]).flat().sort());
      const order = batches.map((batch) => batch.map((item) => items.indexOf(item)));
      for (const batch of order) expect(batch).toEqual(batch.toSorted((a, b) => a - b));
      expect(order.map(([first]) => first)).toEqual(
        order.map(([first]) => first).sort((a = 0, b = 0) => a - b),
      );
    }
  },
);

test("a prompt longer than a pass stands alone; the same again adds nothing to it", () => {
  const long = asked(history, [31], 1);
  const short = asked([1], [31], 1);
  expect(names(batchByRows([long, short, long], 30))).toEqual(names([[long, long], [short]]));
});

test("prompts that share most land together", () => {
  const [a, b] = [1, 2].map((gate) => [asked([5, 6, 7], [31], gate), asked([5, 6, 8], [31], gate)]);
  const mixed = [a![0]!, b![0]!, a![1]!, b![1]!];
  const most = Math.max(rowsOf(a!), rowsOf(b!));
  expect(names(batchByRows(mixed, most))).toEqual(names([a!, b!]));
  expect(rowsOf([mixed[0]!, mixed[1]!])).toBeGreaterThan(most);
});

test("a prompt goes where it adds least, also where there is room elsewhere", () => {
  const [a, b] = [asked([5, 6, 7], [31], 1), asked([5, 6, 7], [31], 2)];
  const small = asked([5], [31], 1);
  expect(names(batchByRows([a, b, small], rowsOf([b, small])))).toEqual(names([[a, small], [b]]));
});

test("nothing makes no batch", () => {
  expect(batchByRows([], 10)).toEqual([]);
});

test("many prompts that share nothing fill their batches", () => {
  const items = Array.from({ length: 200 }, (_, i) => asked([i % 7], [31], i));
  const batches = batchByRows(items, 100);
  expect(batches.flat()).toHaveLength(200);
  const rows = items.reduce((sum, item) => sum + rowsOf([item]), 0);
  expect(batches.length).toBeLessThan(1.3 * (rows / 100));
});
