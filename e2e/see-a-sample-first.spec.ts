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
