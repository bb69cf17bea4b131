import type { Locator } from "@playwright/test";
import { expect, test } from "./fixtures.ts";

test("picking, rating, moving, removing and reading the map need no mouse", async ({ app, page }) => {
  const press = (key: string) => page.keyboard.press(key);
  const tabTo = async (target: Locator, key = "Tab") => {
    for (let stops = 0; stops < 120; stops++) {
      if (await target.evaluate((element) => element === document.activeElement)) return;
      await press(key);
    }
    throw new Error(`no way to ${target} with ${key}`);
  };
  const type = async (query: string, title: string) => {
    await tabTo(app.search);
    await page.keyboard.type(query);
    await expect(page.getByRole("option").first()).toContainText(title);
    await press("Enter");
    await expect(app.entry(title)).toBeVisible();
  };

  await app.openReady("?backend=wasm");
  await press("Tab");
  await expect(page.getByRole("link", { name: "Skip to the answer" })).toBeFocused();
  await app.changing(async () => {
    await type("toy story", "Toy Story");
    await type("the matrix", "The Matrix");
    await type("blade runner", "Blade Runner");
  });

  const rating = page.getByRole("slider", { name: "Your rating of Blade Runner" });
  await tabTo(rating);
  await app.changing(async () => {
    for (let half = 1; half <= 8; half++) {
      await press("ArrowRight");
      await expect(rating).toHaveValue(String(half / 2));
    }
  });

  await app.changing(() => press("Alt+ArrowUp"));
  expect(await app.titles()).toEqual(["Toy Story", "Blade Runner", "The Matrix"]);

  await tabTo(page.getByRole("button", { name: "Remove The Matrix" }));
  await app.changing(() => press("Enter"));
  expect(await app.titles()).toEqual(["Toy Story", "Blade Runner"]);

  await app.explained();
  const cell = (row: number, column: number) => app.effects.locator(`[data-cell="${row}-${column}"]`);
  await tabTo(cell(0, 0));
  await press("ArrowRight");
  await press("ArrowDown");
  await expect(cell(1, 1)).toBeFocused();
  await press("End");
  await expect(cell(1, 9)).toBeFocused();
  await press("Control+Home");
  await expect(cell(0, 0)).toBeFocused();
  await expect(app.effects).toContainText("With Toy Story in the history");
});
