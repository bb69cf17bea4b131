import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FailureError } from "../core/failure.ts";
import { present } from "../core/invariant.ts";
import { seededRandom } from "../core/rng.ts";
import type { ScoreFn, SlateQuery } from "../scores/score-fn.ts";
import type { EffectMatrix, EffectProgress } from "./effect.ts";
import { exactShapley, sampledShapley } from "./shapley.ts";
import { additive, BETA, game, promptOf, sceneOf, sum, type Toy, toyScore, weight } from "./toy-fixture.ts";

const range = (n: number) => Array.from({ length: n }, (_, i) => i);
const request = (n: number, over: object = {}) => ({
  ...sceneOf(range(n), [100, 101]),
  question: "total" as const,
  ...over,
});

/** Numbers between -1 and 1 that the seed and the items decide. */
const noise = (seed: number, ...of: number[]) =>
  2 * seededRandom(of.reduce((hash, item) => Math.imul(hash, 31) + item + 1, seed))() - 1;

/** v(S) = 2 + sum beta_i + terms of the items that are in S together. */
function interacting(seed: number, { pairs = 0, triples = 0 } = {}) {
  const known = new Map<string, number>();
  return game((kept, candidate) => {
    const key = `${candidate}:${kept.join()}`;
    let v = known.get(key) ?? 2;
    if (known.has(key)) return v;
    for (const [at, i] of kept.entries()) {
      v += noise(seed, candidate, i);
      for (const [next, j] of kept.slice(at + 1).entries()) {
        if (pairs > 0) v += pairs * noise(seed, candidate, i, j);
        if (triples > 0)
          for (const k of kept.slice(at + next + 2)) v += triples * noise(seed, candidate, i, j, k);
      }
    }
    known.set(key, v);
    return v;
  });
}

const cell = ({ rows }: EffectMatrix, row: number, candidate = 0) =>
  present(rows[row]?.deltaNats[candidate], "a cell");

const anyGame = fc.record({ n: fc.integer({ min: 1, max: 8 }), seed: fc.nat(1000) });

describe("exact Shapley values", () => {
  test("of single and pair terms are beta_i and half of the item's pair terms", async () => {
    await fc.assert(
      fc.asyncProperty(anyGame, async ({ n, seed }) => {
        const matrix = await exactShapley(request(n), toyScore(interacting(seed, { pairs: 1 })));
        for (const i of range(n))
          for (const [c, candidate] of [100, 101].entries()) {
            const pairs = range(n)
              .filter((j) => j !== i)
              .map((j) => noise(seed, candidate, Math.min(i, j), Math.max(i, j)));
            const expected = noise(seed, candidate, i) + sum(pairs) / 2;
            expect(Math.abs(cell(matrix, i, c) - expected)).toBeLessThanOrEqual(1e-6);
          }
      }),
      { numRuns: 40 },
    );
  });

  test("of ten items come from 1,024 coalitions, each asked once", async () => {
    const asked: SlateQuery[] = [];
    const matrix = await exactShapley(request(10), toyScore(interacting(3, { pairs: 1 }), asked));
    expect(matrix.forwardPasses).toBe(1024);
    expect(new Set(asked.map(({ history }) => history.join()))).toHaveProperty("size", 1024);
    expect(asked).toHaveLength(1024);
    expect(sum(matrix.rows.map((_, i) => cell(matrix, i)))).toBeCloseTo(matrix.fullVerdict[0]! - 2, 9);
  });

  test("of a whole scene are those of verdict, shown score and probability alike", async () => {
    const both: Toy = {
      verdict: (prompt, candidate) => Math.log(1 + sum(prompt.map(({ item }) => item + candidate / 100))),
      sasrec: (history, candidate) => Math.sqrt(sum(history.map((item) => item * candidate))),
    };
    const scene = request(6);
    const score = toyScore(both);
    const [all, none] = await score([
      { history: scene.history, candidates: scene.candidates },
      { history: [], candidates: scene.candidates },
    ]);
    const { rows } = await exactShapley(scene, score);
    for (const [key, of] of [
      ["deltaNats", "verdict"],
      ["deltaShown", "shown"],
      ["deltaProbability", "probability"],
    ] as const)
      for (const c of [0, 1])
        expect(sum(rows.map((row) => row[key][c]!))).toBeCloseTo(all![of][c]! - none![of][c]!, 9);
  });

  test("hold gate and recommender for the prompt-only question", async () => {
    const outside: Toy = {
      verdict: (_prompt, candidate, gate) => gate + candidate,
      gate: (history) => sum(history),
      sasrec: (history) => history.length,
    };
    const total = await exactShapley(request(4), toyScore(outside));
    expect(cell(total, 3)).toBeCloseTo(3, 9);
    expect(total.rows[3]!.deltaShown[0]).toBeCloseTo(3 + BETA, 9);
    const held = await exactShapley(request(4, { question: "prompt-only" }), toyScore(outside));
    for (const { deltaNats, deltaShown, deltaProbability } of held.rows)
      for (const value of [...deltaNats, ...deltaShown, ...deltaProbability])
        expect(value).toBeCloseTo(0, 12);
  });

  test("leave older items where they are", async () => {
    const asked: SlateQuery[] = [];
    const scene = sceneOf([90, 91, 0, 1, 2], [100], { promptItems: 3, recommenderItems: 4 });
    const { rows } = await exactShapley({ ...scene, question: "total" }, toyScore(additive, asked));
    expect(rows.map(({ event, item }) => [event, item])).toEqual([
      [2, 0],
      [3, 1],
      [4, 2],
    ]);
    for (const query of asked) {
      expect(query.history[0]).toBe(91);
      expect(promptOf(query).every(({ item }) => item < 90)).toBe(true);
    }
  });

  test("of an empty history are none, and there is still a verdict", async () => {
    expect(await exactShapley(request(0), toyScore(additive))).toMatchObject({
      rows: [],
      fullVerdict: [1, 1],
      forwardPasses: 1,
    });
  });

  test("of eleven items are refused", async () => {
    const refused = exactShapley(request(11, { promptItems: 11 }), toyScore(additive));
    await expect(refused).rejects.toThrow(FailureError);
    await expect(refused).rejects.toThrow(/2\^11/);
  });
});

