import { describe, expect, test } from "vitest";
import { present } from "../core/invariant.ts";
import type { SlateQuery } from "../scores/score-fn.ts";
import type { EffectMatrix } from "./effect.ts";
import {
  type Faithfulness,
  faithfulness,
  faithfulnessOfOrders,
  LEAST_WHOLE,
  randomOrders,
} from "./faithfulness.ts";
import { leaveOneOut } from "./leave-one-out.ts";
import { game, sceneOf, sum, toyScore } from "./toy-fixture.ts";

/** v = 3 + what each item is worth; for candidate 2 the worth is turned round. */
const worth = [1, 4, 0, 2, 3];
const toy = game(
  (kept, candidate) =>
    3 + (candidate === 2 ? -1 : 1) * sum(kept.map((item) => present(worth[item], "worth"))),
);
const scene = sceneOf([0, 1, 2, 3, 4], [1, 2]);
const mapOf = (score = toyScore(toy)) => leaveOneOut({ ...scene, question: "total" }, score);

test("curves take out and put in one item after the other, the most important first", async () => {
  const [one, other] = await faithfulness(scene, await mapOf(), toyScore(toy));
  expect(one).toMatchObject({
    candidate: 1,
    deletionCurve: [13, 9, 6, 4, 3, 3],
    insertionCurve: [3, 7, 10, 12, 13, 13],
  });
  // What speaks against candidate 2 comes last: item 2, which does nothing, is its most important.
  expect(other).toMatchObject({ candidate: 2, deletionCurve: [-7, -7, -6, -4, -1, 3] });
});

test("figures are those of the definitions", async () => {
  const [one] = await faithfulness(scene, await mapOf(), toyScore(toy));
  expect(one?.nats.deletionAuc).toBeCloseTo((11 + 7.5 + 5 + 3.5 + 3) / 5, 12);
  expect(one?.nats.insertionAuc).toBeCloseTo((5 + 8.5 + 11 + 12.5 + 13) / 5, 12);
  // Of five items 10 and 20 % are one, 50 % are three.
  expect(one?.nats.comprehensiveness).toBeCloseTo((4 + 9) / 2, 12);
  expect(one?.nats.sufficiency).toBeCloseTo((6 + 1) / 2, 12);
  expect(one?.normalised?.deletionAuc).toBeCloseTo((6 - 3) / 10, 12);
  expect(one?.normalised?.insertionAuc).toBeCloseTo((10 - 3) / 10, 12);
  expect(one?.normalised?.comprehensiveness).toBeCloseTo(0.65, 12);
  expect(one?.normalised?.sufficiency).toBeCloseTo(0.35, 12);
});

test("a share is not taken of a history that does nothing for the candidate or speaks against it", async () => {
  const [, against] = await faithfulness(scene, await mapOf(), toyScore(toy));
  expect(against?.normalised).toBeNull();
  const faint = toyScore(game((kept) => (LEAST_WHOLE * kept.length) / 5.01));
  expect((await faithfulness(scene, await mapOf(faint), faint))[0]?.normalised).toBeNull();
});

test("the true order beats its reverse and orders of chance", async () => {
  const score = toyScore(toy);
  const [honest] = await faithfulness(scene, await mapOf(), score);
  const [reversed] = await faithfulnessOfOrders(
    scene,
    "total",
    [
      [2, 0, 3, 4, 1],
      [0, 1, 2, 3, 4],
    ],
    score,
  );
  const [random] = await faithfulnessOfOrders(scene, "total", randomOrders(scene, 1), score);
  const between = ({ nats }: Faithfulness) => nats.insertionAuc - nats.deletionAuc;
  expect(between(honest!)).toBeCloseTo(4, 9);
  expect(between(reversed!)).toBeCloseTo(-4, 9);
  expect(Math.abs(between(random!))).toBeLessThan(4);
});

describe("questions", () => {
  test("are as few as the curves have different points, and older items stay out of them", async () => {
    const asked: SlateQuery[] = [];
    const older = sceneOf([1, 1, 0, 1, 2], [1, 2], { promptItems: 3 });
    const map = await leaveOneOut({ ...older, question: "prompt-only" }, toyScore(toy));
    const progress: [number, number][] = [];
    await faithfulness(older, map, toyScore(toy, asked), { onProgress: (...at) => progress.push(at) });
    expect(asked).toHaveLength(2 + 2 * 2 * 2);
    expect(progress).toEqual(asked.map((_, i) => [i + 1, 10]));
    for (const { history, promptItems, gateHistory } of asked) {
      expect(history.length - present(promptItems, "the prompt's items")).toBe(2);
      expect(gateHistory).toEqual(older.history);
    }
  });

  test.for([0, 1])("are answered for a history of %i items", async (length) => {
    const short = sceneOf([1].slice(0, length), [1]);
    const map: EffectMatrix = await leaveOneOut({ ...short, question: "total" }, toyScore(toy));
    const [figures] = await faithfulness(short, map, toyScore(toy));
    expect(figures?.deletionCurve).toEqual(length === 0 ? [3] : [7, 3]);
    expect(figures?.nats).toEqual(
      length === 0
        ? { deletionAuc: 3, insertionAuc: 3, comprehensiveness: 0, sufficiency: 0 }
        : { deletionAuc: 5, insertionAuc: 5, comprehensiveness: 4, sufficiency: 0 },
    );
  });
});
