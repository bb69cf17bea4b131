import { describe, expect, test } from "vitest";
import { seededRandom } from "../core/rng.ts";
import { type MeanInterval, studentQuantile } from "../core/student-t.ts";
import { linearHead } from "./head.ts";
import { DEFAULT_CLIMB } from "./learn.ts";
import { DEFAULT_OBJECTIVE } from "./objective.ts";
import {
  confidenceOfLook,
  constantRewards,
  type FitRewards,
  proposeUpdate,
  type UpdateRow,
} from "./update.ts";
import { adoptVersion, currentVersion, NOTHING_LEARNED, undoVersion } from "./versions.ts";

const SETTINGS = { objective: DEFAULT_OBJECTIVE, climb: DEFAULT_CLIMB, leastEffectiveSize: 50 };
const head = linearHead(2);

/** Uniform draws of five places; the first feature marks the place that is liked with `chance`, others with 0.2. */
function drawnRows(n: number, chance: number): UpdateRow<Float64Array>[] {
  const random = seededRandom(n);
  return Array.from({ length: n }, () => {
    const marked = Math.floor(random() * 5);
    const action = Math.floor(random() * 5);
    const features = Float64Array.from({ length: 10 }, (_, at) =>
      at % 2 === 1 ? random() - 0.5 : at === 2 * marked ? 1 : 0,
    );
    const reward = random() < (action === marked ? chance : 0.2) ? 1 : 0;
    return { baseScores: new Float64Array(5), features, action, reward, propensities: Array(5).fill(0.2) };
  });
}

describe("an update", () => {
  test("is accepted where held-out rounds bear it out, with what it is worth", () => {
    const rows = drawnRows(500, 0.9);
    const update = proposeUpdate(rows, head, head.start(), constantRewards(rows), SETTINGS);
    if (update.kind !== "accepted") throw new Error(update.kind);
    expect(update.theta[0]).toBeGreaterThan(1);
    const { currentValue, proposedValue, improvement } = update.figures;
    expect(proposedValue - currentValue).toBeCloseTo(improvement.value, 12);
    // Uniform: 0.9 / 5 + 0.2 * 4 / 5; the best policy: 0.9.
    expect(currentValue).toBeGreaterThan(0.28);
    expect(currentValue).toBeLessThan(0.4);
    expect(improvement.low).toBeGreaterThan(0.2);
  });

  test("of what is in force already is no improvement", () => {
    const rows = drawnRows(500, 0.9);
    const first = proposeUpdate(rows, head, head.start(), constantRewards(rows), SETTINGS);
    if (first.kind !== "accepted") throw new Error(first.kind);
    const second = proposeUpdate(rows, head, first.theta, constantRewards(rows), SETTINGS);
    expect(second.kind).toBe("not-better");
  });

  test("of chance is not accepted", () => {
    const rows = drawnRows(500, 0.2);
    expect(proposeUpdate(rows, head, head.start(), constantRewards(rows), SETTINGS).kind).toBe("not-better");
  });

  test("is accepted by its lower bound, and not because it looks better", () => {
    const updates = [200, 220, 240, 260, 280, 300, 320, 340].map((n) => {
      const rows = drawnRows(n, 0.35);
      return proposeUpdate(rows, head, head.start(), constantRewards(rows), SETTINGS);
    });
    const decided = updates.filter((update) => update.kind !== "not-enough-data");
    expect(decided.every(({ kind, figures }) => (kind === "accepted") === figures.improvement.low > 0)).toBe(
      true,
    );
    expect(decided.some(({ kind, figures }) => kind === "not-better" && figures.improvement.value > 0)).toBe(
      true,
    );
    expect(decided.some(({ kind }) => kind === "accepted")).toBe(true);
  });

  test("needs data", () => {
    for (const n of [0, 7, 40]) {
      const rows = drawnRows(n, 0.9);
      expect(proposeUpdate(rows, head, head.start(), constantRewards(rows), SETTINGS)).toMatchObject({
        kind: "not-enough-data",
        rows: n,
      });
    }
  });

  test("values nothing by a model that has seen its half", () => {
    const rows = drawnRows(400, 0.9);
    const asked: { used: boolean[]; row: number }[] = [];
    const watched: FitRewards = (isUsed) => {
      const used = rows.map((_, i) => isUsed(i));
      return (row) => {
        asked.push({ used, row });
        return new Float64Array(5).fill(0.3);
      };
    };
    proposeUpdate(rows, head, head.start(), watched, SETTINGS);
    expect(asked.length).toBe(1200);
    expect(asked.every(({ used, row }) => !used[row])).toBe(true);
    // A fit of one half takes nothing from the other; the last one, of all rows, has two.
    const ofHalf = asked.slice(0, 800);
    expect(ofHalf.every(({ used }) => used.some(Boolean))).toBe(true);
    expect(
      ofHalf.every(({ used }) => new Set(used.flatMap((isIn, i) => (isIn ? [i % 2] : []))).size === 1),
    ).toBe(true);
  });
});

