import { readFile } from "node:fs/promises";
import type { Page } from "@playwright/test";
import { expect, test } from "./fixtures.ts";
import { expectNoBrokenRule, expectToFit } from "./page-checks.ts";

/** The model is needed by one test only; for the others its parts stay under way. */
const withoutModel = (page: Page) => page.route("**/part-*.bin", () => undefined);
test.afterEach(async ({ page }) => {
  await page.unrouteAll({ behavior: "ignoreErrors" });
});

const section = (page: Page, name: string) => page.locator(`#taste-${name}`);
const direction = (page: Page, id: string) => page.locator(`[data-direction="${id}"]`);
const asked = (page: Page) => section(page, "rate").locator("li");

/** Likes or dislikes the film that is asked about at a place, and gives its title. */
async function rate(page: Page, place: number, answer: "Like" | "Dislike"): Promise<string> {
  const film = asked(page).nth(place);
  const title = (await film.locator("cite").textContent()) ?? "";
  await film.getByRole("button", { name: `${answer} ${title}`, exact: true }).click();
  await expect(section(page, "moved")).toContainText(`Since you ${answer.toLowerCase()} ${title}:`);
  return title;
}

test("two clicks make a taste that names the films it comes from, and it is there after a reload", async ({
  app,
  page,
}) => {
  await withoutModel(page);
  await app.open("?backend=wasm&lang=en#taste");
  await expect(page).toHaveTitle("becausal: taste");
  await expect(page.locator("main header")).toContainText("Nothing speaks yet.");
  await expect(asked(page)).toHaveCount(8);
  const liked = await rate(page, 0, "Like");
  await expect(asked(page).nth(0).locator("cite")).not.toHaveText(liked);
  const disliked = await rate(page, 1, "Dislike");
  await expect(page.locator("main header")).toContainText("Read from 1 liked film and 1 disliked film.");
  await expect(page.locator("main header")).toContainText(/You lean (towards|away from) .+\(\d\d\.\d%\)/);
  await expect(section(page, "moved").getByRole("table")).toContainText("%");

  const check = async () => {
    const first = section(page, "directions").locator("li").first();
    await first.locator("summary").click();
    await expect(first.getByRole("table")).toContainText(liked);
    await expect(first.getByRole("table")).toContainText(disliked);
  };
  await check();
  await page.reload();
  await expect(page.locator("main header")).toContainText("Read from 1 liked film and 1 disliked film.");
  await check();

  // The ratings are those of the history, not the page's own.
  await page.getByRole("link", { name: "Prediction", exact: true }).click();
  await expect(app.entry(liked).getByRole("slider")).toHaveAttribute("aria-valuetext", "4.5 stars of 5");
  await expect(app.entry(disliked).getByRole("slider")).toHaveAttribute("aria-valuetext", "1.5 stars of 5");
});

test("a like is taken back, and the page's undo brings it back", async ({ app, page }) => {
  await withoutModel(page);
  await app.open("?backend=wasm&lang=en#taste");
  const title = await rate(page, 0, "Like");
  await section(page, "rate").getByRole("button", { name: "Take back" }).click();
  await expect(section(page, "moved")).toContainText(`Since ${title} says nothing any more:`);
  await section(page, "rate").getByRole("button", { name: "Undo" }).click();
  await expect(section(page, "moved")).toContainText(`Since you like ${title}:`);
});

test("a direction is decided by keyboard alone, told to the prompt, and kept through a reload", async ({
  app,
  page,
}) => {
  await withoutModel(page);
  await app.open("?backend=wasm&lang=en#taste");
  await page.getByText("All 46: the less sure ones").click();
  const horror = direction(page, "genre-horror");
  await horror.getByRole("radio", { name: "My ratings" }).focus();
  await page.keyboard.press("ArrowRight");
  await expect(horror.getByRole("radio", { name: "against", exact: true })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(horror).toHaveAttribute("data-state", "against");
  await expect(page.locator("main header")).toContainText("You are against Horror.");
  await expect(section(page, "moved")).toContainText("You decided Horror: against.");
  await expect(section(page, "told").locator('[data-conditioning="pba"] pre')).toHaveText(
    "Dislikes: horror.",
  );
  // A decision stands with the surest.
  await expect(section(page, "directions").locator("li").first()).toHaveAttribute(
    "data-direction",
    "genre-horror",
  );

  await page.reload();
  await expect(horror).toHaveAttribute("data-state", "against");
  await horror.getByRole("radio", { name: "My ratings" }).click();
  await expect(horror).toHaveAttribute("data-state", "neutral");
  await page.reload();
  await expect(horror).toHaveAttribute("data-state", "neutral");
});

test("a saved persona is opened elsewhere: its decisions come along, what is unusable is named", async ({
  app,
  page,
}) => {
  await withoutModel(page);
  await app.open("?backend=wasm&lang=en#taste");
  await rate(page, 0, "Like");
  await page.getByText("All 46: the less sure ones").click();
  await direction(page, "genre-war").getByRole("radio", { name: "for", exact: true }).click();
  await expect(direction(page, "genre-war")).toHaveAttribute("data-state", "for");
  await direction(page, "era-1970").getByRole("button", { name: "Lock 1970s as it is: neutral" }).click();
  await expect(direction(page, "era-1970")).toContainText("locked by you");
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    section(page, "keep").getByRole("button", { name: "Save my persona" }).click(),
  ]);
  const saved = JSON.parse(await readFile(await download.path(), "utf8"));
  expect(saved).toMatchObject({
    schema: "becausal-persona/1",
    decisions: [
      { direction: "genre-war", state: "for", by: "set" },
      { direction: "era-1970", state: "neutral", by: "locked" },
    ],
    opinions: { disliked: [] },
  });
  expect(saved.opinions.liked).toHaveLength(1);
  expect(saved.stances).toHaveLength(46);

  await page.getByRole("button", { name: "Give all 2 decisions back to my ratings" }).click();
  await expect(direction(page, "genre-war")).toHaveAttribute("data-state", "neutral");
  const open = (name: string, text: string) =>
    section(page, "keep")
      .locator('input[type="file"]')
      .setInputFiles([{ name, mimeType: "application/json", buffer: Buffer.from(text) }]);
  const decisions = [...saved.decisions, { direction: "genre-opera", state: "for", by: "set" }];
  await open("mine.json", JSON.stringify({ ...saved, decisions }));
  await expect(section(page, "keep")).toContainText("2 decisions of mine.json are now yours");
  await expect(section(page, "keep")).toContainText("there is no direction genre-opera here");
  await expect(direction(page, "genre-war")).toHaveAttribute("data-state", "for");
  await expect(direction(page, "era-1970")).toContainText("locked by you");

  await open("torn.json", '{"schema":"becausal-persona/1"');
  await expect(page.getByRole("alert")).toContainText("torn.json cannot be read");
  await expect(direction(page, "genre-war")).toHaveAttribute("data-state", "for");
});

