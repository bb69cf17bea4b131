import { expect, test } from "./fixtures.ts";

test("a running explanation stops on demand, keeps what it has, and goes on", async ({ app, page }) => {
  await app.openReady("?backend=wasm");
  await app.changing(() => app.startFrom(/Science fiction/));
  await expect(app.effects.getByRole("progressbar")).toBeVisible();
  await expect
    .poll(async () => app.effects.locator("[data-cell]:not([data-pending])").count())
    .toBeGreaterThan(0);
  await app.effects.getByRole("button", { name: "Stop", exact: true }).click();
  await expect(app.effects.getByRole("status").first()).toContainText("Stopped");
  await expect(app.effects.getByRole("progressbar")).toHaveCount(0);

  const pending = app.effects.locator("[data-pending]");
  const left = await pending.count();
  expect(left).toBeGreaterThan(0);
  expect(await app.replies("explain")).toEqual([]);
  // The worker is free again at once: it answers the next question instead of finishing the map.
  await app.changing(() => page.getByRole("button", { name: "Move The Truman Show earlier" }).click());
  await app.effects.getByRole("button", { name: "Stop", exact: true }).click();
  await app.effects.getByRole("button", { name: "Go on" }).click();
  await app.explained();
  await expect(pending).toHaveCount(0);
  expect(await app.replies("explain")).toHaveLength(1);
});
