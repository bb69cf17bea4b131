import { describe, expect, test } from "vitest";
import { page, userEvent } from "vitest/browser";
import { filmAt, fixtureStrip } from "../gallery/why-fixtures.ts";
import { languages } from "../i18n/language.ts";
import { accessibilityViolations, renderForTest } from "../render-for-test.tsx";
import { TokenStrip } from "./TokenStrip.tsx";

const tokens = fixtureStrip([" Star", " Wars", ":", " Episode"], 1.4);
const strip = <TokenStrip film={filmAt(1)} tokens={tokens} />;
const focused = () => document.activeElement?.getAttribute("data-token");
const toNumber = (text: string) => Number.parseFloat(text.replace("−", "-").replace("·", ""));

describe("the token strip", () => {
  test("shows every token with its signed effect, and the table both log-probabilities", async () => {
    const { host } = await renderForTest(strip);
    const shown = [...host.querySelectorAll("[data-token] span:last-child")];
    const expected = tokens.map(({ deltaNats }) => Number(deltaNats.toFixed(2)));
    expect(shown.map(({ textContent }) => toNumber(textContent ?? ""))).toEqual(expected);
    const rows = [...host.querySelectorAll("tbody tr")].map((row) =>
      [...row.querySelectorAll("td")].slice(0, 3).map(({ textContent }) => toNumber(textContent ?? "")),
    );
    expect(rows).toEqual(
      tokens.map(({ logWith, logWithout, deltaNats }) =>
        [logWith, logWithout, deltaNats].map((value) => Number(value.toFixed(2))),
      ),
    );
  });
  test("is one tab stop, inside which the arrow keys, Home and End move", async () => {
    await renderForTest(strip);
    await userEvent.tab();
    expect(focused()).toBe("0");
    await userEvent.keyboard("{ArrowRight}{ArrowRight}");
    expect(focused()).toBe("2");
    await userEvent.keyboard("{End}{ArrowRight}");
    expect(focused()).toBe("3");
    await userEvent.keyboard("{Home}");
    expect(focused()).toBe("0");
    await userEvent.tab();
    expect(document.activeElement?.textContent).toBe("Difference");
    await userEvent.tab();
    expect(document.activeElement?.tagName).toBe("SUMMARY");
  });
  test("shows against the title's mean what a shift of all tokens hides, and says so", async () => {
    const shifted = tokens.map((token) => ({
      ...token,
      logWith: token.logWith - 20,
      deltaNats: token.deltaNats - 20,
    }));
    const { host } = await renderForTest(<TokenStrip film={filmAt(1)} tokens={shifted} />);
    expect(host.textContent).toContain("All tokens are less likely with the history");
    const numbers = () =>
      [...host.querySelectorAll("[data-token] span:last-child")].map(({ textContent }) =>
        toNumber(textContent ?? ""),
      );
    expect(numbers().every((nats) => nats < -10)).toBe(true);
    await userEvent.click(page.getByRole("radio", { name: "Against the title’s mean" }));
    await expect.poll(() => Math.abs(numbers().reduce((sum, nats) => sum + nats, 0))).toBeLessThan(0.03);
    expect(host.textContent).toContain("less the mean difference of the title");
  });
  test("reads both log-probabilities of the focused token", async () => {
    const { host } = await renderForTest(strip);
    await userEvent.tab();
    await expect
      .poll(() => host.textContent)
      .toMatch(/“·Star”: log p is −\d\.\d\d with the history \(a chance of .+%\) and −\d\.\d\d without/);
  });
  test("speaks a token as text, effect and both log-probabilities", async () => {
    const { host } = await renderForTest(strip);
    for (const token of host.querySelectorAll("[data-token]"))
      expect(token.ariaLabel).toMatch(/^.+: [+−]?\d\.\d\d nats; log p .+ with the history, .+ without$/);
  });
  test("says which way the title as a whole moves", async () => {
    const { host, draw } = await renderForTest(strip);
    const total = tokens.reduce((sum, { deltaNats }) => sum + deltaNats, 0);
    const swapped = tokens.map((token) => ({
      ...token,
      logWith: token.logWithout,
      logWithout: token.logWith,
      deltaNats: -token.deltaNats,
    }));
    expect(total).toBeGreaterThan(0);
    expect(host.querySelector("p")?.textContent).toMatch(/^With the history/);
    draw(<TokenStrip film={filmAt(1)} tokens={swapped} />);
    await expect.poll(() => host.querySelector("p")?.textContent).toMatch(/^Without the history/);
  });
  test.for(languages)("has no accessibility violation (%s)", async (language) => {
    const { host } = await renderForTest(
      <>
        <h1>-</h1>
        {strip}
      </>,
      language,
    );
    host.querySelector("summary")?.click();
    expect(await accessibilityViolations(host)).toEqual([]);
  });
});
