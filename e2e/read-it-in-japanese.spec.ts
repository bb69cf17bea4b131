import { expect, test } from "./fixtures.ts";

/** Names that are the same in every language. */
const NAMES =
  /becausal|CPU|GPU|WebAssembly|WebGPU|SASRec|MovieLens|SmolLM2|Newsreader|Archivo|Zen|Kaku|Gothic|New|Old|Mincho|SIL|Open|Font|License|English|SIMD|Apache|Hugging|Face|nats?|MB|Alt|JSON|CSV|SVG|PNG/g;

test("the whole page speaks Japanese, from the first screen to the map", async ({ app, page }) => {
  await app.openReady("?backend=wasm&lang=ja");
  await expect(page.locator("html")).toHaveAttribute("lang", "ja");
  await expect(page).toHaveTitle(/次に観る映画/);
  await app.changing(() => app.startFrom(/考えさせるSF/));
  await app.explained();
  await app.audited();
  await expect(app.effects.getByRole("heading", { level: 2 })).toBeVisible();
  expect(await app.top()).toHaveLength(10);

  // What is not marked as another language is Japanese: no English sentence is left over.
  const own = await page.evaluate(() => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const texts: string[] = [];
    while (walker.nextNode()) {
      const { parentElement, textContent } = walker.currentNode;
      // The prompt is shown as the model read it, and it read English.
      if (parentElement?.closest('noscript, section[aria-labelledby="prompt-heading"] li') !== null) continue;
      if (parentElement.closest("[lang]")?.getAttribute("lang") === "ja") texts.push(textContent ?? "");
    }
    const labelled = [...document.querySelectorAll("[aria-label]")].filter(
      (element) =>
        element.closest("[lang]")?.getAttribute("lang") === "ja" &&
        element.closest("[data-cell], li") === null,
    );
    return [...texts, ...labelled.map((element) => element.getAttribute("aria-label") ?? "")];
  });
  expect(own.length).toBeGreaterThan(50);
  const english = own.filter((text) => /[A-Za-z]{3,}/.test(text.replaceAll(NAMES, "")));
  expect(english).toEqual([]);
});

test("the language is chosen on the page and kept", async ({ app, page }) => {
  await page.route("**/part-*.bin", () => undefined);
  await app.open("?backend=wasm");
  await page.getByRole("radio", { name: "日本語" }).click();
  await expect(page.locator("html")).toHaveAttribute("lang", "ja");
  await page.reload();
  await expect(page.locator("html")).toHaveAttribute("lang", "ja");
  await page.unrouteAll({ behavior: "ignoreErrors" });
});
