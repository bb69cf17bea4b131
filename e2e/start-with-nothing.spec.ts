import { expect, test } from "./fixtures.ts";

test("an empty history gives popular films and says that nothing personal is behind them", async ({
  app,
}) => {
  await app.openReady("?backend=wasm");
  await expect(app.lede).toContainText("Nothing personal is behind them");
  await expect(app.ranking.getByRole("heading", { level: 2 })).toHaveText("Popular films");
  await expect(app.effects).toContainText("an empty history causes nothing");
  const recommendation = await app.lastReply("recommend");
  expect(recommendation.personal).toBe(false);
  expect(await app.top()).toHaveLength(10);
  expect(await app.replies("explain")).toEqual([]);

  await app.changing(() => app.add("toy st", "Toy Story"));
  await expect(app.lede).not.toContainText("Nothing personal");
  await app.changing(() => app.page.getByRole("button", { name: "Remove Toy Story" }).click());
  await expect(app.lede).toContainText("Nothing personal is behind them");
  await app.changing(() => app.page.getByRole("button", { name: "Undo" }).click());
  expect(await app.titles()).toEqual(["Toy Story"]);
});

test("every sample history starts with one click and stands whole in the catalogue", async ({
  app,
  page,
}) => {
  const response = await page.request.get("/samples/histories.json");
  const { histories } = (await response.json()) as {
    histories: { name: { en: string }; movieIds: number[] }[];
  };
  expect(histories.length).toBeGreaterThanOrEqual(5);
  // The weights are not needed for this: the list is the page's own.
  await page.route("**/part-*.bin", () => undefined);
  await app.open("?backend=wasm");
  for (const { name, movieIds } of histories) {
    await app.startFrom(name.en);
    await expect(app.history).toHaveCount(movieIds.length);
    await expect(app.history.locator("cite")).toHaveCount(movieIds.length);
    expect(await app.titles()).not.toContain("not in this catalogue");
  }
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(app.history).toHaveCount(histories.at(-2)!.movieIds.length);
  await page.unrouteAll({ behavior: "ignoreErrors" });
});
