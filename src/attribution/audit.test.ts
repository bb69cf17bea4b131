import { describe, expect, test } from "vitest";
import { FailureError } from "../core/failure.ts";
import { itemId } from "../core/ids.ts";
import { present } from "../core/invariant.ts";
import { seededRandom } from "../core/rng.ts";
import type { ScoreFn, SlateQuery } from "../scores/score-fn.ts";
import { attribute } from "./attribute.ts";
import { type AuditParts, type AuditReport, audit } from "./audit.ts";
import type { StandInsFn } from "./counterfactual-items.ts";
import type { EffectMatrix, EffectMethod } from "./effect.ts";
import { recalled, recordScores } from "./evidence.ts";
import { BETA, game, sceneOf, sum, type Toy, toyScore } from "./toy-fixture.ts";

const range = (n: number) => Array.from({ length: n }, (_, i) => i);
const scene = sceneOf(
  range(10),
  range(6).map((c) => 100 + c),
);
const standIns: StandInsFn = (item, _excluded, seed) =>
  range(5).map((i) => itemId(200 + 10 * item + 2 * i + (seed % 2)));

/** Roughly normal, decided by the seed and the numbers. */
function noise(seed: number, ...of: number[]): number {
  const random = seededRandom(of.reduce((hash, value) => Math.imul(hash ^ value, 0x45d9f3b) + 1, seed + 1));
  return sum(range(6).map(() => random())) - 3;
}

/** A model with its own weights for each seed: items, and pairs of them. A stand-in is worth little. */
function toyOf(seed: number, pairs = 0.2): Toy {
  const known = new Map<string, number>();
  return game((kept, candidate) => {
    const key = `${candidate}:${kept.join()}`;
    const value =
      known.get(key) ??
      sum(
        kept.map(
          (i, at) =>
            (i < 100 ? 1 : 0.1) * noise(seed, candidate, i) +
            sum(kept.slice(at + 1).map((j) => pairs * noise(seed, candidate, i, j))),
        ),
      );
    known.set(key, value);
    return value;
  });
}
const [real, control] = [toyScore(toyOf(1)), toyScore(toyOf(2))];

const methods: EffectMethod[] = ["leave-one-out", "replacement", "shapley"];
const mapBy =
  (method: EffectMethod, pairs?: number) =>
  (at: typeof scene, score: ScoreFn, seed: number): Promise<EffectMatrix> =>
    attribute(
      { scene: at, question: "total", method, seed, ...(pairs === undefined ? {} : { pairs }) },
      { score, standIns },
    );

async function auditOf(
  remap: AuditParts["remap"],
  over: Partial<AuditParts> = {},
  matrix?: EffectMatrix,
): Promise<AuditReport> {
  let clock = 0;
  return audit(scene, matrix ?? (await remap(scene, real, 1)), {
    score: real,
    randomised: control,
    now: () => (clock += 100),
    seed: 3,
    remap,
    ...over,
  });
}
const failed = ({ checks }: AuditReport) => checks.filter(({ passed }) => !passed).map(({ name }) => name);

/** The same map with other numbers. */
function withEffects(matrix: EffectMatrix, effect: (row: number, candidate: number) => number): EffectMatrix {
  return {
    ...matrix,
    rows: matrix.rows.map((row, i) => ({ ...row, deltaNats: row.deltaNats.map((_, c) => effect(i, c)) })),
  };
}

describe("an honest map passes", () => {
  test.for(methods)("%s", async (method) => {
    const report = await auditOf(mapBy(method));
    expect(failed(report)).toEqual([]);
    expect(report).toMatchObject({ method, question: "total", candidates: scene.candidates, passed: true });
    expect(report.milliseconds).toBe(100);
    const names = report.checks.map(({ name }) => name);
    expect(names).toEqual([
      ...(method === "shapley" ? ["completeness"] : []),
      "deletion",
      "randomised",
      ...(method === "replacement" ? ["stability"] : []),
    ]);
  });

  test("sampled Shapley, whose stability is put to the test too", async () => {
    const report = await auditOf(mapBy("shapley", 32));
    expect(report.passed).toBe(true);
    expect(report.checks.map(({ name }) => name)).toContain("stability");
    expect(report.stability?.seeds).toBe(2);
    expect(report.stability?.rankCorrelation).toBeGreaterThan(0.95);
  });

  test("of any model, but for one in twenty", async () => {
    let passed = 0;
    for (let seed = 10; seed < 70; seed++) {
      const [score, randomised] = [toyScore(toyOf(seed)), toyScore(toyOf(seed + 1000))];
      const report = await auditOf(
        mapBy("leave-one-out"),
        { score, randomised },
        await mapBy("leave-one-out")(scene, score, 1),
      );
      if (report.passed) passed++;
    }
    expect(passed).toBeGreaterThanOrEqual(57);
  });

  test("of a model whose items are all alike, where taking out the top ones costs no more than others", async () => {
    const alike = toyScore(game((kept) => kept.length));
    const report = await auditOf(
      mapBy("leave-one-out"),
      { score: alike },
      await mapBy("leave-one-out")(scene, alike, 1),
    );
    expect(report.deletion.ratio).toBeCloseTo(1, 9);
    expect(failed(report)).toEqual([]);
  });

  test("of items that all speak against the candidates", async () => {
    const against = toyScore(
      game((kept, candidate) => -sum(kept.map((item) => 1 + Math.abs(noise(5, item, candidate))))),
    );
    const report = await auditOf(
      mapBy("leave-one-out"),
      { score: against },
      await mapBy("leave-one-out")(scene, against, 1),
    );
    expect(Math.max(...report.deletion.top)).toBeLessThan(0);
    expect(report.deletion.ratio).toBeGreaterThan(1.2);
    expect(failed(report)).toEqual([]);
  });
});

