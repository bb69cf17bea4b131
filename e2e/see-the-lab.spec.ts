import type { Page } from "@playwright/test";
import { expect, test, toNumber } from "./fixtures.ts";
import { expectNoBrokenRule, expectToFit } from "./page-checks.ts";

/** The model is not needed here: its files cannot be had, so that the engine fails to load. */
test.beforeEach(async ({ page }) => {
  await page.route("**/models/**", (route) => route.fulfill({ status: 404, body: "" }));
});

const step = (page: Page, id: string) => page.locator(`#lab-${id}`);
const road = (page: Page, id: string, table = "beliefs") =>
  step(page, table).locator(`tr[data-road="${id}"]`);
/** Value of each policy as the table says it: taste, mood. */
const values = async (page: Page, id: string) =>
  (await road(page, id).locator("td").allInnerTexts()).map((text) => toNumber(text.split(/\s/)[0] ?? ""));
/** The log is whole, and what is learned of it and of those after it. */
async function settled(page: Page): Promise<void> {
  await expect(page.getByRole("button", { name: /^(Run again|もう一度実行)$/ })).toBeVisible();
  await expect(page.locator("main#lab").getByRole("progressbar")).toHaveCount(0);
}

test("the naive methods get the order wrong, CPO and DR get it right, and the truth stands beside them", async ({
  app,
  page,
}) => {
  await app.open("?backend=wasm&lang=en#lab");
  await settled(page);
  await expect(page).toHaveTitle("becausal: lab");
  await expect(app.lamp).toHaveAttribute("data-phase", "failed");

  const truth = step(page, "beliefs").getByRole("row", { name: /^Truth/ });
  expect((await truth.getByRole("cell").allInnerTexts()).map((text) => text.trim())).toEqual([
    "0.495",
    "0.385",
  ]);
  for (const id of ["naive", "regression"]) {
    const [taste, mood] = await values(page, id);
    expect(mood!, id).toBeGreaterThan(taste!);
    await expect(road(page, id)).toContainText("order wrong");
  }
  for (const id of ["cpo", "cpo-baseline", "snips", "dr-confounded", "dr-cross-fitted", "cv-dr"]) {
    const [taste, mood] = await values(page, id);
    expect(taste!, id).toBeGreaterThan(mood!);
    await expect(road(page, id)).toContainText("order right");
  }
  await expect(step(page, "beliefs").getByRole("status")).toContainText(
    "Naive CPO says that the mood policy is better by 0.123; in truth it is worse by 0.109.",
  );

  const learned = async (teacher: string, column: number) => {
    const cells = await step(page, "learned").locator(`tr[data-row="${teacher}"] td`).allInnerTexts();
    return toNumber(cells[column]?.split(/\s/)[0] ?? "");
  };
  expect(await learned("naive", 0)).toBeLessThan(0.455);
  expect(await learned("cpo", 0)).toBeGreaterThan(0.475);
  expect(await learned("naive", 2)).toBeGreaterThan(5);
  expect(Math.abs(await learned("cpo", 2))).toBeLessThan(1);

  await page.getByRole("button", { name: "Simulate 200 logs" }).click();
  await expect(road(page, "naive", "luck").getByRole("cell").first()).toContainText("0.0%");
  await expect(step(page, "luck").getByRole("status")).toContainText("In 200 logs naive CPO got the order");
});

test("with epsilon 0 CPO and DR refuse and the page says why; with more draws they answer again", async ({
  app,
  page,
}) => {
  await app.open("?backend=wasm&lang=en#lab");
  await settled(page);
  const epsilon = page.getByRole("slider", { name: "Share shown by chance" });
  await epsilon.focus();
  await page.keyboard.press("Home");
  await settled(page);
  await expect(road(page, "cpo")).toContainText("refuses");
  await expect(road(page, "dr-cross-fitted")).toContainText("no value");
  await expect(road(page, "naive")).toContainText("order wrong");
  await expect(step(page, "beliefs").getByRole("status")).toContainText(
    "with ε = 0 no film was shown by chance",
  );

  await page.getByRole("spinbutton", { name: /^Share shown by chance/ }).fill("0.5");
  await settled(page);
  await expect(road(page, "cpo-baseline")).toContainText("order right");
  await expect(step(page, "beliefs").getByRole("status")).not.toContainText("refuse");
});

test("by keyboard alone one reveals the mood, draws another log and gives it up", async ({ app, page }) => {
  await app.open("?backend=wasm&lang=en");
  const link = page.getByRole("link", { name: "Lab", exact: true });
  await expect(link).toBeVisible();
  await link.focus();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { level: 1 })).toBeFocused();
  await settled(page);
  const before = await values(page, "cpo");

  const another = page.getByRole("button", { name: "Another log" });
  for (let stops = 0; !(await another.evaluate((each) => each === document.activeElement)); stops++) {
    expect(stops, "stops on the way to another log").toBeLessThan(25);
    await page.keyboard.press("Tab");
  }
  await page.keyboard.press("Enter");
  await expect(page.getByText("Seed 10", { exact: true })).toBeVisible();
  await settled(page);
  expect(await values(page, "cpo")).not.toEqual(before);

  await step(page, "world").getByRole("radio", { name: "hidden" }).focus();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Space");
  await expect(step(page, "world").getByRole("status")).toContainText("In a good mood the reader picks");

  await page.getByRole("button", { name: "Simulate 200 logs" }).press("Enter");
  await page.getByRole("button", { name: "Stop", exact: true }).last().press("Enter");
  await expect(page.getByRole("button", { name: /^Simulate 200 logs/ })).toBeVisible();
});

test("a link to a step brings it into view, and the same settings give the same figures", async ({
  app,
  page,
}) => {
  await app.open("?backend=wasm&lang=en#lab-beliefs");
  await expect(step(page, "beliefs").getByRole("heading", { level: 2 })).toBeInViewport();
  await settled(page);
  const first = await road(page, "cv-dr").textContent();
  await page.getByRole("radio", { name: "24 readers, 20 real films" }).click();
  await expect(step(page, "world").getByText("Forrest Gump")).toBeVisible();
  await settled(page);
  await expect(road(page, "naive")).toContainText("order wrong");
  expect(await road(page, "cv-dr").textContent()).not.toBe(first);
  await page.getByRole("radio", { name: "5 readers, 8 films" }).click();
  await settled(page);
  expect(await road(page, "cv-dr").textContent()).toBe(first);
});

for (const language of ["en", "ja"] as const)
  test(`no rule of axe is broken and nothing is beyond the screen's side (${language})`, async ({
    app,
    page,
  }) => {
    await app.open(`?backend=wasm&lang=${language}#lab`);
    await settled(page);
    await step(page, "world").getByRole("radio").last().click();
    await step(page, "luck").getByRole("button").click();
    await expect(road(page, "cv-dr", "luck")).toBeVisible();
    await settled(page);
    await app.unfold();
    await expectNoBrokenRule(page, "every step done");
    await expectToFit(page, [320, 360, 768, 1440]);
  });

test("the Lab speaks Japanese throughout", async ({ app, page }) => {
  await app.open("?backend=wasm&lang=ja#lab");
  await settled(page);
  await expect(page).toHaveTitle(/実験室/);
  await app.unfold();
  const texts = await app.japaneseTexts("main#lab");
  expect(texts.length).toBeGreaterThan(200);
  const names = /CPO|SNIPS|IPS|MovieLens|base|softmax|src\/evaluate\/off-policy|docs\/learning.md/g;
  expect(texts.filter((text) => /[A-Za-z]{3,}/.test(text.replaceAll(names, "")))).toEqual([]);
});
