/** @file What every page has to pass in every state. */
import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { expect } from "./fixtures.ts";

/**
 * No rule of axe is broken in light or dark. The schemes differ in nothing but colours (theme.css), so that in dark only the rule on
 * contrast is asked again: on pages of many thousand elements a rule takes seconds. Leaves the page dark.
 */
export async function expectNoBrokenRule(page: Page, state: string): Promise<void> {
  await inScheme(page, "light");
  expect(await broken(page), `${state}, light`).toEqual([]);
  await inScheme(page, "dark");
  expect(await broken(page, ["color-contrast"]), `${state}, dark`).toEqual([]);
}

/**
 * Nothing reaches beyond the screen's side at any of the widths, CSS pixels: neither the document nor what a box cuts off. What is in a region
 * that scrolls by itself may: a grid, or what takes the focus for it. Leaves the page at the last width.
 */
export async function expectToFit(page: Page, widths: readonly number[]): Promise<void> {
  for (const width of widths) {
    await page.setViewportSize({ width, height: 900 });
    const overflow = await page.evaluate(() => {
      const own = [...document.querySelectorAll("main *")].filter(
        (each) => each.closest('[tabindex="0"], [role="grid"]') === null,
      );
      const right = Math.max(...own.map((each) => each.getBoundingClientRect().right));
      // Round numbers, since places are fractions of pixels.
      return Math.max(document.documentElement.scrollWidth, Math.round(right)) - innerWidth;
    });
    expect(overflow, `pixels beyond the side at ${width}`).toBeLessThanOrEqual(0);
  }
}

/** Changes the scheme, and waits until no colour is on its way from one to the other: those between are neither. */
async function inScheme(page: Page, colorScheme: "light" | "dark"): Promise<void> {
  await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
  await page.evaluate(() => {
    // Only transitions: the lamp of an engine under way breathes for ever. One may be given up for the next.
    const fades = document.getAnimations().filter((animation) => animation instanceof CSSTransition);
    return Promise.allSettled(fades.map(({ finished }) => finished));
  });
}

/** Rules that are broken, with the elements and axe's own words. */
async function broken(page: Page, rules?: string[]): Promise<string[]> {
  const axe = new AxeBuilder({ page });
  if (rules === undefined)
    axe.withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]);
  else axe.withRules(rules);
  const { violations } = await axe.analyze();
  return violations.map(
    ({ id, help, nodes }) => `${id}: ${help} (${nodes.map(({ target }) => target.join(" ")).join(", ")})`,
  );
}