describe("what is measured", () => {
  test("completeness: sum of effects against v(all) - v(none), which Shapley alone must meet", async () => {
    const [all, none] = await real([
      { history: scene.history, candidates: scene.candidates },
      { history: [], candidates: scene.candidates },
    ]);
    for (const method of methods) {
      const map = await mapBy(method)(scene, real, 1);
      const { completeness } = await auditOf(mapBy(method), {}, map);
      expect(completeness.expected).toBe(method === "shapley");
      for (const c of scene.candidates.keys()) {
        expect(completeness.whole[c]).toBeCloseTo(all!.verdict[c]! - none!.verdict[c]!, 9);
        expect(completeness.sum[c]).toBeCloseTo(sum(map.rows.map(({ deltaNats }) => deltaNats[c]!)), 9);
        expect(completeness.error[c]).toBeCloseTo(completeness.sum[c]! - completeness.whole[c]!, 12);
        if (method === "shapley") expect(Math.abs(completeness.error[c]!)).toBeLessThan(1e-9);
      }
      if (method === "leave-one-out")
        expect(Math.max(...completeness.error.map(Math.abs))).toBeGreaterThan(0.1);
    }
  });

  test("deletion: what the three items with the largest effects cost, and three others", async () => {
    const map = await mapBy("leave-one-out")(scene, real, 1);
    const { deletion } = await auditOf(mapBy("leave-one-out"), {}, map);
    const [all] = await real([{ history: scene.history, candidates: scene.candidates }]);
    for (const [c, candidate] of scene.candidates.entries()) {
      const top = [...map.rows].sort((a, b) => b.deltaNats[c]! - a.deltaNats[c]!).slice(0, 3);
      const left = scene.history.filter((item) => !top.some((row) => row.item === item));
      const [answer] = await real([{ history: left, candidates: [candidate] }]);
      expect(deletion.top[c]).toBeCloseTo(all!.verdict[c]! - answer!.verdict[0]!, 9);
    }
    expect(deletion.randomDraws).toBe(10);
    const mean = (values: readonly number[]) => sum(values) / values.length;
    expect(mean(deletion.top)).toBeGreaterThan(mean(deletion.random) + 1);
  });

  test("forward passes: every question that was really run, of either model, once", async () => {
    const [asked, askedOfControl]: [SlateQuery[], SlateQuery[]] = [[], []];
    const report = await auditOf(
      mapBy("shapley", 4),
      { score: toyScore(toyOf(1), asked), randomised: toyScore(toyOf(2), askedOfControl) },
      await mapBy("shapley", 4)(scene, real, 1),
    );
    expect(report.forwardPasses).toBe(asked.length + askedOfControl.length);
    expect(new Set(asked.map((query) => JSON.stringify(query))).size).toBe(asked.length);
  });

  test("the control has the map's own draws", async () => {
    const seeds: number[] = [];
    await auditOf((at, score, seed) => {
      seeds.push(seed);
      return mapBy("replacement")(at, score, seed);
    });
    // The map itself, its control, and two redraws.
    expect(seeds).toEqual([1, 1, 2, 3]);
  });
});

