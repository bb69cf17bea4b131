import { describe, expect, test } from "vitest";
import { FailureError } from "../core/failure.ts";
import { eventIndex } from "../core/ids.ts";
import type { ScoreFn, SlateQuery } from "../scores/score-fn.ts";
import { intervene } from "./intervene.ts";
import type { Intervention } from "./intervention.ts";
import { additive, sceneOf, toyScore } from "./toy-fixture.ts";

const scene = sceneOf([4, 1, 5], [2, 3]);
const alternatives: Intervention[][] = [
  [],
  ...[0, 1, 2].map((event): Intervention[] => [{ kind: "remove", events: [eventIndex(event)] }]),
  [{ kind: "empty-history" }],
];

test("answers come in the order of the alternatives, however they are asked", async () => {
  const straight = await intervene(scene, alternatives, toyScore(additive));
  for (const [i, alternative] of alternatives.entries())
    expect((await intervene(scene, [alternative], toyScore(additive)))[0]).toEqual(straight[i]);
  const backwards = toyScore(additive, [], (queries) => queries.reverse());
  for (const chunk of [1, 2, 3, 5, 99])
    expect(await intervene(scene, alternatives, backwards, { chunk })).toEqual(straight);
});

test("no more questions go to the model at once than a chunk holds", async () => {
  const sizes: number[] = [];
  const score: ScoreFn = (queries, ...rest) => {
    sizes.push(queries.length);
    return toyScore(additive)(queries, ...rest);
  };
  await intervene(scene, alternatives, score, { chunk: 2 });
  await intervene(scene, alternatives, score, { chunk: Number.POSITIVE_INFINITY });
  await intervene(scene, Array<Intervention[]>(130).fill([]), score);
  await intervene(scene, alternatives, score, { first: 2, chunk: Number.POSITIVE_INFINITY });
  expect(sizes).toEqual([2, 2, 1, 5, 64, 64, 2, 2, 3]);
});

test("nothing to ask asks nothing", async () => {
  const asked: SlateQuery[] = [];
  expect(await intervene(scene, [], toyScore(additive, asked))).toEqual([]);
  expect(asked).toEqual([]);
});

describe("answers are heard", () => {
  const hear = async (score: ScoreFn, chunk = 3) => {
    const heard: number[] = [];
    const answers = await intervene(scene, alternatives, score, {
      chunk,
      onAnswer: (index, scores) => {
        heard.push(index);
        expect(scores.verdict).toHaveLength(2);
      },
    });
    expect(answers).toHaveLength(5);
    return heard;
  };
  test("once each and in order, where the model answers in another", async () => {
    expect(await hear(toyScore(additive, [], (queries) => queries.reverse()))).toEqual([0, 1, 2, 3, 4]);
  });
  test("once where work is repeated", async () => {
    const twice: ScoreFn = async (queries, signal, onScored) => {
      await toyScore(additive)(queries, signal, (i, scores) => i < 2 && onScored?.(i, scores));
      return toyScore(additive)(queries, signal, onScored);
    };
    expect(await hear(twice)).toEqual([0, 1, 2, 3, 4]);
  });
  test("though the model tells nothing on the way", async () => {
    expect(await hear((queries) => toyScore(additive)(queries))).toEqual([0, 1, 2, 3, 4]);
  });
});

describe("a cancel", () => {
  const cancelled = new FailureError({ kind: "cancelled" });
  test("before the start asks nothing", async () => {
    const asked: SlateQuery[] = [];
    const answers = intervene(scene, alternatives, toyScore(additive, asked), {
      signal: AbortSignal.abort(),
    });
    await expect(answers).rejects.toEqual(cancelled);
    expect(asked).toEqual([]);
  });
  test.for([0, 1, 2, 3, 4])(
    "at answer %i is the last that is heard, of a model that is deaf too",
    async (at) => {
      const control = new AbortController();
      const heard: number[] = [];
      const asked: SlateQuery[] = [];
      const deaf: ScoreFn = (queries, _signal, onScored) =>
        toyScore(additive, asked)(queries, undefined, onScored);
      const answers = intervene(scene, alternatives, deaf, {
        signal: control.signal,
        chunk: 2,
        onAnswer: (index) => {
          heard.push(index);
          if (index === at) control.abort();
        },
      });
      await expect(answers).rejects.toEqual(cancelled);
      expect(heard).toEqual(Array.from({ length: at + 1 }, (_, i) => i));
      expect(asked.length).toBe(Math.min(5, 2 * Math.floor(at / 2) + 2));
    },
  );
});
