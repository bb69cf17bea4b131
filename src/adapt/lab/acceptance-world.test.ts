import { expect, test } from "vitest";
import { runAcceptance } from "./acceptance-world.ts";

test("what is worse is kept out, and what is better comes in", () => {
  const runs = (signal: number) =>
    Array.from({ length: 7 }, (_, seed) => runAcceptance(seed + 1, { rounds: 600, signal }));
  const noise = runs(0).filter(({ gain }) => gain !== null && gain <= 0);
  expect(noise.length).toBeGreaterThan(2);
  expect(noise.filter(({ decision }) => decision === "accepted").length).toBe(0);
  const signal = runs(1).filter(({ gain }) => gain !== null);
  expect(signal.filter(({ decision }) => decision === "accepted").length).toBeGreaterThan(signal.length / 2);
  for (const { gain } of signal) expect(gain).toBeGreaterThan(0);
});