describe("what the map had asked", () => {
  async function recordedMap(method: EffectMethod, pairs?: number) {
    const { score, answers } = recordScores(real);
    const matrix = await mapBy(method, pairs)(scene, score, 1);
    return { matrix, known: recalled(answers, BETA) };
  }
  const remap =
    (method: EffectMethod, pairs?: number): AuditParts["remap"] =>
    (at, score, seed, fewer = pairs) =>
      mapBy(method, fewer)(at, score, seed);

  test("is not asked again, but for both ends of completeness; the control of an exact map is estimated", async () => {
    const { matrix, known } = await recordedMap("shapley");
    expect(matrix.forwardPasses).toBe(1024);
    const asked: SlateQuery[] = [];
    const controlAsked: SlateQuery[] = [];
    const report = await auditOf(
      remap("shapley"),
      { known, score: toyScore(toyOf(1), asked), randomised: toyScore(toyOf(2), controlAsked) },
      matrix,
    );
    const groups = asked.slice(2);
    expect(asked.slice(0, 2).map(({ history }) => history.length)).toEqual([10, 0]);
    // Top groups are asked of their own candidates alone, which no coalition was.
    expect(groups.every(({ candidates }) => candidates.length < 6)).toBe(true);
    expect(controlAsked.length).toBeLessThan(300);
    expect(report.forwardPasses).toBe(asked.length + controlAsked.length);
    expect(report.passed).toBe(true);
    const afresh = await auditOf(remap("shapley"), {}, matrix);
    expect(report.deletion).toEqual(afresh.deletion);
    expect(report.checks).toEqual(afresh.checks);
    expect(afresh.forwardPasses).toBe(report.forwardPasses + 10);
  });

  test("does not hide that the model now says something else of the whole", async () => {
    const { matrix, known } = await recordedMap("shapley", 4);
    const shifted = toyScore(game((kept, candidate) => kept.length + candidate));
    expect(failed(await auditOf(remap("shapley", 4), { known, score: shifted }, matrix))).toContain(
      "completeness",
    );
  });
});

describe("a map fails", () => {
  test.for(methods)("made up, where its top items cost no more than others (%s)", async (method) => {
    let caught = 0;
    for (let seed = 0; seed < 20; seed++) {
      const madeUp: AuditParts["remap"] = async (at, score, drawn) => {
        const own = score === real ? seed : seed + 500;
        return withEffects(await mapBy(method, 4)(at, score, drawn), (row, c) => noise(own, row, c));
      };
      const map = withEffects(await mapBy(method, 4)(scene, real, 1), (row, c) => noise(seed, row, c));
      const report = await auditOf(madeUp, {}, map);
      expect(report.passed).toBe(failed(report).length === 0);
      if (failed(report).includes("deletion")) caught++;
    }
    expect(caught).toBeGreaterThanOrEqual(19);
  });

  test("made up, and for Shapley it does not add up either", async () => {
    const map = withEffects(await mapBy("shapley", 8)(scene, real, 1), (row, c) => noise(9, row, c));
    expect(failed(await auditOf(mapBy("shapley", 8), {}, map))).toContain("completeness");
  });

  test("that is off by a little, for Shapley", async () => {
    const honest = await mapBy("shapley", 8)(scene, real, 1);
    const bent = withEffects(honest, (row, c) => honest.rows[row]!.deltaNats[c]! + (row === 0 ? 2e-4 : 0));
    expect(failed(await auditOf(mapBy("shapley", 8), {}, bent))).toEqual(["completeness"]);
  });

  test("that is the same whatever the weights are", async () => {
    const map = await mapBy("leave-one-out")(scene, real, 1);
    const report = await auditOf(async () => map, {}, map);
    expect(report.randomised.rankCorrelation).toBeCloseTo(1, 12);
    expect(failed(report)).toEqual(["randomised"]);
  });

  test("that is turned round where the weights are others, which is the same map too", async () => {
    const map = await mapBy("leave-one-out")(scene, real, 1);
    const mirrored = withEffects(map, (row, c) => -map.rows[row]!.deltaNats[c]!);
    expect(failed(await auditOf(async () => mirrored, {}, map))).toEqual(["randomised"]);
  });

  test("that is another with every draw", async () => {
    const map = await mapBy("replacement")(scene, real, 1);
    const drawn: AuditParts["remap"] = async (at, score, seed) =>
      seed === 1
        ? mapBy("replacement")(at, score, seed)
        : withEffects(map, (row, c) => noise(seed + 77, row, c));
    expect(failed(await auditOf(drawn, {}, map))).toEqual(["stability"]);
  });

  test("that ranks nothing with another draw", async () => {
    const map = await mapBy("replacement")(scene, real, 1);
    const flat: AuditParts["remap"] = async (at, score, seed) =>
      seed === 1 ? mapBy("replacement")(at, score, seed) : withEffects(map, () => 1);
    const report = await auditOf(flat, {}, map);
    expect(report.stability?.rankCorrelation).toBe(0);
    expect(failed(report)).toEqual(["stability"]);
  });

  test("that claims effects where there are none", async () => {
    const idle = toyScore(game(() => 1));
    const map = withEffects(await mapBy("leave-one-out")(scene, idle, 1), (row, c) => noise(1, row, c));
    expect(failed(await auditOf(mapBy("leave-one-out"), { score: idle }, map))).toEqual(["deletion"]);
    const honest = await mapBy("leave-one-out")(scene, idle, 1);
    expect((await auditOf(mapBy("leave-one-out"), { score: idle }, honest)).passed).toBe(true);
    // Nor where all that moves is the engine's rounding.
    const rounding = toyScore(game((kept, candidate) => 1 + 1e-6 * noise(kept.length, candidate, ...kept)));
    expect((await auditOf(mapBy("leave-one-out"), { score: rounding }, map)).deletion.ratio).toBe(1);
  });
});