test("coalitions are asked in an order in which neighbours' prompts begin alike", async () => {
  const asked: SlateQuery[] = [];
  const score = toyScore(additive, asked);
  await exactShapley(request(8, { question: "prompt-only" }), score);
  const shared = (one: readonly number[], other: readonly number[]) => {
    const end = one.findIndex((item, i) => item !== other[i]);
    return end < 0 ? one.length : end;
  };
  // No order of these has more in common from neighbour to neighbour than the sorted one.
  const histories = asked.map(({ history }) => history);
  const inOrder = sum(histories.slice(1).map((history, i) => shared(history, histories[i]!)));
  const sorted = histories.map((history) => history.join("")).sort();
  const best = sum(
    sorted.slice(1).map((history, i) => shared([...history].map(Number), [...sorted[i]!].map(Number))),
  );
  expect(inOrder).toBe(best);
});

describe("sampled Shapley values", () => {
  const sampled = (n: number, score: ScoreFn, over: object = {}) =>
    sampledShapley({ ...request(n), seed: 1, pairs: 32, ...over }, score);

  test("are within three standard errors of the exact ones in 99 of 100 runs", async () => {
    const n = 8;
    let within = 0;
    const runs = 1000;
    const toy = toyScore(interacting(11, { pairs: 0.5, triples: 0.5 }));
    const exact = await exactShapley(request(n), toy);
    for (let seed = 0; seed < runs; seed++) {
      const { rows } = await sampledShapley(
        { ...sceneOf(range(n), [100]), question: "total", seed, pairs: 32 },
        toy,
      );
      const row = seed % n;
      const { deltaNats, standardError } = present(rows[row], "a row");
      expect(standardError![0]).toBeGreaterThan(0);
      if (Math.abs(deltaNats[0]! - cell(exact, row)) <= 3 * standardError![0]!) within++;
    }
    expect(within).toBeGreaterThanOrEqual(0.99 * runs);
  });

  test("have standard errors that shrink with the root of the pairs and cover the truth as often as they say", async () => {
    const n = 8;
    const toy = toyScore(interacting(12, { triples: 1 }));
    const exact = await exactShapley(request(n), toy);
    const spread = async (pairs: number) => {
      let squares = 0;
      let claimed = 0;
      for (let seed = 0; seed < 200; seed++) {
        const { rows } = await sampled(n, toy, { seed, pairs });
        squares += (rows[0]!.deltaNats[0]! - cell(exact, 0)) ** 2;
        claimed += rows[0]!.standardError![0]! ** 2;
      }
      return { real: Math.sqrt(squares / 200), claimed: Math.sqrt(claimed / 200) };
    };
    const [few, many] = [await spread(8), await spread(32)];
    for (const { real, claimed } of [few, many]) {
      expect(real / claimed).toBeGreaterThan(0.8);
      expect(real / claimed).toBeLessThan(1.25);
    }
    expect(few.real / many.real).toBeGreaterThan(1.6);
    expect(few.real / many.real).toBeLessThan(2.5);
  });

  test("of single and pair terms are exact after one pair, which has no standard error", async () => {
    const toy = toyScore(interacting(4, { pairs: 1 }));
    const exact = await exactShapley(request(7), toy);
    const { rows } = await sampled(7, toy, { pairs: 1 });
    for (const [i, row] of rows.entries()) {
      expect(row.deltaNats[0]).toBeCloseTo(cell(exact, i), 9);
      expect("standardError" in row).toBe(false);
    }
    for (const row of (await sampled(7, toy, { pairs: 2 })).rows)
      for (const error of row.standardError!) expect(error).toBeLessThan(1e-12);
  });

  test("add up to v(all) - v(none) at any number of pairs", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          n: fc.integer({ min: 1, max: 14 }),
          pairs: fc.integer({ min: 1, max: 9 }),
          seed: fc.nat(),
        }),
        async ({ n, pairs, seed }) => {
          const matrix = await sampled(n, toyScore(interacting(5, { triples: 1 })), { pairs, seed });
          const whole = matrix.fullVerdict[0]! - 2;
          expect(Math.abs(sum(matrix.rows.map((_, i) => cell(matrix, i))) - whole)).toBeLessThanOrEqual(1e-9);
        },
      ),
      { numRuns: 30 },
    );
  });

  test("take as many items as a prompt holds", async () => {
    const matrix = await sampled(40, toyScore(additive), { promptItems: 50, pairs: 2 });
    for (const { item, deltaNats } of matrix.rows)
      expect(deltaNats[0]).toBeCloseTo(weight(item, matrix.candidates[0]!), 9);
  });

  test("ask each coalition once, and as few as they need", async () => {
    const asked: SlateQuery[] = [];
    const matrix = await sampled(4, toyScore(additive, asked));
    expect(asked).toHaveLength(16);
    expect(new Set(asked.map(({ history }) => history.join())).size).toBe(16);
    expect(matrix).toMatchObject({ forwardPasses: 16, seed: 1, pairs: 32 });
  });

  test("are repeated by their seed and not by another", async () => {
    const toy = toyScore(interacting(6, { triples: 1 }));
    const draw = async (seed: number) => (await sampled(9, toy, { seed, pairs: 3 })).rows;
    expect(await draw(1)).toEqual(await draw(1));
    expect(await draw(1)).not.toEqual(await draw(2));
  });

  test("ask the coalitions of a batch in that order too", async () => {
    const asked: (readonly number[])[] = [];
    await sampled(9, (queries, ...rest) => {
      asked.push(
        queries.map(({ history }) =>
          sum(range(9).map((i) => (history.some((item) => item === i) ? 2 ** (8 - i) : 0))),
        ),
      );
      return toyScore(additive)(queries, ...rest);
    });
    expect(asked.length).toBeGreaterThan(1);
    for (const numbers of asked) expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
  });

  test("of no pair are refused", async () => {
    await expect(sampled(3, toyScore(additive), { pairs: 0 })).rejects.toThrow(FailureError);
  });

  test("are told after every batch, whole and adding up already, and counted in between", async () => {
    const heard: EffectProgress[] = [];
    const matrix = await sampledShapley(
      { ...request(10), seed: 2, pairs: 32 },
      toyScore(interacting(7, { triples: 1 })),
      { onProgress: (progress) => heard.push(progress) },
    );
    const estimates = heard.filter(({ rows }) => rows.length > 0);
    expect(estimates.length).toBeGreaterThan(3);
    for (const { rows } of estimates)
      expect(sum(rows.map(({ deltaNats }) => deltaNats[0]!))).toBeCloseTo(matrix.fullVerdict[0]! - 2, 9);
    expect(estimates.at(-1)?.rows).toEqual(matrix.rows);
    const done = heard.map((progress) => progress.done);
    expect(done).toEqual([...done].sort((a, b) => a - b));
    expect(heard.at(-1)).toMatchObject({ done: matrix.forwardPasses, total: matrix.forwardPasses });
    expect(heard.length).toBeGreaterThan(matrix.forwardPasses);
  });
});

describe.for(["exact", "sampled"] as const)("%s Shapley values", (kind) => {
  const run = (n: number, score: ScoreFn) =>
    kind === "exact" ? exactShapley(request(n), score) : sampledShapley({ ...request(n), seed: 3 }, score);

  test("of an item that does nothing are zero", async () => {
    const toy = interacting(8, { pairs: 1, triples: 1 });
    const without: Toy = {
      verdict: (prompt, ...rest) =>
        toy.verdict(
          prompt.filter(({ item }) => item !== 2),
          ...rest,
        ),
    };
    expect(Math.abs(cell(await run(6, toyScore(without)), 2))).toBeLessThan(1e-12);
  });

  test("of items that are alike are equal", async () => {
    // Items 1 and 4 count once between them, whichever is there.
    const covering = game(
      (kept) => (kept.includes(1) || kept.includes(4) ? 3 : 0) + (kept.includes(0) ? 1 : 0),
    );
    const matrix = await run(5, toyScore(covering));
    expect(cell(matrix, 1)).toBeCloseTo(1.5, 9);
    expect(cell(matrix, 4)).toBeCloseTo(1.5, 9);
    expect(cell(matrix, 0)).toBeCloseTo(1, 9);
  });
});
