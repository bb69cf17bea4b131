import { expect, test } from "./fixtures.ts";
import { expectNoBrokenRule } from "./page-checks.ts";

for (const language of ["en", "ja"] as const)
  test(`no rule of axe is broken in any main state, light or dark (${language})`, async ({ app, page }) => {
    const check = (state: string) => expectNoBrokenRule(page, state);
    await page.route("**/part-02.bin", (route) => route.fulfill({ status: 404, body: "" }));
    await app.open(`?backend=wasm&lang=${language}`);
    await expect(app.engine).toHaveAttribute("data-phase", "failed");
    await check("a failed load");

    await page.unroute("**/part-02.bin");
    await app.changing(() => app.engine.getByRole("button").click());
    await check("an empty history");

    await app.search.fill("star");
    await expect(page.getByRole("option").first()).toBeVisible();
    await check("a search");
    await app.search.fill("");

    await app.changing(() => app.historyPanel.locator("ul li button").first().click());
    await app.explained();
    await app.unfold();
    await check("a finished answer");

    // The component tests look at these parts in either language; here they hold what the model really says.
    if (language !== "en") return;
    await app.audited();

    const tabs = app.effects.getByRole("tab");
    for (const [at, content] of [
      [1, '[role="tabpanel"] table'],
      [2, '[role="tabpanel"] table'],
      [3, "[data-token]"],
      [5, '[role="tabpanel"] search'],
    ] as const) {
      await tabs.nth(at).click();
      await expect(app.effects.locator(content).first()).toBeVisible();
    }
    await app.unfold();
    await check("one recommendation word by word, and another history");
  });
