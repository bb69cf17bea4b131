import { afterEach, describe, expect, test } from "vitest";
import { userEvent } from "vitest/browser";
import type { HistoryItem } from "../../../history/history-store.ts";
import { makeAppStore } from "../../../state/app-store.ts";
import { fixtureRecommendation } from "../../../state/fixtures/answer.ts";
import { fixtureAssets } from "../../../state/fixtures/assets.ts";
import { makeFakeCall } from "../../../state/fixtures/fake-call.ts";
import { makeMemoryHistory } from "../../../state/fixtures/memory-history.ts";
import { makeFakeTaste, makeMemoryText } from "../../../state/fixtures/taste.ts";
import { makeTasteStore } from "../../../state/taste-store.ts";
import { type Language, languages } from "../../i18n/language.ts";
import { accessibilityViolations, renderForTest } from "../../render-for-test.tsx";
import { StoreProvider } from "../../store-context.tsx";
import { TastePage } from "./TastePage.tsx";

let close = () => {};
afterEach(() => close());

const rated = (...ratings: readonly (readonly [movieId: number, rating: number])[]) =>
  ratings.map(([movieId, rating]) => ({ movieId, rating }));
/** Alien, Blade Runner and Brazil liked, Casablanca not. */
const likesScience = rated([1214, 5], [541, 4], [1199, 4.5], [912, 1]);

async function openPage(
  items: readonly HistoryItem[],
  {
    language = "en",
    pieces = [],
    stored = null,
  }: {
    readonly language?: Language;
    readonly pieces?: readonly ("persona" | "examples")[];
    readonly stored?: string | null;
  } = {},
) {
  const call = makeFakeCall(async () => undefined, {
    recommend: async ({ history, seen, top, told }) => {
      const answer = fixtureRecommendation(history, seen, top);
      return told?.persona === undefined ? answer : { ...answer, ranked: answer.ranked.toReversed() };
    },
  });
  const app = makeAppStore({
    call,
    history: makeMemoryHistory(items).store,
    assets: fixtureAssets,
    now: () => 0,
    model: { baseUrl: "/base", packUrl: "/pack", backend: "auto" },
  });
  const text = makeMemoryText(stored);
  const taste = makeTasteStore({
    call: makeFakeTaste(pieces),
    engine: call,
    app,
    storage: text.storage,
    packUrl: "/pack",
    now: () => 0,
  });
  await app.intentions.start();
  const { host, unmount } = await renderForTest(
    <StoreProvider store={app}>
      <TastePage store={taste} arrived={false} />
    </StoreProvider>,
    language,
  );
  close = unmount;
  await expect.poll(() => host.querySelector("#taste-two table")).not.toBeNull();
  const entry = (id: string) => host.querySelector<HTMLElement>(`[data-direction="${id}"]`)!;
  const button = (within: Element, words: string | RegExp) =>
    [...within.querySelectorAll("button")].find(({ textContent, ariaLabel }) => {
      const name = ariaLabel ?? textContent ?? "";
      return typeof words === "string" ? name === words : words.test(name);
    })!;
  return { host, app, taste, text, entry, button };
}

describe("what the page says", () => {
  test("before any opinion: nothing speaks, and how to begin", async () => {
    const { host } = await openPage([]);
    const says = host.querySelector("header")!.textContent;
    expect(says).toContain("Nothing speaks yet.");
    expect(says).toContain("Rate two films below");
    expect(says).not.toContain("You lean");
  });
  test("after one: leanings with their chance, and what would make one speak", async () => {
    const { host } = await openPage(rated([1214, 5]));
    const says = host.querySelector("header")!.textContent;
    expect(says).toMatch(/Nothing speaks yet, but there are leanings\. You lean towards .*\(\d\d\.\d%\)/);
    expect(says).toContain("Read from 1 liked film and 0 disliked films.");
    expect(says).toMatch(/iking .* as well would take .* to \d\d\.\d%/);
  });
  test("once something speaks, that", async () => {
    const { host } = await openPage([...likesScience, ...rated([2571, 5], [1240, 5], [924, 5], [1721, 1])]);
    expect(host.querySelector("header")!.textContent).toMatch(/You are for .*Science fiction/);
  });
});

