import { readFile } from "node:fs/promises";
import type { Page } from "@playwright/test";
import { expect, test } from "./fixtures.ts";
import { madeUpLog, seedLog } from "./learning-log.ts";
import { expectNoBrokenRule, expectToFit } from "./page-checks.ts";

const part = (page: Page, id: string) => page.locator(`#learn-${id}`);

/** The titles of the list that is recommended, best first. */
const order = (page: Page) =>
  page.locator('[aria-labelledby="ranking-heading"] ol > li h3 cite').allInnerTexts();

test("the page learns from a log, the ranking follows, and undo brings the old order back", async ({
  app,
  page,
}) => {
  await app.openWith("?backend=wasm&lang=en", [
    ["blade runner", "Blade Runner"],
    ["casablanca", "Casablanca"],
    ["pulp fiction", "Pulp Fiction"],
  ]);
  await app.answered();
  await seedLog(page, await madeUpLog(1000, "Sci-Fi"));
  await page.reload();
  await app.answered();
  const before = await order(page);
  expect(before.length).toBe(10);

  await page.getByRole("link", { name: "Learn", exact: true }).click();
  await expect(page.getByRole("heading", { level: 1 })).toBeFocused();
  await expect(part(page, "shown")).toContainText(/All \d+ draws can be made again from seed and counter\./);
  await expect(part(page, "worth").getByRole("row", { name: /^DR / })).toBeVisible();

  await part(page, "update").getByRole("radio", { name: "CPO", exact: true }).click();
  await part(page, "update")
    .getByRole("button", { name: /^Learn from \d+ answers$/ })
    .click();
  const verdict = page.locator("[data-verdict]");
  await expect(verdict).toHaveAttribute("data-verdict", "accepted");
  await expect(
    verdict.getByRole("figure", { name: "Gained most" }).getByRole("rowheader").first(),
  ).toHaveText(/Science fiction/i);
  const promised = await verdict.locator("tbody tr th cite").allInnerTexts();
  expect(promised.length).toBe(20);
  await verdict.getByRole("button", { name: "Accept: put it into force" }).click();
  await expect(part(page, "update")).toContainText("Version 1 is in force.");
  await expect(part(page, "worth").getByRole("figure", { name: "Version 1, in force" })).toBeVisible();

  await page.goBack();
  await expect(app.ranking).toContainText(/version 1/i);
  await expect.poll(() => order(page)).toEqual(promised.slice(0, 10));
  expect(promised.slice(0, 10)).not.toEqual(before);

  // What is in force stays so after a reload.
  await page.reload();
  await app.answered();
  await expect.poll(() => order(page)).toEqual(promised.slice(0, 10));

  await page.goto("/?backend=wasm&lang=en#learn");
  await part(page, "update")
    .getByRole("button", { name: "Undo: back to the model as it was trained" })
    .click();
  await expect(part(page, "update")).toContainText("The version before is in force again.");
  await page.locator('nav a[href="#answer"]').click();
  await expect.poll(() => order(page)).toEqual(before);
  await expect(app.ranking).not.toContainText(/version 1/i);
});

test("the log goes out as it is, and is erased after a second question", async ({ page, app }) => {
  // The model is not needed here: its parts stay under way.
  await page.route("**/part-*.bin", () => undefined);
  await app.open("?backend=wasm&lang=en#learn");
  await expect(part(page, "empty")).toBeVisible();
  const log = await madeUpLog(30, "Sci-Fi");
  await seedLog(page, log);
  await page.reload();
  const saving = page.waitForEvent("download");
  await part(page, "shown").getByRole("button", { name: "Export the log (JSON lines)" }).click();
  const saved = await saving;
  expect(saved.suggestedFilename()).toBe("becausal-log.jsonl");
  const lines = (await readFile(await saved.path(), "utf8")).trimEnd().split("\n");
  expect(lines.map((line) => JSON.parse(line))).toEqual(JSON.parse(JSON.stringify(log)));

  await part(page, "shown").getByRole("button", { name: "Erase log and versions" }).click();
  await page.getByRole("button", { name: "Erase for good" }).click();
  await expect(part(page, "empty")).toBeVisible();
  await page.reload();
  await expect(part(page, "empty")).toBeVisible();
  await page.unrouteAll({ behavior: "ignoreErrors" });
});

for (const language of ["en", "ja"] as const)
  test(`the page breaks no rule of axe and fits 360 px in every state (${language})`, async ({
    page,
    app,
  }) => {
    await page.route("**/part-*.bin", () => undefined);
    await page.setViewportSize({ width: 360, height: 900 });
    await app.open(`?backend=wasm&lang=${language}#learn`);
    await expect(part(page, "empty")).toBeVisible();
    await expectNoBrokenRule(page, "without a log");
    await expectToFit(page, [360]);

    await seedLog(page, await madeUpLog(1000, "Sci-Fi"));
    await page.reload();
    await expect(part(page, "worth").locator("tbody tr")).toHaveCount(7);
    await part(page, "update").getByRole("radio", { name: "CPO", exact: true }).click();
    await part(page, "update").locator('button[aria-disabled="false"]').click();
    const verdict = page.locator('[data-verdict="accepted"]');
    await expect(verdict).toBeVisible();
    await expectToFit(page, [360]);

    await verdict.getByRole("button").click();
    await expect(part(page, "worth").locator("figure")).toHaveCount(2);
    await app.unfold();
    await expectNoBrokenRule(page, "with a version in force");
    await expectToFit(page, [360, 1440]);
    await page.unrouteAll({ behavior: "ignoreErrors" });
  });
