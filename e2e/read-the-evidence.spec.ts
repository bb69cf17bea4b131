import { readFile } from "node:fs/promises";
import type { Page } from "@playwright/test";
import { fixtureResult } from "../src/evaluate/fixtures/small-result.ts";
import { resultFileText } from "../src/evaluate/result-file.ts";
import { expect, test } from "./fixtures.ts";
import { expectNoBrokenRule, expectToFit } from "./page-checks.ts";

/** The model is not needed here: its parts stay under way. */
test.beforeEach(async ({ page }) => {
  await page.route("**/part-*.bin", () => undefined);
});
test.afterEach(async ({ page }) => {
  await page.unrouteAll({ behavior: "ignoreErrors" });
});

const file = (name: string, text: string) => ({
  name,
  mimeType: "application/json",
  buffer: Buffer.from(text),
});
const windows = file("windows.json", resultFileText(fixtureResult("windows")));
const full = file("full.json", resultFileText(fixtureResult("full")));

const picker = (page: Page) => page.locator('#evidence-own input[type="file"]');
const section = (page: Page, id: string) => page.locator(`#evidence-${id}`);

test("the evidence opens by keyboard, goes back with the browser, and shows every number as recorded", async ({
  app,
  page,
}) => {
  await app.open("?backend=wasm&lang=en");
  const link = page.getByRole("link", { name: "Evidence", exact: true });
  await expect(link).toBeVisible();
  for (let stops = 0; !(await link.evaluate((each) => each === document.activeElement)); stops++) {
    expect(stops, "stops on the way to the evidence").toBeLessThan(10);
    await page.keyboard.press("Tab");
  }
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/#evidence$/);
  await expect(page).toHaveTitle("becausal: evidence");
  await expect(page.getByRole("heading", { level: 1 })).toBeFocused();
  await expect(app.lede).toBeHidden();

  // The 1-of-20 figure stands beside its twins, each in a table with its interval and its count.
  const movies = section(page, "movies");
  const record = JSON.parse(await readFile("training/results/movies.json", "utf8"));
  const three = (value: number) => value.toFixed(3);
  const recorded = (name: string, protocol: string) => {
    const { value, low, high } = record.metrics.find(
      (each: { name: string; protocol: string; model: string }) =>
        each.name === name && each.protocol === protocol && each.model === "fused",
    );
    return `${three(value)} [${three(low)}, ${three(high)}]`;
  };
  const all = "all windows of the test users";
  const wanted = [
    ["HR@1, 1 of 20", recorded("HR@1", `20 candidates, ${all}`)],
    ["HR@1, whole catalogue", recorded("HR@1", `whole catalogue, ${all}, SASRec's top 50 reranked`)],
    ["HR@10, whole catalogue", recorded("HR@10", `whole catalogue, ${all}, SASRec's top 50 reranked`)],
    ["NDCG@10, whole catalogue", recorded("NDCG@10", `whole catalogue, ${all}, SASRec's top 50 reranked`)],
  ] as const;
  for (const [name, figure] of wanted) {
    const chart = movies.getByRole("figure", { name, exact: true }).first();
    await expect(chart).toContainText("n = 6,967 questions of 67 people");
    await expect(chart.getByRole("row", { name: /^Fused/ }).getByRole("cell")).toContainText(figure);
  }
  await expect(movies).toContainText("figures of the two kinds are never to be compared");

  // Definition and command are reached and opened by keyboard.
  const fold = movies.getByText("Definition and command").first();
  await fold.focus();
  await page.keyboard.press("Enter");
  await expect(movies.getByText("npm run evaluate -- --dataset movies").first()).toBeVisible();
  await expect(movies.getByText("2,000 resamples of whole users").first()).toBeVisible();

  await page.goBack();
  await expect(app.lede).toBeVisible();
  await expect(movies).toHaveCount(0);
  await page.goForward();
  await expect(section(page, "movies")).toBeVisible();
});

test("losses are shown like wins, bars that were missed are named, and the choice of questions is followed", async ({
  app,
  page,
}) => {
  await app.open("?backend=wasm&lang=en#evidence");
  const ablations = section(page, "ablations");
  await expect(ablations.locator('tr[data-standing="above"]').first()).toBeVisible();
  await expect(ablations.locator('tr[data-standing="below"]').first()).toBeVisible();
  await expect(ablations.locator('tr[data-standing="below"]').first()).toContainText("▼");
  await expect(
    section(page, "causes")
      .getByText(/Bar at least 0.95: missed/)
      .first(),
  ).toBeVisible();
  await expect(section(page, "papers")).toContainText("Fits correct / valid answers of 92 people");

  const value = section(page, "ml-100k")
    .getByRole("row", { name: /^SASRec/ })
    .first();
  await expect(value).toContainText("0.490");
  await page.getByLabel("Films rated before").selectOption("true");
  await expect(value).toContainText("0.547");
  await expect(section(page, "movies")).toContainText("no film that the user had rated before was drawn");
});

test("a link to a section brings it into view", async ({ app, page }) => {
  await app.open("?backend=wasm&lang=en#evidence-depth");
  await expect(section(page, "depth").getByRole("heading", { level: 2 })).toBeInViewport();
});

