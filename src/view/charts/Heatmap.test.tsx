import { describe, expect, test } from "vitest";
import { userEvent } from "vitest/browser";
import { eventIndex, itemId } from "../../core/ids.ts";
import { fixtureMatrix } from "../../state/fixtures/effects.ts";
import { fixtureFilms } from "../../state/fixtures/films.ts";
import { fixtureMap } from "../gallery/why-fixtures.ts";
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
const given = matrix.rows.map(({ deltaNats }) => deltaNats.map((delta) => Number(delta.toFixed(2))));
const grid = (host: Element) => host.querySelector('[role="grid"]')!;
const readout = (host: Element) => host.querySelector("p:last-of-type")?.textContent;
const numbers = (host: Element) =>
  [...host.querySelectorAll('[role="grid"] tbody tr')].map((row) =>
    [...row.querySelectorAll("td")].map((cell) =>
      Number.parseFloat((cell.textContent ?? "").replace("−", "-").replace("·", "")),
    ),
  );
/** Presses Tab until the focus is in the grid: the choices above it are three stops. */
async function tabInto(host: Element): Promise<void> {
  for (let stops = 0; stops < 4; stops += 1) await userEvent.tab();
  expect(grid(host).contains(document.activeElement)).toBe(true);
}
const focused = () => document.activeElement?.getAttribute("data-cell");

