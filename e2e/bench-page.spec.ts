import AxeBuilder from "@axe-core/playwright";
import type { BenchResult } from "../src/bench/bench-options.ts";
import { expect, test } from "./fixtures.ts";

const TINY = { backend: "wasm", threads: 1, repetitions: 2, prompt_tokens: 8, depth: 2 };

test.beforeEach(async ({ page }) => {
  await page.goto("/bench.html?lang=en");
  await page.waitForFunction(() => "bench" in globalThis);
});

test("a program gets the timings it asked for, and people see them as a table", async ({ page }) => {
  const result: BenchResult = await page.evaluate((options) => globalThis.bench(options), TINY);
  expect(Object.keys(result)).toEqual([
    "backend",
    "threads",
    "load_ms",
    "prefill_tokens",
    "prefill_ms",
    "slate_ms",
    "heatmap_ms",
  ]);
  expect(result).toMatchObject({ backend: "wasm", threads: 1, prefill_tokens: 8 });
  for (const times of [result.prefill_ms, result.slate_ms, result.heatmap_ms, [result.load_ms]]) {
    expect(times.length === 2 || times[0] === result.load_ms).toBe(true);
    for (const time of times) expect(time).toBeGreaterThan(0);
  }
  // A heatmap is eleven slates of half the size: were it faster than one slate, something would not have been computed.
  expect(Math.min(...result.heatmap_ms)).toBeGreaterThan(Math.min(...result.slate_ms));

  await expect(page.getByRole("status")).toContainText("Done");
  const table = page.getByRole("table", { name: /2 layers, 2 timed runs/ });
  await expect(table.getByRole("row")).toHaveCount(8);
  await expect(table.getByRole("row", { name: /^Next token after 8 tokens/ })).toHaveAttribute(
    "data-figure",
    "prefill_ms",
  );
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, help }) => `${id}: ${help}`)).toEqual([]);
});

test("options that are none are refused by name", async ({ page }) => {
  const refusal = (options: unknown) =>
    page.evaluate(
      (given) => globalThis.bench(given).then(String, (error: Error) => `${error.name}: ${error.message}`),
      options,
    );
  expect(await refusal({ ...TINY, threads: 0 })).toMatch(/^FailureError: .*option threads/);
  expect(await refusal({ ...TINY, layers: 2 })).toMatch(/no option layers; the options are backend/);
  expect(await refusal({ ...TINY, depth: 31 })).toMatch(
    /depth 31 (is beyond the 30 layers|needs the published file .* `npm run model:full` fetches it)/,
  );
});

test("the page speaks Japanese", async ({ page }) => {
  await page.goto("/bench.html?lang=ja");
  await expect(page.getByRole("heading", { name: "計測" })).toBeVisible();
  await expect(page.locator("html")).toHaveAttribute("lang", "ja");
});
