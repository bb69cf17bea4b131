import { describe, expect, test } from "vitest";
import { userEvent } from "vitest/browser";
import { itemId } from "../../core/ids.ts";
import { fixtureMatrix } from "../../state/fixtures/effects.ts";
import { fixtureFilms } from "../../state/fixtures/films.ts";
import { languages } from "../i18n/language.ts";
import { accessibilityViolations, renderForTest } from "../render-for-test.tsx";
import { EffectTable } from "./EffectTable.tsx";
import { Heatmap } from "./Heatmap.tsx";
import { heatCells } from "./heat-cells.ts";
import { heatEnd } from "./heat-scale.ts";

const history = [3, 4, 0].map(itemId);
const candidates = [1, 2, 10, 13].map(itemId);
const matrix = fixtureMatrix(history, candidates);
const end = heatEnd(matrix.rows.flatMap(({ deltaNats }) => deltaNats));
const films = (items: readonly number[]) => items.map((item) => fixtureFilms[item]!);
const props = {
  causes: films(history),
  targets: films(candidates),
  cells: heatCells(matrix.rows, [...history.keys()], candidates.length, end),
  busy: false,
};
const focused = () => document.activeElement?.getAttribute("data-cell");

describe("the heatmap", () => {
  test("shows the numbers of the matrix, and the plain table the same", async () => {
    const { host } = await renderForTest(
      <>
        <Heatmap {...props} />
        <EffectTable {...props} />
      </>,
    );
    const numbers = (selector: string) =>
      [...host.querySelectorAll(selector)].map((cell) =>
        Number.parseFloat((cell.textContent ?? "").replace("−", "-").replace("·", "")),
      );
    const expected = matrix.rows.flatMap(({ deltaNats }) =>
      deltaNats.map((delta) => Number(delta.toFixed(2))),
    );
    expect(numbers('[role="grid"] tbody td')).toEqual(expected);
    expect(numbers("table:not([role]) tbody td")).toEqual(expected);
  });

  test("is one tab stop, inside which the arrow keys, Home and End move", async () => {
    const { host } = await renderForTest(<Heatmap {...props} />);
    await userEvent.tab();
    expect(focused()).toBe("0-0");
    await userEvent.keyboard("{ArrowRight}{ArrowDown}");
    expect(focused()).toBe("1-1");
    await userEvent.keyboard("{End}");
    expect(focused()).toBe("1-3");
    await userEvent.keyboard("{ArrowRight}{ArrowDown}{ArrowDown}{ArrowDown}");
    expect(focused()).toBe("2-3");
    await userEvent.keyboard("{Control>}{Home}{/Control}");
    expect(focused()).toBe("0-0");
    expect(host.querySelectorAll('[tabindex="0"]')).toHaveLength(1);
  });

  test("speaks every cell as cause, target, effect and meaning", async () => {
    const { host } = await renderForTest(<Heatmap {...props} />);
    const labels = [...host.querySelectorAll("tbody td")].map((cell) => cell.getAttribute("aria-label"));
    expect(labels).toHaveLength(12);
    for (const label of labels) expect(label).toMatch(/^.+ on .+: [+−]?\d+\.\d\d nats, .+$/);
  });

  test("reads the focused cell out in words, with percentage points", async () => {
    const { host } = await renderForTest(<Heatmap {...props} />);
    await userEvent.tab();
    await expect
      .poll(() => host.querySelector("p")?.textContent)
      .toMatch(/Blade Runner.*nats.*percentage points/);
  });

  test("marks what is not computed yet, and fills it in when it comes", async () => {
    const some = heatCells(matrix.rows.slice(0, 1), [...history.keys()], candidates.length, end);
    const { host, draw } = await renderForTest(<Heatmap {...props} cells={some} busy={true} />);
    expect(host.querySelectorAll("[data-pending]")).toHaveLength(8);
    expect(host.querySelector("[data-pending]")?.getAttribute("aria-label")).toContain("not computed yet");
    draw(<Heatmap {...props} />);
    await expect.poll(() => host.querySelectorAll("[data-pending]").length).toBe(0);
  });

  test.for(languages)("has no accessibility violation (%s)", async (language) => {
    const { host } = await renderForTest(
      <>
        <h1>-</h1>
        <Heatmap {...props} />
        <EffectTable {...props} />
      </>,
      language,
    );
    expect(await accessibilityViolations(host)).toEqual([]);
  });
});