describe("a direction", () => {
  test("has its dot on its side, bars about it, and a filled dot only where it speaks", async () => {
    const { entry, taste } = await openPage(likesScience);
    const { stances } = taste.state.getState().reading!;
    for (const { direction, value, state } of stances) {
      const svg = entry(direction.id).querySelector("svg")!;
      const middle = svg.getBoundingClientRect().left + svg.getBoundingClientRect().width / 2;
      const dot = svg.querySelector("circle")!.getBoundingClientRect();
      const offset = dot.left + dot.width / 2 - middle;
      if (Math.abs(value) > 0.02) expect(Math.sign(offset)).toBe(Math.sign(value));
      const bars = [...svg.querySelectorAll("line")].slice(2).map((line) => line.getBoundingClientRect());
      expect(bars[0]!.width).toBeGreaterThan(bars[1]!.width);
      expect(svg.dataset["state"]).toBe(state);
    }
  });
  test("stands in the table with the same numbers", async () => {
    const { host, taste } = await openPage(likesScience);
    const rows = [...host.querySelectorAll("#taste-directions section table tbody tr")];
    expect(rows).toHaveLength(6);
    for (const { direction, probability } of taste.state.getState().reading!.stances) {
      const row = rows.find(({ firstChild }) => firstChild?.textContent === direction.name.en)!;
      expect(row.textContent).toContain(`${(100 * probability).toFixed(1)}%`);
    }
  });
  test("is decided by keyboard, given back, and locked as it is", async () => {
    const { entry, button, text } = await openPage(likesScience);
    button(entry("genre-romance"), "My ratings").focus();
    await userEvent.keyboard("{ArrowLeft}");
    await expect.poll(() => document.activeElement?.textContent).toBe("for");
    await userEvent.keyboard("{Enter}");
    await expect.poll(() => entry("genre-romance").dataset["state"]).toBe("for");
    expect(entry("genre-romance").textContent).toContain("decided by you");
    expect(text.kept.text).toContain("genre-romance");
    button(entry("genre-romance"), "My ratings").click();
    await expect.poll(() => entry("genre-romance").textContent).not.toContain("decided by you");
    button(entry("era-1980"), /^Lock 1980s/).click();
    await expect.poll(() => entry("era-1980").textContent).toContain("locked by you");
  });
  test("names the films behind it, whose bars add up", async () => {
    const { entry } = await openPage(likesScience);
    const science = entry("genre-sci-fi");
    science.querySelector("summary")!.click();
    const numbers = [...science.querySelectorAll("tbody td")].map(({ textContent }) =>
      Number.parseFloat((textContent ?? "").replace("−", "-")),
    );
    expect(science.querySelector("tbody")!.textContent).toContain("Alien");
    const whole = numbers.pop()!;
    expect(numbers.reduce((sum, value) => sum + value, 0)).toBeCloseTo(whole, 1);
  });
  test("can be found by kind", async () => {
    const { host, button } = await openPage(likesScience);
    button(host, "By kind").click();
    await expect.poll(() => host.textContent).toContain("Genres (3, ");
  });
});

describe("rating on the page", () => {
  test("a click rates, keeps the focus at its place, says so and can be taken back", async () => {
    const { host, app, button } = await openPage([]);
    const place = () => host.querySelectorAll("#taste-rate li")[1]!;
    const title = place().querySelector("cite")!.textContent;
    const like = button(place(), `Like ${title}`);
    like.focus();
    await userEvent.keyboard("{Enter}");
    await expect.poll(() => place().querySelector("cite")!.textContent).not.toBe(title);
    expect(document.activeElement).toBe(button(place(), /^Like/));
    const said = () =>
      [...host.querySelectorAll('[role="status"]')].map(({ textContent }) => textContent).join();
    expect(said()).toContain(`You like ${title}: kept as 4.5 stars.`);
    expect(said()).toContain(`Since you like ${title}:`);
    button(host, "Take back").click();
    await expect.poll(() => app.state.getState().history.events).toEqual([]);
    await expect.poll(said).toContain(`says nothing any more`);
  });
});