test("a directions file that cannot be fetched is named, and fetched again on asking", async ({
  app,
  page,
}) => {
  await withoutModel(page);
  await page.route("**/preference-space.json", (route) => route.fulfill({ status: 404, body: "" }));
  await app.open("?backend=wasm&lang=en#taste");
  await expect(page.getByRole("alert")).toContainText("preference-space.json could not be fetched");
  await page.unroute("**/preference-space.json");
  await page.getByRole("alert").getByRole("button").click();
  await expect(asked(page)).toHaveCount(8);
});

test("two tastes rank the model's slate, and a decision moves one's own order", async ({ app, page }) => {
  await app.openWith("?backend=wasm&lang=en", [
    ["alien", "Alien"],
    ["blade runner", "Blade Runner"],
  ]);
  await app.answered();
  const shown = (await app.top()).map(({ title }) => title);
  await page.getByRole("link", { name: "Taste", exact: true }).click();
  await expect(page.getByRole("heading", { level: 1 })).toBeFocused();
  const titles = (side: number) =>
    section(page, "two").getByRole("figure").nth(side).locator("tbody cite").allInnerTexts();
  await expect(section(page, "two").getByRole("figure")).toHaveCount(2);
  expect((await titles(0)).toSorted()).toEqual(shown.toSorted());
  await section(page, "two").getByRole("button", { name: "Rank the whole slate of 50" }).click();
  await expect(section(page, "two")).toContainText("Ranked among the 50 films of the whole slate.");
  const before = await titles(0);
  await page.getByText("All 46: the less sure ones").click();
  await direction(page, "genre-horror").getByRole("radio", { name: "for", exact: true }).click();
  await expect.poll(() => titles(0)).not.toEqual(before);
  await expect(section(page, "two").getByRole("status").last()).toContainText(
    /^(Both tastes put|Your taste puts) /,
  );
  await section(page, "two").getByRole("combobox").selectOption("classics");
  await expect(section(page, "two").getByRole("figure").nth(1)).toContainText("A fan of old dramas");
  // A question aside: the prediction and its map are as they were.
  await page.getByRole("link", { name: "Prediction", exact: true }).click();
  expect((await app.top()).map(({ title }) => title)).toEqual(shown);
});

for (const language of ["en", "ja"] as const)
  test(`no rule of axe is broken and nothing is beyond the screen's side (${language})`, async ({
    app,
    page,
  }) => {
    await withoutModel(page);
    await app.open(`?backend=wasm&lang=${language}#taste`);
    for (const place of [0, 1]) {
      const title = (await asked(page).nth(place).locator("cite").textContent()) ?? "";
      await asked(page).nth(place).getByRole("button").nth(place).click();
      await expect(asked(page).nth(place).locator("cite")).not.toHaveText(title);
    }
    await app.unfold();
    await direction(page, "genre-horror").getByRole("radio").last().click();
    await expect(direction(page, "genre-horror")).toHaveAttribute("data-state", "for");
    await app.unfold();
    await expectNoBrokenRule(page, "a taste with a decision");
    await expectToFit(page, [320, 360, 768, 1440]);
  });

test("the page speaks Japanese throughout", async ({ app, page }) => {
  await withoutModel(page);
  await app.open("?backend=wasm&lang=ja#taste");
  await expect(asked(page)).toHaveCount(8);
  await asked(page).nth(0).getByRole("button").first().click();
  await expect(section(page, "moved")).toContainText("を「好き」としたので、");
  await app.unfold();
  const own = await app.japaneseTexts("main#taste");
  expect(own.length).toBeGreaterThan(300);
  const english = own.filter((text) => /[A-Za-z]{3,}/.test(text.replaceAll(/IMAX|ICA|PBA/g, "")));
  expect(english).toEqual([]);
});
