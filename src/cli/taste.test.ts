import { existsSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { FailureError } from "../core/failure.ts";
import { tasteCommand } from "./taste.ts";
import { UsageError } from "./usage.ts";

const pack = process.env["BECAUSAL_PACK"] ?? "public/packs/movies";

interface Answer {
  readonly liked: readonly string[];
  readonly persona: readonly {
    readonly id: string;
    readonly state: string;
    readonly inferred: string;
    readonly probability: number;
    readonly value: number;
    readonly support: readonly { readonly film: string; readonly value: number }[];
  }[];
  readonly prompt: { readonly likes: readonly string[]; readonly dislikes: readonly string[] };
  readonly recommendations: readonly {
    readonly title: string;
    readonly shown: number;
    readonly taste: number;
  }[];
}

const LOAD_TIMEOUT_MS = 120_000;
const LIKES = ["--likes", "Alien (1979)", "The Thing (1982)", "The Shining (1980)", "Halloween (1978)"];
const DISLIKES = ["--dislikes", "Pretty Woman (1990)"];
const taste = async (...args: string[]): Promise<Answer> =>
  JSON.parse(await tasteCommand.run([...args, "--pack", pack, "--json"]));
const stance = ({ persona }: Answer, id: string) => persona.find((each) => each.id === id)!;

test.for([
  [["Alien (1979)"], /belongs to no option/],
  [["--likes", " "], /--likes is empty/],
  [["--top", "0"], /--top/],
] as const)("called with %j it says what is wrong", async ([args, message]) => {
  await expect(tasteCommand.run(args)).rejects.toThrow(UsageError);
  await expect(tasteCommand.run(args)).rejects.toThrow(message);
});

describe.skipIf(!existsSync(`${pack}/preference-space.json`))("with the movies pack", () => {
  let horror: Answer;
  beforeAll(async () => {
    horror = await taste(...LIKES, ...DISLIKES, "--top", "5");
  }, LOAD_TIMEOUT_MS);

  test("horror films make a persona that is for horror, and say which films it comes from", () => {
    const found = stance(horror, "genre-horror");
    expect(found.state).toBe("for");
    expect(found.probability).toBeGreaterThan(0.8);
    expect(horror.prompt.likes).toContain("horror");
    expect(found.support.map(({ film }) => film)).toContain("Alien (1979)");
    expect(found.support.reduce((sum, { value }) => sum + value, 0)).toBeCloseTo(found.value, 8);
    expect(stance(horror, "blend-romantic-comedy").probability).toBeLessThan(0.5);
  });

  test("the ranking is that of the pack's score and the taste together, without what was judged", () => {
    const totals = horror.recommendations.map(({ shown, taste: own }) => shown + own);
    expect(totals).toEqual([...totals].sort((a, b) => b - a));
    expect(horror.recommendations).toHaveLength(5);
    expect(horror.recommendations.map(({ title }) => title)).not.toContain("Alien");
  });

  test("a decision stands against what the films say, and moves the ranking", async () => {
    const other = await taste(...LIKES, ...DISLIKES, "--against", "Horror", "--top", "5");
    expect([stance(other, "genre-horror").state, stance(other, "genre-horror").inferred]).toEqual([
      "against",
      "for",
    ]);
    expect(other.prompt.dislikes).toContain("horror");
    expect(other.recommendations.map(({ title }) => title)).not.toEqual(
      horror.recommendations.map(({ title }) => title),
    );
  });

  test("what the prompt is told moves the model's own scores", async () => {
    const shownOf = ({ recommendations }: Answer) =>
      recommendations.map(({ title, shown }) => `${title} ${shown}`);
    const answers = [horror];
    for (const conditioning of ["pba", "ica"])
      answers.push(await taste(...LIKES, ...DISLIKES, "--top", "5", "--conditioning", conditioning));
    expect(new Set(answers.map((answer) => shownOf(answer).join())).size).toBe(3);
    await expect(taste(...LIKES, "--conditioning", "dpo")).rejects.toThrow(UsageError);
  });

  test("an unknown direction and a film both liked and disliked are refused", async () => {
    await expect(taste(...LIKES, "--for", "opera")).rejects.toThrow(/no direction "opera".*genre-action/);
    await expect(taste(...LIKES, "--dislikes", "Alien (1979)")).rejects.toThrow(/both liked and disliked/);
    await expect(taste("--likes", "Alyen (1979)")).rejects.toThrow(FailureError);
  });

  test("the text shows states, bars and the films behind them", async () => {
    const text = await tasteCommand.run([...LIKES, "--pack", pack]);
    expect(text).toMatch(/Horror +for +·+│█+·* +\d\d\.\d %/);
    expect(text).toContain("What a prompt would be told: + horror");
  });
});
