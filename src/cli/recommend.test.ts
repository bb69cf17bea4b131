import { existsSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { explainCommand } from "./explain.ts";
import { recommendCommand } from "./recommend.ts";
import { UsageError } from "./usage.ts";

const pack = process.env["BECAUSAL_PACK"] ?? "public/packs/movies";

interface Ranked {
  readonly item: number;
  readonly title: string;
  readonly verdict: number;
  readonly shown: number;
  readonly probability: number;
}
interface Recommended {
  readonly recommendations: readonly Ranked[];
  readonly personal: boolean;
  readonly slateSize: number;
  readonly gate: readonly number[];
}
interface Explained {
  readonly candidates: readonly { readonly item: number; readonly film: string; readonly verdict: number }[];
  readonly rows: readonly { readonly film: string; readonly deltaNats: readonly number[] }[];
  readonly forwardPasses: number;
}

// A hook has its own, much shorter limit than a test.
const LOAD_TIMEOUT_MS = 120_000;
const HISTORY = ["--history", "Toy Story (1995)", "Aladdin (1992)", "Lion King, The (1994)"];
const recommend = async (...args: string[]): Promise<Recommended> =>
  JSON.parse(await recommendCommand.run([...args, "--pack", pack, "--json"]));
const explain = async (...args: string[]): Promise<Explained> =>
  JSON.parse(await explainCommand.run([...args, "--pack", pack, "--json"]));

// A checkout in which the pack has not been trained yet has nothing to recommend from.
describe.skipIf(!existsSync(`${pack}/manifest.json`))("with the movies pack", () => {
  // Each command loads the model anew, so what several tests read is asked for once.
  let toyStories: Recommended;
  beforeAll(async () => {
    toyStories = await recommend(...HISTORY, "--top", "7");
  }, LOAD_TIMEOUT_MS);

  test("films come ranked by their shown score, without those already watched", () => {
    const { recommendations, personal, slateSize, gate } = toyStories;
    expect(recommendations.length).toBe(7);
    expect(personal).toBe(true);
    expect(slateSize).toBe(50);
    expect(gate.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(gate.length, 4);
    const shown = recommendations.map((each) => each.shown);
    expect(shown).toEqual([...shown].sort((a, b) => b - a));
    for (const { title } of recommendations)
      expect(["Toy Story", "Aladdin", "The Lion King"]).not.toContain(title);
  });

  test("another history has other recommendations", async () => {
    const items = ({ recommendations }: Recommended) => recommendations.map(({ item }) => item);
    const other = await recommend("--history", "Alien (1979)", "Blade Runner (1982)", "--top", "7");
    expect(items(other)).not.toEqual(items(toyStories));
  });

  test("no history gives popular films that are not called personal", async () => {
    const { recommendations, personal } = await recommend("--top", "3");
    expect(recommendations.map(({ title }) => title)).toContain("Pulp Fiction");
    expect(personal).toBe(false);
  });

  test("an explanation is of the recommended films, whose verdicts no other candidate has touched", async () => {
    const { candidates, rows, forwardPasses } = await explain(...HISTORY, "--top", "3");
    expect(candidates.map(({ item }) => item)).toEqual(
      toyStories.recommendations.slice(0, 3).map(({ item }) => item),
    );
    for (const [i, { verdict }] of candidates.entries())
      expect(Math.abs(verdict - toyStories.recommendations[i]!.verdict)).toBeLessThan(1e-4);
    expect(rows.map(({ film }) => film)).toEqual([
      "Toy Story (1995)",
      "Aladdin (1992)",
      "The Lion King (1994)",
    ]);
    expect(
      rows.flatMap(({ deltaNats }) => deltaNats).every((delta) => Number.isFinite(delta) && delta !== 0),
    ).toBe(true);
    expect(forwardPasses).toBe(4);
  });

  test("holding the gate is another question with another answer", async () => {
    const args = [...HISTORY, "--candidate", "Casablanca", "Fargo"];
    const total = await explain(...args);
    const held = await explain(...args, "--question", "prompt-only");
    expect(held.candidates).toEqual(total.candidates);
    expect(held.rows.map(({ deltaNats }) => deltaNats)).not.toEqual(
      total.rows.map(({ deltaNats }) => deltaNats),
    );
  });

  test("an unknown title names the nearest three", async () => {
    await expect(recommend("--history", "Aladdin", "Toy Stroy")).rejects.toMatchObject({
      failure: {
        kind: "unknown-title",
        title: "Toy Stroy",
        nearest: ["Toy Story (1995)", "Toy Story 2 (1999)", "Toy Story 3 (2010)"],
      },
    });
  });
});

test.for<[string, readonly string[]]>([
  ["explaining nothing", []],
  ["another question", ["--history", "A", "--question", "direct"]],
  ["too many", ["--history", "A", "--top", "101"]],
])("%s is a usage error", async ([, args]) => {
  await expect(explainCommand.run(args)).rejects.toThrow(UsageError);
});

test("a pack that is not there is named", async () => {
  await expect(recommendCommand.run(["--pack", "nowhere"])).rejects.toMatchObject({
    failure: { kind: "file-missing", file: expect.stringMatching(/nowhere\/manifest\.json$/) },
  });
});
