import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FailureError } from "../core/failure.ts";
import { itemId } from "../core/ids.ts";
import type { ScoreFn, SlateQuery } from "../scores/score-fn.ts";
import type { ItemEffects } from "./effect.ts";
import { type LeaveOneOutRequest, leaveOneOut } from "./leave-one-out.ts";
import { additive, BETA, items, sum, type Toy, toyScore, weight } from "./toy-fixture.ts";

const GATE_EFFECT = 10;

const gateOnly: Toy = {
  verdict: (_prompt, candidate, gate) => GATE_EFFECT * gate + candidate,
  gate: (history) => sum(history.map((item) => item / 10)),
  sasrec: () => 0,
};

const request = (over: Partial<LeaveOneOutRequest> = {}): LeaveOneOutRequest => ({
  history: items(4, 1, 5),
  candidates: items(2, 3),
  question: "total",
  promptItems: 10,
  recommenderItems: 50,
  ...over,
});

describe("an additive model", () => {
  test.for(["total", "prompt-only"] as const)("is attributed exactly (%s)", async (question) => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(20), { minLength: 1, maxLength: 9 }),
        fc.array(fc.nat(20), { minLength: 1, maxLength: 5 }),
        async (h, c) => {
          const history = items(...h);
          const candidates = items(...c);
          const { rows } = await leaveOneOut(request({ history, candidates, question }), toyScore(additive));
          expect(rows.map(({ event, item }) => [event, item])).toEqual(history.map((item, i) => [i, item]));
          for (const { item, deltaNats } of rows)
            for (const [i, candidate] of candidates.entries())
              expect(deltaNats[i]).toBeCloseTo(weight(item, candidate), 9);
        },
      ),
      { numRuns: 50 },
    );
  });

  test("moves the shown score by the recommender's share too, in the total effect alone", async () => {
    const total = await leaveOneOut(request(), toyScore(additive));
    const held = await leaveOneOut(request({ question: "prompt-only" }), toyScore(additive));
    const share = BETA * weight(itemId(2), itemId(4));
    expect(total.rows[0]!.deltaShown[0]).toBeCloseTo(weight(itemId(4), itemId(2)) + share, 9);
    expect(held.rows[0]!.deltaShown[0]).toBeCloseTo(weight(itemId(4), itemId(2)), 9);
  });

  test("moves probabilities between the candidates, never out of the slate", async () => {
    for (const question of ["total", "prompt-only"] as const) {
      const { rows } = await leaveOneOut(
        request({ question, candidates: items(2, 3, 7) }),
        toyScore(additive),
      );
      for (const { deltaProbability } of rows) {
        expect(sum(deltaProbability)).toBeCloseTo(0, 12);
        expect(deltaProbability.some((delta) => Math.abs(delta) > 1e-3)).toBe(true);
      }
    }
  });
});

describe("a model that works through its gate alone", () => {
  test("has a total effect of the gate's change", async () => {
    const { rows } = await leaveOneOut(request(), toyScore(gateOnly));
    expect(rows.map(({ deltaNats }) => deltaNats[0]!.toFixed(6))).toEqual([
      "4.000000",
      "1.000000",
      "5.000000",
    ]);
  });
  test("has no prompt-only effect", async () => {
    const { rows } = await leaveOneOut(request({ question: "prompt-only" }), toyScore(gateOnly));
    for (const { deltaNats, deltaShown, deltaProbability } of rows)
      expect([...deltaNats, ...deltaShown, ...deltaProbability].map(Math.abs)).toEqual(Array(6).fill(0));
  });
});

describe("items beyond the prompt", () => {
  test("are not explained and do not move in when another is taken out", async () => {
    const asked: SlateQuery[] = [];
    const history = items(9, 8, 4, 1, 5);
    const { rows } = await leaveOneOut(request({ history, promptItems: 3 }), toyScore(additive, asked));
    expect(rows.map(({ event, item }) => [event, item])).toEqual([
      [2, 4],
      [3, 1],
      [4, 5],
    ]);
    expect(rows[0]!.deltaNats[0]).toBeCloseTo(weight(itemId(4), itemId(2)), 9);
    expect(asked.map((query) => [query.history, query.promptItems])).toEqual([
      [history, 3],
      [items(9, 8, 1, 5), 2],
      [items(9, 8, 4, 5), 2],
      [items(9, 8, 4, 1), 2],
    ]);
  });

  test("nor into the recommender's sight", async () => {
    const asked: SlateQuery[] = [];
    const history = items(9, 8, 4, 1, 5);
    const { rows } = await leaveOneOut(
      request({ history, promptItems: 1, recommenderItems: 2 }),
      toyScore(additive, asked),
    );
    expect(asked.map((query) => query.history)).toEqual([items(1, 5), items(1)]);
    expect(rows.map(({ event, item }) => [event, item])).toEqual([[4, 5]]);
  });
});

