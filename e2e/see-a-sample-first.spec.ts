import type { SampleAnswer } from "../src/state/sample-answer.ts";
import { expect, test } from "./fixtures.ts";

test("a stored answer, marked as a sample, stands there before the weights arrive and goes when they have", async ({
  app,
  page,
}) => {
  let release: () => void = () => undefined;
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  await page.route("**/part-*.bin", async (route) => {
    await released;
    await route.continue();
  });
  await app.open("?backend=wasm");
  await expect(app.lede).toHaveAttribute("data-origin", "sample");
  await expect(app.lede.getByText("Sample", { exact: true })).toBeVisible();
  await expect(app.ranking).toHaveAttribute("data-origin", "sample");
  expect(await app.top()).toHaveLength(10);
  await expect(app.effects).toHaveAttribute("data-origin", "sample");
  await expect(app.effects.locator("[data-pending]")).toHaveCount(0);
  await expect(app.lede.getByRole("progressbar")).toBeVisible();

  await app.changing(async () => release());
  await expect(app.lede).toHaveAttribute("data-origin", "computed");
  await expect(app.lede.getByText("Sample", { exact: true })).toHaveCount(0);
});

test("the stored answer is what the model says to that history", async ({ app, page }) => {
  const stored = (await (await page.request.get("/samples/answer.json")).json()) as SampleAnswer;
  await app.open("?backend=wasm");
  await app.startFrom("Noir, old and new");
  await app.answered();
  await app.explained();
  const { ranked } = await app.lastReply("recommend");
  // The model answers with more films than the page shows.
  const shown = ranked.slice(0, stored.recommendation.ranked.length);
  expect(shown.map(({ item }) => item)).toEqual(stored.recommendation.ranked.map(({ item }) => item));
  for (const [i, { probability }] of shown.entries())
    expect(Math.abs(probability - stored.recommendation.ranked[i]!.probability)).toBeLessThan(1e-3);
  const { rows } = await app.lastReply("explain");
  for (const [r, { deltaNats }] of rows.entries())
    for (const [c, nats] of deltaNats.entries())
      expect(Math.abs(nats - stored.matrix.rows[r]!.deltaNats[c]!)).toBeLessThan(1e-3);
});
