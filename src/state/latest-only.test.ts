import { expect, test } from "vitest";
import { makeLatestOnly } from "./latest-only.ts";

test("the next turn aborts the one before and takes its place", () => {
  const turns = makeLatestOnly();
  const first = turns.begin();
  const second = turns.begin();
  expect(first.signal.aborted).toBe(true);
  expect(first.isNewest()).toBe(false);
  expect(second.signal.aborted).toBe(false);
  expect(second.isNewest()).toBe(true);
  expect(second.request).toBeGreaterThan(first.request);
});

test("after a cancel nothing is the newest", () => {
  const turns = makeLatestOnly();
  const turn = turns.begin();
  turns.cancel();
  expect(turn.signal.aborted).toBe(true);
  expect(turn.isNewest()).toBe(false);
});