test("where all are liked alike, a head that moves little is accepted no oftener than the interval says", () => {
  const luck = seededRandom(17);
  const objective = { ...DEFAULT_OBJECTIVE, divergence: 2 };
  const logs = 400;
  let accepted = 0;
  for (let log = 0; log < logs; log++) {
    const rows = Array.from({ length: 60 }, () => ({
      baseScores: new Float64Array(4),
      features: Float64Array.from({ length: 4 * 6 }, () => luck() - 0.5),
      action: Math.floor(luck() * 4),
      reward: luck() < 0.5 ? 1 : 0,
      propensities: new Float64Array(4).fill(0.25),
    }));
    const head = linearHead(6);
    const update = proposeUpdate(rows, head, head.start(), constantRewards(rows), {
      ...SETTINGS,
      objective,
      climb: { steps: 60, rate: 0.05 },
      leastEffectiveSize: 10,
    });
    if (update.kind === "accepted") accepted++;
  }
  // Half of 5 %, and two standard errors of it in 400 logs.
  expect(accepted / logs).toBeLessThan(0.041);
});

describe("looks at one log", () => {
  test("ask for more each, and err in at most 5 % altogether", () => {
    const levels = Array.from({ length: 1000 }, (_, k) => 1 - confidenceOfLook(k + 1));
    expect(levels[0]).toBeCloseTo(0.0304, 4);
    expect(levels.every((level, k) => k === 0 || level < (levels[k - 1] ?? 0))).toBe(true);
    const spent = levels.reduce((sum, level) => sum + level, 0);
    expect(spent).toBeLessThan(0.05);
    expect(spent).toBeGreaterThan(0.0499);
  });

  test("widen the interval by Student's quantile and nothing else", () => {
    const rows = drawnRows(500, 0.9);
    const asked = [0.95, confidenceOfLook(20)].map((confidence) =>
      proposeUpdate(rows, head, head.start(), constantRewards(rows), { ...SETTINGS, confidence }),
    );
    const [once, often] = asked.map((update) => {
      if (update.kind === "not-enough-data") throw new Error(update.kind);
      return update.figures;
    });
    expect(once?.confidence).toBe(0.95);
    expect(often?.improvement.value).toBe(once?.improvement.value);
    const reach = ({ value, low, standardError }: MeanInterval) => (value - low) / standardError;
    expect(reach(once!.improvement)).toBeCloseTo(studentQuantile(0.975, 249), 9);
    expect(reach(often!.improvement)).toBeCloseTo(
      studentQuantile(1 - (0.05 * 3) / (20 * Math.PI) ** 2, 249),
      9,
    );
  });

  test("turn down on a late look what a first one would have taken", () => {
    const decided = Array.from({ length: 24 }, (_, i) => 200 + 30 * i).map((n) => {
      const rows = drawnRows(n, 0.35);
      return [1, 30].map(
        (look) =>
          proposeUpdate(rows, head, head.start(), constantRewards(rows), {
            ...SETTINGS,
            confidence: confidenceOfLook(look),
          }).kind,
      );
    });
    expect(decided.some(([first, late]) => first === "accepted" && late === "not-better")).toBe(true);
    expect(decided.some(([first, late]) => first !== "accepted" && late === "accepted")).toBe(false);
  });
});

describe("versions", () => {
  const accepted = {
    head: "linear",
    objective: "cpo",
    theta: [1, 2],
    weighs: ["new", "long"],
    figures: {
      rows: 100,
      effectiveSize: 80,
      currentValue: 0.3,
      proposedValue: 0.4,
      improvement: { value: 0.1, standardError: 0.02, low: 0.06, high: 0.14 },
      confidence: 0.95,
    },
    acceptedAt: 5,
  } as const;

  test("can be undone one by one, and their numbers never come again", () => {
    const two = adoptVersion(adoptVersion(NOTHING_LEARNED, accepted), { ...accepted, theta: [3, 4] });
    expect(currentVersion(two)).toMatchObject({ version: 2, parent: 1, theta: [3, 4] });
    const one = undoVersion(two);
    expect(currentVersion(one)).toMatchObject({ version: 1, theta: [1, 2] });
    expect(currentVersion(undoVersion(one))).toBeNull();
    expect(undoVersion(undoVersion(undoVersion(one)))).toEqual(undoVersion(one));
    const three = adoptVersion(one, accepted);
    expect(currentVersion(three)).toMatchObject({ version: 3, parent: 1 });
    expect(undoVersion(three).current).toBe(1);
  });

  test("come into force only where they were accepted", () => {
    const improvement = { ...accepted.figures.improvement, low: -0.01 };
    const worse = { ...accepted, figures: { ...accepted.figures, improvement } };
    expect(() => adoptVersion(NOTHING_LEARNED, worse)).toThrow(/accepted/);
  });
});