describe("a short history", () => {
  test.for([0, 1, 2, 3, 5])("of %i items is audited by what it can show, in finite numbers", async (n) => {
    const short = sceneOf(range(n), [100, 101]);
    const map = await mapBy("replacement")(short, real, 1);
    const report = await audit(short, map, {
      score: real,
      randomised: control,
      now: () => 0,
      seed: 1,
      remap: mapBy("replacement"),
    });
    expect(report.checks.map(({ name }) => name)).toEqual([
      ...(n >= 2 ? ["deletion", "randomised", "stability"] : []),
    ]);
    const numbers = report.checks.flatMap(({ value, bound }) => [value, bound]);
    for (const value of [
      ...numbers,
      report.deletion.ratio,
      ...report.deletion.top,
      ...report.deletion.random,
    ])
      expect(Number.isFinite(value)).toBe(true);
  });
});

test.for([
  [2, 0.9],
  [5, 0.75],
  [10, 0.5],
] as const)(
  "of %i items a map may resemble that of random weights up to %d by chance",
  async ([n, bound]) => {
    const map = await mapBy("leave-one-out")(sceneOf(range(n), [100, 101]), real, 1);
    const { checks } = await audit(sceneOf(range(n), [100, 101]), map, {
      score: real,
      randomised: control,
      now: () => 0,
      seed: 1,
      remap: mapBy("leave-one-out"),
    });
    expect(checks.find(({ name }) => name === "randomised")?.bound).toBeCloseTo(bound, 9);
  },
);

describe("the audit", () => {
  test("tells how far it is, to the end", async () => {
    const map = await mapBy("replacement")(scene, real, 1);
    const heard: [number, number][] = [];
    await audit(
      scene,
      map,
      { score: real, randomised: control, now: () => 0, seed: 1, remap: mapBy("replacement") },
      { onProgress: (...at) => heard.push(at) },
    );
    const done = heard.map(([at]) => at);
    expect(done).toEqual([...done].sort((a, b) => a - b));
    expect(heard.every(([at, total], i) => at < total || i === heard.length - 1)).toBe(true);
    const [last, total] = present(heard.at(-1), "the last");
    expect(last).toBe(total);
    expect(done.length).toBeGreaterThan(100);
  });

  test.for([1, 2, 3, 10, 20, 30, 60, 90])("ends where it is cancelled, after %i answers", async (at) => {
    const map = await mapBy("replacement")(scene, real, 1);
    const ended = new AbortController();
    const asked: SlateQuery[] = [];
    const cancelled = audit(
      scene,
      map,
      {
        score: toyScore(toyOf(1), asked),
        randomised: toyScore(toyOf(2), asked),
        now: () => 0,
        seed: 1,
        remap: mapBy("replacement"),
      },
      { signal: ended.signal, onProgress: (done) => done >= at && ended.abort() },
    );
    await expect(cancelled).rejects.toEqual(new FailureError({ kind: "cancelled" }));
    expect(asked.length).toBeLessThanOrEqual(at);
  });

  test("ends where it is cancelled, though all that is left is remembered", async () => {
    const map = await mapBy("replacement")(scene, real, 1);
    const ended = new AbortController();
    const parts = { score: real, randomised: control, now: () => 0, seed: 1 };
    const remap: AuditParts["remap"] = async (at, score, seed) => {
      if (seed !== 1) ended.abort();
      await score([{ history: at.history, candidates: at.candidates, promptItems: 10 }]);
      return map;
    };
    const cancelled = audit(scene, map, { ...parts, remap }, { signal: ended.signal });
    await expect(cancelled).rejects.toEqual(new FailureError({ kind: "cancelled" }));
  });

  test("of a map of another history is a bug", async () => {
    const map = await mapBy("leave-one-out")(sceneOf([1, 2], [100]), real, 1);
    await expect(auditOf(mapBy("leave-one-out"), {}, map)).rejects.toThrow(/another history/);
  });
});
