import { expect, test } from "vitest";
import { runAcceptance, runLooks } from "./acceptance-world.ts";

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

test("each look at a growing log asks for more than the one before", () => {
  const [first, sixth] = [1, 6].map((seed) => runLooks(seed, 3, { rounds: 450, signal: 1 }));
  expect(first?.map(({ rounds }) => rounds)).toEqual([150, 300, 450]);
  expect(first?.at(-1)).toMatchObject({ isAccepted: true, isAcceptedAlone: true });
  // Enough for the only look, too little for the third.
  expect(sixth?.at(-1)).toMatchObject({ isAccepted: false, isAcceptedAlone: true });
  expect(first?.at(-1)?.gain).toBe(runAcceptance(1, { rounds: 450, signal: 1 }).gain);
});