test.for(["total", "prompt-only"] as const)(
  "what a first row needs is asked first, then the rest at once (%s)",
  async (question) => {
    const calls: number[] = [];
    const score = toyScore(additive);
    const matrix = await leaveOneOut(request({ question }), (queries, ...rest) => {
      calls.push(queries.length);
      return score(queries, ...rest);
    });
    expect(calls).toEqual([2, 2]);
    expect(matrix.forwardPasses).toBe(4);
    expect(matrix.fullVerdict).toEqual((await score([request()]))[0]!.verdict);
  },
);

describe("rows", () => {
  type Arrival = readonly [row: ItemEffects, done: number, total: number, asked: number];
  const arrivals = async (
    score: (asked: SlateQuery[]) => ScoreFn,
  ): Promise<{ rows: readonly ItemEffects[]; arrived: Arrival[] }> => {
    const asked: SlateQuery[] = [];
    const arrived: Arrival[] = [];
    const onRow = (row: ItemEffects, done: number, total: number) =>
      arrived.push([row, done, total, asked.length]);
    const { rows } = await leaveOneOut(request(), score(asked), { onRow });
    return { rows, arrived };
  };

  test("arrive one by one as they are done, oldest first", async () => {
    const { rows, arrived } = await arrivals((asked) => toyScore(additive, asked));
    expect(arrived).toEqual(rows.map((row, i) => [row, i + 1, 3, i + 2]));
  });

  test("wait for the answer to the whole history and for the rows before", async () => {
    const { rows, arrived } = await arrivals((asked) =>
      toyScore(additive, asked, (queries) => queries.reverse()),
    );
    expect(arrived).toEqual(rows.map((row, i) => [row, i + 1, 3, i === 0 ? 2 : 4]));
  });

  test("arrive once where work is repeated, and where nothing is heard on the way", async () => {
    const twice = await arrivals((asked) => async (queries, signal, onScored) => {
      const score = toyScore(additive, asked);
      await score(queries, signal, (i, scores) => i < 3 && onScored?.(i, scores));
      return score(queries, signal, onScored);
    });
    expect(twice.arrived.map(([row, done]) => [row, done])).toEqual(twice.rows.map((row, i) => [row, i + 1]));
    const silent = await arrivals((asked) => (queries) => toyScore(additive, asked)(queries));
    expect(silent.arrived.map(([row, done]) => [row, done])).toEqual(
      twice.rows.map((row, i) => [row, i + 1]),
    );
  });
});

test("an empty history has no rows and still a verdict", async () => {
  const matrix = await leaveOneOut(request({ history: [] }), toyScore(additive));
  expect(matrix).toMatchObject({ rows: [], fullVerdict: [1, 1], forwardPasses: 1 });
});

test("cancelled before it begins, it asks nothing", async () => {
  const asked: SlateQuery[] = [];
  const cancelled = leaveOneOut(request(), toyScore(additive, asked), { signal: AbortSignal.abort() });
  await expect(cancelled).rejects.toEqual(new FailureError({ kind: "cancelled" }));
  expect(asked).toEqual([]);
});

test("no row arrives after a cancel, whatever the model still answers", async () => {
  const control = new AbortController();
  let rows = 0;
  const deaf: ScoreFn = (queries, _signal, onScored) => toyScore(additive)(queries, undefined, onScored);
  const cancelled = leaveOneOut(request(), deaf, {
    signal: control.signal,
    onRow: () => {
      rows++;
      control.abort();
    },
  });
  await expect(cancelled).rejects.toEqual(new FailureError({ kind: "cancelled" }));
  expect(rows).toBe(1);
});

test("cancelling ends it before the next pass", async () => {
  const control = new AbortController();
  const asked: SlateQuery[] = [];
  const cancelled = leaveOneOut(request(), toyScore(additive, asked), {
    signal: control.signal,
    onRow: () => control.abort(),
  });
  await expect(cancelled).rejects.toEqual(new FailureError({ kind: "cancelled" }));
  expect(asked.length).toBe(2);
});
