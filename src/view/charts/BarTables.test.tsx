/** @file Title against viewing pattern, and two recommendations side by side. */
import { describe, expect, test } from "vitest";
import { userEvent } from "vitest/browser";
import { filmAt, fixtureChannels, fixtureMap, fixtureWholeChannels } from "../gallery/why-fixtures.ts";
import { languages } from "../i18n/language.ts";
import { accessibilityViolations, renderForTest } from "../render-for-test.tsx";
import { ChannelBars } from "./ChannelBars.tsx";
import { CompareTwo } from "./CompareTwo.tsx";

const rounded = (values: readonly number[]) => values.map((value) => Number(value.toFixed(2)) + 0);
const numbers = (table: Element) =>
  [...table.querySelectorAll("tbody tr")].map((row) =>
    [...row.querySelectorAll("td")].map(({ textContent }) =>
      Number.parseFloat((textContent ?? "").replace("−", "-")),
    ),
  );

const channels = <ChannelBars target={filmAt(1)} rows={fixtureChannels} whole={fixtureWholeChannels} />;
const map = fixtureMap([3, 4, 0], [1, 2, 10]);

describe("channel bars", () => {
  test("show text, behaviour and interaction of every film and of all at once", async () => {
    const { host } = await renderForTest(channels);
    const [bars, verdicts] = host.querySelectorAll("table");
    const lines = [...fixtureChannels, fixtureWholeChannels];
    expect(numbers(bars!)).toEqual(
      lines.map(({ text, behaviour, interaction }) => rounded([text, behaviour, interaction])),
    );
    expect(numbers(verdicts!)).toEqual(
      lines.map(({ v11, v10, v01, v00, text, behaviour, interaction }) =>
        rounded([v11, v10, v01, v00, text, behaviour, interaction]),
      ),
    );
  });
  test("are on one scale, from zero in the middle", async () => {
    const { host } = await renderForTest(channels);
    const bars = [...host.querySelectorAll<HTMLElement>("[data-sign]")];
    const values = numbers(host.querySelector("table")!).flat();
    const widest = Math.max(...values.map(Math.abs));
    for (const [i, bar] of bars.entries()) {
      const track = bar.parentElement!.getBoundingClientRect();
      const { left, right, width } = bar.getBoundingClientRect();
      expect(Math.abs(width - (track.width / 2) * (Math.abs(values[i]!) / widest))).toBeLessThan(2);
      expect(Math.abs((values[i]! < 0 ? right : left) - (track.left + track.width / 2))).toBeLessThan(1);
    }
  });
  test("say that they are not made to add up", async () => {
    const { host } = await renderForTest(channels);
    expect(host.textContent).toContain("not made to add up");
  });
});

describe("two recommendations side by side", () => {
  const pair = (first: number, second: number) => <CompareTwo {...map} first={first} second={second} />;
  test("show both effects of every watched film and their difference", async () => {
    const { host } = await renderForTest(pair(0, 2));
    const expected = map.cells.map((row) => {
      const [one, other] = [row[0]!.deltaNats, row[2]!.deltaNats];
      return rounded([one, other, one - other]);
    });
    expect(numbers(host.querySelector("table")!)).toEqual(expected);
  });
  test("name the film that tells them apart, either way, and none for the same film", async () => {
    const { host, draw } = await renderForTest(pair(0, 2));
    expect(host.querySelector("p")?.textContent).toMatch(
      /Toy Story speaks most for Star Wars: Episode IV - A New Hope over The Terminator, by 0\.\d\d nats\. Blade Runner speaks most for The Terminator over/,
    );
    draw(pair(1, 1));
    await expect.poll(() => host.querySelector("p")?.textContent).toContain("does about the same");
  });
  test("let another pair be chosen", async () => {
    const chosen: unknown[] = [];
    const { host } = await renderForTest(
      <CompareTwo {...map} first={0} second={2} onChoose={(first, second) => chosen.push([first, second])} />,
    );
    const [first, second] = host.querySelectorAll("select");
    await userEvent.selectOptions(first!, "1");
    await userEvent.selectOptions(second!, "0");
    expect(chosen).toEqual([
      [1, 2],
      [0, 0],
    ]);
  });
  test("leave out what is not computed yet", async () => {
    const { host } = await renderForTest(
      <CompareTwo {...map} cells={map.cells.slice(0, 1)} first={0} second={2} />,
    );
    expect(host.querySelectorAll("tbody tr")[2]?.textContent).toBe("Toy Story–––");
  });
  test.for(languages)("and channel bars have no accessibility violation (%s)", async (language) => {
    const { host } = await renderForTest(
      <>
        <h1>-</h1>
        {channels}
        <CompareTwo {...map} first={0} second={2} onChoose={() => undefined} />
      </>,
      language,
    );
    host.querySelector("summary")?.click();
    expect(await accessibilityViolations(host)).toEqual([]);
  });
});