describe("decisions that were lost or replaced", () => {
  test("a damaged store is said", async () => {
    const { host } = await openPage([], { stored: "{torn" });
    expect(host.textContent).toContain("A part of your stored decisions could not be read.");
  });
  test("all are given back at once, which can be undone", async () => {
    const { host, taste, button } = await openPage([]);
    await taste.intentions.decide("genre-sci-fi", "for");
    await taste.intentions.decide("era-1980", "against");
    await expect.poll(() => button(host, "Give all 2 decisions back to my ratings")).toBeDefined();
    button(host, "Give all 2 decisions back to my ratings").click();
    await expect.poll(() => host.textContent).toContain("before, there were 2.");
    button(host.querySelector("#taste-directions")!, "Undo").click();
    await expect.poll(() => taste.state.getState().overrides.size).toBe(2);
  });
});

describe("two tastes", () => {
  test("stand in two tables, and a sentence says whether their first films differ", async () => {
    const { host, taste } = await openPage(likesScience);
    const firsts = [...host.querySelectorAll("#taste-two figure")].map(
      (side) => side.querySelector("tbody cite")!.textContent,
    );
    const said = host.querySelector('#taste-two [role="status"]:not(:empty)')!.textContent;
    expect(said).toContain(
      firsts[0] === firsts[1]
        ? `Both tastes put ${firsts[0]} first`
        : `Your taste puts ${firsts[0]} first, the other one ${firsts[1]}`,
    );
    const { own, plain } = taste.state.getState().duel!;
    const moves = [...host.querySelectorAll("#taste-two figure:first-child tbody tr")].map(
      (row) => row.querySelectorAll("td")[1]!.textContent,
    );
    own.forEach(({ item }, i) => {
      const was = plain.findIndex((each) => each.item === item) + 1;
      expect(moves[i]).toContain(was === i + 1 ? "=" : was > i + 1 ? `↑${was - i - 1}` : `↓${i + 1 - was}`);
    });
  });
});

describe("what the model would be told", () => {
  const boxes = (host: Element) =>
    [...host.querySelectorAll("#taste-told figure pre")].map(({ textContent }) => textContent);
  test("is the prompt's own text", async () => {
    const { host, taste } = await openPage(likesScience);
    await taste.intentions.decide("genre-romance", "against");
    await taste.intentions.decide("genre-sci-fi", "for");
    await expect.poll(() => boxes(host)[1]).toContain("Likes: science fiction");
    expect(boxes(host)[0]).toBe(
      "Liked: Alien (1979)◆; Blade Runner (1982)◆; Brazil (1985)◆;\nDisliked: Casablanca (1942)◆;\n",
    );
    expect(boxes(host)[1]).toContain("Dislikes: romance.\n");
  });
  test("a pack that reads neither is said to, and offers no ranking", async () => {
    const { host, button } = await openPage(likesScience);
    expect(host.querySelector("#taste-told")!.textContent).toContain("not trained to read either");
    expect(button(host, "Rank the slate each way")).toBeUndefined();
  });
  test("a pack that reads both ranks the same slate three ways", async () => {
    const { host, button } = await openPage(likesScience, { pieces: ["persona", "examples"] });
    button(host, "Rank the slate each way").click();
    const sides = () => [...host.querySelectorAll("#taste-told figure table")];
    await expect.poll(() => sides().length).toBe(3);
    const titles = sides().map((side) =>
      [...side.querySelectorAll("cite")].map(({ textContent }) => textContent),
    );
    expect(titles[1]).toEqual(titles[0]);
    expect(titles[2]).not.toEqual(titles[0]);
  });
});

test.for(languages)("no accessibility violation with everything unfolded (%s)", async (language) => {
  const { host, taste } = await openPage(likesScience, { language, pieces: ["persona", "examples"] });
  await taste.intentions.decide("genre-romance", "against");
  await taste.intentions.tell();
  for (const details of host.querySelectorAll("details")) details.open = true;
  expect(await accessibilityViolations(host)).toEqual([]);
});
