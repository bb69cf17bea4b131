import { expect, test } from "vitest";
import { makeProgress, timeText } from "./progress.ts";

function terminal(isTTY: boolean) {
  const written: string[] = [];
  let time = 0;
  const progress = makeProgress({ isTTY, write: (text) => written.push(text) }, () => time);
  return {
    progress,
    at: (now: number, what: string, done: number, total: number) => {
      time = now;
      progress.tell(what, done, total);
      return written.at(-1);
    },
    written,
  };
}

test("time left is that of the pace so far, which what was known before it began is no part of", () => {
  const { at } = terminal(true);
  at(0, "cases", 60, 100);
  expect(at(10_000, "cases", 70, 100)).toBe("\r\u001b[Kcases: 70 of 100, 30 s left");
});

test("another kind of work begins its own count", () => {
  const { at } = terminal(true);
  at(0, "effects", 0, 10);
  at(50_000, "effects", 9, 10);
  expect(at(51_000, "audit", 0, 4)).toBe("\r\u001b[Kaudit: 0 of 4");
  expect(at(52_000, "audit", 1, 4)).toBe("\r\u001b[Kaudit: 1 of 4, 3 s left");
});

test("news that comes faster than anyone reads is left out", () => {
  const { at, written } = terminal(true);
  for (let done = 0; done < 50; done++) at(done, "effects", done, 50);
  expect(written).toHaveLength(1);
});

test("nothing is written where nobody looks, and the line is gone at the end", () => {
  const quiet = terminal(false);
  quiet.at(0, "effects", 1, 2);
  quiet.progress.end();
  expect(quiet.written).toEqual([]);
  const seen = terminal(true);
  seen.progress.end();
  expect(seen.written).toEqual(["\r\u001b[K"]);
});

test.for<[number, string]>([
  [400, "0 s"],
  [59_400, "59 s"],
  [61_000, "1 min 01 s"],
  [3_600_000, "1 h 00 min"],
  [7_500_000, "2 h 05 min"],
])("%d ms is %s", ([milliseconds, text]) => {
  expect(timeText(milliseconds)).toBe(text);
});
