import { expect, test, toNumber } from "./fixtures.ts";

test("films in, a top ten and its causes out; taking the strongest cause away does what the map said", async ({
  app,
}) => {
  await app.openReady("?backend=wasm");
  await expect(app.engine.locator("[data-backend]")).toHaveAttribute("data-backend", "wasm");
  await expect(app.engine).toContainText("WebAssembly SIMD");

  await app.changing(async () => {
    await app.add("toy st", "Toy Story");
    await app.add("matrix", "The Matrix");
    await app.add("alien 1979", "Alien");
    await app.add("blade run", "Blade Runner");
  });
  expect(await app.titles()).toEqual(["Toy Story", "The Matrix", "Alien", "Blade Runner"]);

  await app.page.getByRole("slider", { name: "Your rating of Alien" }).fill("4.5");
  await expect(app.entry("Alien")).toContainText("4.5");

  await app.changing(() => app.page.getByRole("button", { name: "Move Blade Runner earlier" }).click());
  expect(await app.titles()).toEqual(["Toy Story", "The Matrix", "Blade Runner", "Alien"]);

  const before = await app.top();
  expect(before).toHaveLength(10);
  expect(before.map(({ title }) => title)).not.toContain("Alien");
  const percents = before.map(({ percent }) => percent);
  expect(percents).toEqual(percents.toSorted((a, b) => b - a));
  expect(percents.reduce((sum, percent) => sum + percent, 0)).toBeLessThanOrEqual(100.5);

  await app.explained();
  await expect(app.cells).toHaveCount(4 * 10);
  const matrix = await app.lastReply("explain");
  expect(matrix.question).toBe("total");
  const shown = (await app.cells.allInnerTexts()).map((text) => toNumber(text.replace(/[·+\s]/g, "")));
  const computed = matrix.rows.flatMap(({ deltaNats }) => deltaNats);
  for (const [i, value] of computed.entries())
    expect(Math.abs(shown[i]! - value)).toBeLessThanOrEqual(0.0051);

  const strengths = matrix.rows.map(({ deltaNats }) => Math.max(...deltaNats.map(Math.abs)));
  const strongest = strengths.indexOf(Math.max(...strengths));
  const { deltaNats } = matrix.rows[strongest]!;
  const moved = deltaNats.map(Math.abs).indexOf(strengths[strongest]!);
  const cause = (await app.titles())[strongest]!;
  await app.changing(() => app.page.getByRole("button", { name: `Remove ${cause}` }).click());
  expect(await app.titles()).not.toContain(cause);

  const after = await app.top();
  const target = before[moved]!;
  const now = after.find(({ title }) => title === target.title);
  expect(now?.percent, `the chance of ${target.title}`).not.toBe(target.percent);

  const { ranked } = await app.lastReply("recommend");
  const still = ranked.filter(({ item }) => matrix.candidates.includes(item));
  expect(still.length, "films that are in both top tens").toBeGreaterThan(0);
  for (const { item, verdict } of still) {
    const column = matrix.candidates.indexOf(item);
    expect(Math.abs(verdict - (matrix.fullVerdict[column]! - deltaNats[column]!))).toBeLessThan(1e-3);
  }
});

test("a film rated below three leaves the prompt and is never recommended", async ({ app }) => {
  await app.openWith("?backend=wasm", [
    ["toy st", "Toy Story"],
    ["alien 1979", "Alien"],
  ]);
  await app.answered();
  await app.changing(() => app.page.getByRole("slider", { name: "Your rating of Alien" }).fill("1.5"));
  await expect(app.entry("Alien")).toContainText("rated below 3");
  expect((await app.top()).map(({ title }) => title)).not.toContain("Alien");
  const { prefix } = await app.lastReply("inspect");
  expect(prefix.filter(({ kind }) => kind === "behaviour")).toHaveLength(1);
});

test("the inspector shows the prompt, position by position, and the gate adds up to its experts", async ({
  app,
}) => {
  await app.openWith("?backend=wasm", [["toy st", "Toy Story"]]);
  await app.answered();
  await app.explained();
  const view = await app.lastReply("inspect");
  const text = view.prefix.map((slot) => (slot.kind === "text" ? slot.text : "◆")).join("");
  expect(text).toMatch(/^This user has watched: Toy Story( \(1995\))?◆;\nWill the user watch next:$/);
  const prefix = app.page.getByRole("region", { name: "History, shared by all candidates" });
  await expect(prefix.getByRole("listitem")).toHaveCount(view.prefix.length);
  await expect(prefix).toContainText("behaviour token of Toy Story");

  const { gate } = await app.lastReply("recommend");
  expect(gate.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(gate.length, 3);
  const bars = app.page.locator('section[aria-labelledby="gate-heading"] li');
  await expect(bars).toHaveCount(gate.length);
  for (const [i, weight] of gate.entries()) await expect(bars.nth(i)).toContainText(weight.toFixed(2));
});

test("the question on the gate gets its own map", async ({ app }) => {
  await app.openWith("?backend=wasm", [
    ["toy st", "Toy Story"],
    ["matrix", "The Matrix"],
  ]);
  await app.answered();
  await app.explained();
  const total = await app.lastReply("explain");
  await app.effects.getByRole("radio", { name: "Prompt only" }).click();
  await expect.poll(async () => (await app.replies("explain")).length).toBe(2);
  const promptOnly = await app.lastReply("explain");
  expect(promptOnly.question).toBe("prompt-only");
  expect(promptOnly.fullVerdict[0]).toBeCloseTo(total.fullVerdict[0]!, 4);
  expect(promptOnly.rows[0]!.deltaNats).not.toEqual(total.rows[0]!.deltaNats);
});
