/**
 * @file Exact pictures of the main states. Clock, language, fonts and model are fixed; what a machine's speed decides (seconds, threads,
 * positions per second, peak memory) is masked. Baselines: `npx playwright test look-as-designed --update-snapshots`.
 */
import type { Locator, Page } from "@playwright/test";
import { type App, expect, test } from "./fixtures.ts";
import { expectToFit } from "./page-checks.ts";

test.beforeEach(async ({ page }) => {
  await page.clock.setFixedTime(new Date("2026-01-15T20:00:00Z"));
  // The seed of the log: chance picks the same film in every run.
  await page.addInitScript(() => {
    crypto.getRandomValues = (numbers) => {
      if (numbers instanceof Uint32Array) numbers.fill(7);
      return numbers;
    };
  });
});

/** Not a shade may differ: the default threshold lets another dark blue pass for black. */
const exact = { threshold: 0, maskColor: "#808080" };

/** Speed, memory and threads: what this machine, not the model, decides. */
function measured(app: App): Locator {
  return app.engine.locator("dd:nth-of-type(2), dd:nth-of-type(n + 4)");
}

/** How long the answer took, and how long the film that chance picked has been in sight. */
function timed(app: App): Locator[] {
  return [app.ranking.locator("> p:last-child"), app.ranking.locator("section").getByRole("status")];
}

async function picture(app: App, name: string): Promise<void> {
  const { page } = app;
  await settle(page);
  await expect(page).toHaveScreenshot(`${name}.png`, {
    ...exact,
    fullPage: true,
    mask: [measured(app), ...timed(app)],
  });
}

/** Fonts have arrived, nothing has the focus, the pointer is out of the way. */
async function settle(page: Page): Promise<void> {
  await page.mouse.move(0, 0);
  await page.evaluate(async () => {
    if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
    scrollTo(0, 0);
    await document.fonts.ready;
  });
}

async function finished(app: App, flags: string): Promise<void> {
  await app.openReady(flags);
  await app.changing(() => app.historyPanel.locator("ul li button").nth(1).click());
  await app.explained();
  await app.audited();
}

test("first paint, with the sample", async ({ app, page }) => {
  await page.route("**/part-*.bin", () => undefined);
  await app.open("?backend=wasm");
  await expect(app.lede).toHaveAttribute("data-origin", "sample");
  await expect(app.historyPanel.locator("ul li button").first()).toBeVisible();
  await expect(page.locator("footer table")).toBeAttached();
  await picture(app, "first-paint");
  await page.unrouteAll({ behavior: "ignoreErrors" });
});

test("a finished answer: top ten, map, inspector; light, dark and narrow", async ({ app, page }) => {
  await finished(app, "?backend=wasm&lang=en");
  await picture(app, "answer");
  await settle(page);
  await expect(page.locator('section[aria-labelledby="inside-heading"]')).toHaveScreenshot("inspector.png", {
    ...exact,
    mask: [measured(app)],
  });
  await page.emulateMedia({ colorScheme: "dark", reducedMotion: "reduce" });
  await picture(app, "answer-dark");
  await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
  await page.setViewportSize({ width: 360, height: 780 });
  await picture(app, "answer-360px");
  await expectToFit(page, [360]);
});

test("a finished answer in Japanese", async ({ app }) => {
  await finished(app, "?backend=wasm&lang=ja");
  await picture(app, "answer-ja");
});

test("taste, learning and the lab, none of which needs the model", async ({ app, page }) => {
  await page.route("**/models/**", (route) => route.fulfill({ status: 404, body: "" }));
  await app.open("?backend=wasm&lang=en#taste");
  await expect(app.lamp).toHaveAttribute("data-phase", "failed");
  for (const answer of ["Like", "Dislike"]) {
    await page
      .getByRole("button", { name: new RegExp(`^${answer} `) })
      .first()
      .click();
    await expect(page.locator("#taste-moved")).toContainText(`Since you ${answer.toLowerCase()}`);
  }
  await picture(app, "taste");
  await page.goto("/?backend=wasm&lang=en#learn");
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  await picture(app, "learn");
  await page.goto("/?backend=wasm&lang=en#lab");
  await expect(page.getByRole("button", { name: "Run again" })).toBeVisible();
  await expect(page.locator("main#lab").getByRole("progressbar")).toHaveCount(0);
  await picture(app, "lab");
});

test("the gallery of charts", async ({ app, page }) => {
  await app.open("?gallery");
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  await picture(app, "gallery");
});
