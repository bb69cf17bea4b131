import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { itemId } from "../core/ids.ts";
import type { SlateQuery } from "../scores/score-fn.ts";
import { attribute } from "./attribute.ts";
import { audit } from "./audit.ts";
import { game, items, sceneOf, sum, toyScore, weight } from "./toy-fixture.ts";
import { valueScores } from "./values.ts";

const standIns = () => items(40, 41);
const how = { question: "total", seed: 1 } as const;

/** Every kept item lifts all candidates alike by 5, and the first candidate by its own weight more. */
const lifting = game(
  (kept, candidate) => 5 * kept.length + sum(kept.map((item) => weight(itemId(item), itemId(candidate)))),
);
const scene = sceneOf([4, 1, 5], [2, 3, 9]);

describe("a contrast", () => {
  test.for(["leave-one-out", "replacement", "shapley"] as const)(
    "leaves out what lifts all candidates alike (%s)",
    async (method) => {
      const score = toyScore(lifting);
      const plain = await attribute({ ...how, scene, method }, { score, standIns });
      const { rows, value } = await attribute(
        { ...how, scene, method, value: "contrast" },
        { score, standIns },
      );
      expect(value).toBe("contrast");
      expect(plain.value).toBeUndefined();
      for (const [i, { deltaNats, deltaShown }] of rows.entries()) {
        const own = plain.rows[i]!;
        const mean = sum(own.deltaNats) / 3;
        for (const c of [0, 1, 2]) expect(deltaNats[c]).toBeCloseTo(own.deltaNats[c]! - mean, 9);
        expect(sum(deltaNats)).toBeCloseTo(0, 9);
        // Shown scores are those of the page, whatever is explained.
        expect(deltaShown).toEqual(own.deltaShown);
      }
    },
  );

  test("adds up by Shapley values as a verdict does, exactly", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.constantFrom("total", "prompt-only"), async (seed, question) => {
        const wild = game((kept, c) => Math.sin(sum(kept.map((item) => (item + 2) ** 2)) * (c + 1) + seed));
        const score = toyScore(wild);
        const { rows } = await attribute(
          { scene, question: question as "total", seed, method: "shapley", value: "contrast" },
          { score, standIns },
        );
        const [all, none] = await valueScores(
          "contrast",
          scene.candidates,
          score,
        )([
          { history: scene.history, candidates: scene.candidates },
          { history: [], candidates: scene.candidates },
        ]);
        for (const c of [0, 1, 2])
          expect(sum(rows.map(({ deltaNats }) => deltaNats[c]!))).toBeCloseTo(
            all!.verdict[c]! - none!.verdict[c]!,
            9,
          );
      }),
      { numRuns: 40 },
    );
  });

  test("is with the same films, whichever are asked about, and asks nothing more of the scene's", async () => {
    const asked: SlateQuery[] = [];
    const score = valueScores("contrast", scene.candidates, toyScore(lifting, asked));
    const query = { history: scene.history, candidates: scene.candidates };
    const [whole] = await score([query]);
    const [one] = await score([{ ...query, candidates: items(3) }]);
    expect(one!.verdict).toEqual([whole!.verdict[1]]);
    expect(one!.probability).toEqual([1]);
    expect(asked.map(({ candidates }) => candidates)).toEqual([scene.candidates, scene.candidates]);
    const [outside] = await score([{ ...query, candidates: items(7) }]);
    expect(outside!.verdict).toHaveLength(1);
  });

  test("of one film is refused", async () => {
    await expect(
      attribute(
        { ...how, scene: sceneOf([1], [2]), method: "leave-one-out", value: "contrast" },
        { score: toyScore(lifting), standIns },
      ),
    ).rejects.toMatchObject({ failure: { kind: "bad-request" } });
  });

  test("is audited as a contrast", async () => {
    const score = toyScore(lifting);
    const request = { ...how, scene, method: "shapley", value: "contrast" } as const;
    const matrix = await attribute(request, { score, standIns });
    const report = await audit(scene, matrix, {
      score,
      randomised: toyScore(game((kept, candidate) => Math.cos(sum([...kept]) * 7 + candidate))),
      now: () => 0,
      seed: 1,
      remap: (_, model) => attribute(request, { score: model, standIns }),
    });
    expect(report.completeness.error.every((error) => Math.abs(error) < 1e-9)).toBe(true);
    expect(sum(report.completeness.whole)).toBeCloseTo(0, 9);
  });
});
