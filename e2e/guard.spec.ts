import { expect, test } from "@playwright/test";
import { watch } from "./guard.ts";

test("the watch sees other origins, carried data, violations, crashes and requests of workers", async ({
  context,
  baseURL,
}) => {
  const origin = new URL(baseURL!).origin;
  const seen = await watch(context, origin);
  const page = await context.newPage();
  await page.goto("/?backend=wasm");
  await expect(page.locator("#engine")).toHaveAttribute("data-phase", "ready");
  expect(seen.outside).toEqual([]);
  expect(seen.carrying).toEqual([]);
  expect(seen.violations).toEqual([]);
  expect(seen.crashes).toEqual([]);
  expect(
    seen.urls.filter((url) => url.endsWith(".bin")).length,
    "parts fetched by the worker",
  ).toBeGreaterThan(1);
  expect(seen.urls.some((url) => url.endsWith(".wasm"))).toBe(true);

  await page.evaluate(async () => {
    await fetch("/packs/movies/manifest.json?liked=1").catch(() => null);
    await fetch("/icon.svg", { method: "POST", body: "1" }).catch(() => null);
    await fetch("https://elsewhere.invalid/").catch(() => null);
    setTimeout(() => {
      throw new RangeError("planted");
    });
  });
  await expect.poll(() => seen.crashes).toEqual(["RangeError: planted"]);
  expect(seen.carrying).toEqual([
    `GET ${origin}/packs/movies/manifest.json?liked=1`,
    `POST ${origin}/icon.svg`,
  ]);
  expect(seen.violations.length).toBeGreaterThan(0);
  expect(seen.violations.join()).toContain("elsewhere.invalid");

  const otherName = origin.replace("localhost", "127.0.0.1");
  await page.goto(otherName).catch(() => null);
  expect(seen.outside).toContain(`GET ${otherName}/`);
});