test("own results are read in the page, beside their twin, and a damaged file is named", async ({
  app,
  page,
}) => {
  await app.open("?backend=wasm&lang=en#evidence");
  await expect(section(page, "movies")).toBeVisible();
  await picker(page).setInputFiles([windows]);
  const own = section(page, "own-1");
  await expect(own).toContainText("120 questions, protocol windows, seed 0");
  await expect(own).toContainText("1 row of the data could not be used");
  await expect(own).toContainText("--protocol full --out full.json");
  const { correct, total } = fixtureResult("windows").answers.find(
    ({ mode, watchedLast }) => mode === "hybrid" && !watchedLast,
  )!;
  await expect(own.getByRole("row", { name: /^Hybrid/ }).first()).toContainText(
    `${correct} of ${total} correct`,
  );

  const bins = own.getByText("The bins as a table").first();
  await bins.focus();
  await page.keyboard.press("Enter");
  await expect(own.getByRole("table", { name: "SASRec" })).toContainText("0.9 – 1");

  await picker(page).setInputFiles([full]);
  await expect(own.getByRole("group", { name: "Whole catalogue" }).first()).toBeVisible();
  await expect(own).not.toContainText("twin is not here yet");

  const torn = file("torn.json", windows.buffer.toString().slice(0, 5_000));
  const wrong = file(
    "wrong.json",
    windows.buffer.toString().replace('"correct": ', '"correct": "many", "was": '),
  );
  await picker(page).setInputFiles([torn, wrong]);
  const alerts = page.locator("#evidence-own").getByRole("alert");
  await expect(alerts).toHaveCount(2);
  await expect(alerts.nth(0)).toContainText("torn.json cannot be read");
  await expect(alerts.nth(0)).toContainText("it is not JSON");
  await expect(alerts.nth(1)).toContainText("wrong.json cannot be read");
  await expect(alerts.nth(1)).toContainText("answers.0.correct");
  await expect(section(page, "own-2")).toBeVisible();

  await page.getByRole("button", { name: "Close windows.json" }).click();
  await expect(own).toHaveCount(0);
  await page.reload();
  await expect(section(page, "movies")).toBeVisible();
  await expect(section(page, "own-2")).toHaveCount(0);
});

test("a file can be dropped, and what is shown is saved as CSV", async ({ app, page }) => {
  await app.open("?backend=wasm&lang=en#evidence");
  await expect(section(page, "movies")).toBeVisible();
  const dropped = await page.evaluateHandle((text) => {
    const data = new DataTransfer();
    data.items.add(new File([text], "dropped.json", { type: "application/json" }));
    return data;
  }, windows.buffer.toString());
  await page.getByText("or drop the files here").dispatchEvent("drop", { dataTransfer: dropped });
  await expect(section(page, "own-1")).toContainText("dropped.json");

  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: "Save what is shown as CSV" }).click(),
  ]);
  const csv = await readFile(await download.path(), "utf8");
  expect(csv.startsWith("section,group,figure,row,form,value,low,high,questions,people,")).toBe(true);
  expect(csv).toContain("The pack in this app");
  expect(csv).toContain("dropped.json");
  const { value } = fixtureResult("windows").metrics[0]!;
  expect(csv).toContain(`,value,${value},`);
});

test("figures that cannot be fetched are named, and own results still open", async ({ app, page }) => {
  await page.route("**/evidence/summary.json", (route) => route.fulfill({ status: 404, body: "" }));
  await app.open("?backend=wasm&lang=en#evidence");
  await expect(page.getByRole("alert")).toContainText("summary.json could not be fetched");
  await picker(page).setInputFiles([windows]);
  await expect(section(page, "own-1")).toBeVisible();
  await page.unroute("**/evidence/summary.json");
  await page.getByRole("alert").getByRole("button").click();
  await expect(section(page, "movies")).toBeVisible();
});

for (const language of ["en", "ja"] as const)
  test(`no rule of axe is broken and nothing is beyond the screen's side (${language})`, async ({
    app,
    page,
  }) => {
    await app.open(`?backend=wasm&lang=${language}#evidence`);
    await expect(section(page, "causes")).toBeVisible();
    await picker(page).setInputFiles([windows, full]);
    await expect(section(page, "own-2")).toBeVisible();
    await app.unfold();
    await expectNoBrokenRule(page, "evidence and two own results");
    await expectToFit(page, [320, 768, 1440]);
  });

test("the evidence speaks Japanese throughout", async ({ app, page }) => {
  await app.open("?backend=wasm&lang=ja#evidence");
  await expect(section(page, "causes")).toBeVisible();
  await expect(page).toHaveTitle(/裏づけ/);
  await app.unfold();
  const own = await app.japaneseTexts("main#evidence");
  expect(own.length).toBeGreaterThan(500);
  const names =
    /SASRec|Recall|MovieLens|30-layers|latest|small|movies|ml-100k|NDCG|iLoRA|LoRA|LLaRA|TALLRec|GPT|Llama|NextQuill|SmolLM2|NVIDIA|HBM3|PyTorch|CPU|CSV|Guo|Brier|npx|becausal|evaluate|dataset|out|result|json|kNN|log2/g;
  const english = own.filter((text) => /[A-Za-z]{3,}/.test(text.replaceAll(names, "")));
  expect(english).toEqual([]);
});