describe("the heatmap", () => {
  test("shows the numbers of the matrix, and the plain table the same to more places", async () => {
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
    const expected = (digits: number) =>
      matrix.rows.flatMap(({ deltaNats }) => deltaNats.map((delta) => Number(delta.toFixed(digits))));
    expect(numbers('[role="grid"] tbody td')).toEqual(expected(2));
    expect(numbers("table:not([role]) tbody td")).toEqual(expected(4));
  });

  test("is one tab stop, inside which the arrow keys, Home and End move", async () => {
    const { host } = await renderForTest(<Heatmap {...props} />);
    await tabInto(host);
    expect(focused()).toBe("0-0");
    await userEvent.keyboard("{ArrowRight}{ArrowDown}");
    expect(focused()).toBe("1-1");
    await userEvent.keyboard("{End}");
    expect(focused()).toBe("1-3");
    await userEvent.keyboard("{ArrowRight}{ArrowDown}{ArrowDown}{ArrowDown}");
    expect(focused()).toBe("2-3");
    await userEvent.keyboard("{Control>}{Home}{/Control}");
    expect(focused()).toBe("0-0");
    expect(grid(host).querySelectorAll('[tabindex="0"]')).toHaveLength(1);
    await userEvent.tab();
    expect(grid(host).contains(document.activeElement)).toBe(false);
  });

  test("reaches its headings by arrow keys, and Enter there sorts by their film and back", async () => {
    const { host } = await renderForTest(<Heatmap {...props} />);
    await tabInto(host);
    await userEvent.keyboard("{ArrowRight}{ArrowUp}");
    const heading = host.querySelectorAll("thead th")[1]!;
    expect(heading.contains(document.activeElement)).toBe(true);
    expect(grid(host).querySelectorAll('[tabindex="0"]')).toHaveLength(1);
    const column = () => numbers(host).map((row) => row[1]!);
    await userEvent.keyboard("{Enter}");
    expect(heading.getAttribute("aria-sort")).toBe("descending");
    expect(column()).toEqual(column().toSorted((a, b) => b - a));
    await userEvent.keyboard("{Enter}");
    expect(heading.getAttribute("aria-sort")).toBe("ascending");
    expect(column()).toEqual(column().toSorted((a, b) => a - b));
    await userEvent.keyboard("{Enter}");
    expect(heading.hasAttribute("aria-sort")).toBe(false);
    expect(numbers(host)).toEqual(given);
  });

  test("sorts the recommendations by a watched film, and each keeps its rank", async () => {
    const { host } = await renderForTest(<Heatmap {...props} />);
    await tabInto(host);
    await userEvent.keyboard("{ArrowDown}{ArrowLeft}{Enter}");
    expect(host.querySelectorAll("tbody th")[1]?.getAttribute("aria-sort")).toBe("descending");
    expect(numbers(host)[1]).toEqual(given[1]?.toSorted((a, b) => b - a));
    const ranks = [...host.querySelectorAll("thead button")].map((heading) =>
      Number.parseInt(heading.textContent ?? "", 10),
    );
    expect(ranks).toEqual([0, 1, 2, 3].toSorted((a, b) => given[1]![b]! - given[1]![a]!).map((c) => c + 1));
    await expect
      .poll(() => host.querySelector("[aria-live]")?.textContent)
      .toContain("Alien speaks most for");
  });

  test("speaks and reads out the right films after sorting", async () => {
    const { host } = await renderForTest(
      <Heatmap {...props} initially={{ columns: { by: "effect", of: itemId(3), direction: "ascending" } }} />,
    );
    for (const cell of host.querySelectorAll("tbody td")) {
      const [, cause, target, nats] = /^(.+) on (.+): ([+−]?[\d.]+) nats/.exec(cell.ariaLabel ?? "")!;
      const row = props.causes.findIndex(({ title }) => title === cause);
      const column = props.targets.findIndex(({ title }) => title === target);
      expect(Number(nats!.replace("−", "-"))).toBe(given[row]![column]);
    }
    await tabInto(host);
    await expect.poll(() => readout(host)).toContain(`the score of ${props.targets[0]!.title}`);
  });

  test("keeps the tab stop on its films when they are sorted", async () => {
    const { host } = await renderForTest(<Heatmap {...props} />);
    await tabInto(host);
    await userEvent.keyboard("{ArrowDown}{ArrowDown}");
    const label = document.activeElement?.ariaLabel;
    host.querySelector<HTMLElement>("thead button")?.click();
    await expect.poll(() => host.querySelector("thead th")?.getAttribute("aria-sort")).toBe("descending");
    expect(grid(host).querySelector('[tabindex="0"]')?.ariaLabel).toBe(label);
  });

  test("can be ordered and sized from the line above it, by keyboard", async () => {
    const { host } = await renderForTest(<Heatmap {...props} />);
    await userEvent.tab();
    await userEvent.keyboard("{ArrowRight}{Enter}");
    const sums = numbers(host).map((row) => row.reduce((sum, value) => sum + Math.abs(value), 0));
    expect(sums).toEqual(sums.toSorted((a, b) => b - a));
    await userEvent.tab();
    await userEvent.tab();
    await userEvent.keyboard("{ArrowLeft}{Enter}");
    await expect
      .poll(() => host.querySelector("[data-density]")?.getAttribute("data-density"))
      .toBe("compact");
    const shown = host.querySelector("tbody td")!;
    const seen = [...shown.children].filter((part) => part.checkVisibility());
    expect(seen.map(({ textContent }) => textContent).join()).toMatch(/^[+−·]$/);
    expect(shown.ariaLabel).toMatch(/\d\.\d\d nats/);
  });

  test("marks an estimate with its standard error, and an effect that may be chance with a frame", async () => {
    const map = fixtureMap([3, 4], [1, 2], true);
    const { host } = await renderForTest(<Heatmap {...map} busy={false} />);
    const cells = [...host.querySelectorAll<HTMLElement>("tbody td")];
    for (const cell of cells) {
      expect(cell.textContent).toMatch(/±0\.\d\d$/);
      expect(cell.ariaLabel).toContain("standard error");
    }
    const unsure = cells.filter((cell) => cell.hasAttribute("data-unsure"));
    const doubted = map.cells.flat().filter((cell) => Math.abs(cell!.deltaNats) < 2 * cell!.standardError!);
    expect(unsure).toHaveLength(doubted.length);
    expect(doubted.length).toBeGreaterThan(0);
    for (const cell of unsure) expect(cell.ariaLabel).toContain("may be chance");
    unsure[0]?.focus();
    await expect.poll(() => readout(host)).toContain("even its sign may be chance");
  });

  test("is grey where it does not hold up, and its description says why", async () => {
    const { host } = await renderForTest(<Heatmap {...props} distrust={["Nothing depends on it."]} />);
    const reason = document.getElementById(grid(host).getAttribute("aria-describedby") ?? "");
    expect(reason?.textContent).toContain("does not hold up. Nothing depends on it.");
    for (const cell of host.querySelectorAll("tbody td")) {
      const [r, g, b] = getComputedStyle(cell).backgroundColor.match(/[\d.]+/g)!;
      expect([r, g]).toEqual([g, b]);
    }
  });

  test("holds 50 by 50 with its headings in sight", async () => {
    const row = (item: number) => ({ ...fixtureFilms[item % 26]!, id: itemId(item) });
    const films = Array.from({ length: 50 }, (_, item) => row(item));
    const effects = films.map((film, event) => ({
      event: eventIndex(event),
      item: film.id,
      deltaNats: films.map((_, c) => Math.sin(event * 7 + c)),
      deltaProbability: films.map(() => 0),
    }));
    const { host } = await renderForTest(
      <Heatmap
        causes={films}
        targets={films}
        cells={heatCells(effects, [...films.keys()], 50, 1)}
        busy={false}
        initially={{ density: "compact" }}
      />,
    );
    await tabInto(host);
    await userEvent.keyboard("{Control>}{End}{/Control}");
    expect(focused()).toBe("49-49");
    const box = (element: Element) => element.getBoundingClientRect();
    const cell = box(document.activeElement!);
    const [column, line] = [
      box(host.querySelectorAll("thead th")[49]!),
      box(host.querySelectorAll("tbody th")[49]!),
    ];
    const scroller = box(grid(host).parentElement!);
    expect(column.top).toBeGreaterThanOrEqual(scroller.top - 1);
    expect(line.left).toBeGreaterThanOrEqual(scroller.left - 1);
    expect(cell.bottom).toBeLessThanOrEqual(scroller.bottom + 1);
    await userEvent.keyboard("{ArrowUp>40/}{ArrowLeft>45/}");
    expect(focused()).toBe("9-4");
    expect(box(document.activeElement!).top).toBeGreaterThanOrEqual(
      box(host.querySelector("thead th")!).bottom - 1,
    );
    await userEvent.keyboard("{Control>}{Home}{/Control}");
    const first = box(document.activeElement!);
    expect(first.top).toBeGreaterThanOrEqual(box(host.querySelector("thead th")!).bottom - 1);
    expect(first.left).toBeGreaterThanOrEqual(box(host.querySelector("tbody th")!).right - 1);
    expect(Math.min(first.width, first.height)).toBeGreaterThanOrEqual(24);
  });

  test("speaks every cell as cause, target, effect and meaning", async () => {
    const { host } = await renderForTest(<Heatmap {...props} />);
    const labels = [...host.querySelectorAll("tbody td")].map((cell) => cell.getAttribute("aria-label"));
    expect(labels).toHaveLength(12);
    for (const label of labels) expect(label).toMatch(/^.+ on .+: [+−]?\d+\.\d\d nats, .+$/);
  });

  test("reads the focused cell out in words, with percentage points", async () => {
    const { host } = await renderForTest(<Heatmap {...props} />);
    await tabInto(host);
    await expect.poll(() => readout(host)).toMatch(/Blade Runner.*nats.*percentage points/);
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
