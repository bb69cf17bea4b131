import { readFile } from "node:fs/promises";
import { App, expect, test } from "./fixtures.ts";

test.beforeEach(async ({ page }) => {
  // What is kept does not depend on the model, so the weights never arrive here.
  await page.context().route("**/part-*.bin", () => undefined);
});
test.afterEach(async ({ context }) => {
  await context.unrouteAll({ behavior: "ignoreErrors" });
});

test("films, order and ratings are there after a reload", async ({ app, page }) => {
  await app.open("?backend=wasm");
  await app.add("toy st", "Toy Story");
  await app.add("matrix", "The Matrix");
  await page.getByRole("slider", { name: "Your rating of The Matrix" }).fill("4.5");
  await page.getByRole("button", { name: "Move The Matrix earlier" }).click();
  await expect.poll(() => app.titles()).toEqual(["The Matrix", "Toy Story"]);
  await page.reload();
  await expect.poll(() => app.titles()).toEqual(["The Matrix", "Toy Story"]);
  await expect(app.entry("The Matrix")).toContainText("4.5");
});

test("a change in one tab appears in the other", async ({ app, context }) => {
  await app.open("?backend=wasm");
  const other = new App(await context.newPage());
  await other.open("?backend=wasm");
  await expect(other.search).toBeVisible();
  await app.add("toy st", "Toy Story");
  await expect(other.entry("Toy Story")).toBeVisible();
  await other.page.getByRole("button", { name: "Remove Toy Story" }).click();
  await expect(app.history).toHaveCount(0);
});

test("a saved file brings the same list back, and a broken one changes nothing", async ({ app, page }) => {
  await app.open("?backend=wasm");
  await app.add("toy st", "Toy Story");
  await app.add("matrix", "The Matrix");
  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: "Save as file" }).click();
  const path = await (await download).path();
  const saved: unknown = JSON.parse(await readFile(path, "utf8"));
  expect(saved).toMatchObject({
    schema: "becausal-history/1",
    items: [{ movieId: 1 }, { movieId: 2571 }],
  });

  await page.getByRole("button", { name: "Clear list" }).click();
  await expect(app.history).toHaveCount(0);
  await app.add("alien 1979", "Alien");
  const input = page.locator('input[type="file"]');
  await input.setInputFiles({ name: "x.json", mimeType: "application/json", buffer: Buffer.from('{"a":1}') });
  await expect(app.historyPanel.getByRole("alert")).toContainText("the history file cannot be read");
  expect(await app.titles()).toEqual(["Alien"]);
  await input.setInputFiles(path);
  await expect.poll(() => app.titles()).toEqual(["Toy Story", "The Matrix"]);
});
