/** @file What would have to be different, what would follow from one more film, and the reason in a sentence. */
import { describe, expect, test } from "vitest";
import { itemId } from "../../core/ids.ts";
import { fixtureFilmsByItem } from "../../state/fixtures/films.ts";
import { filmAt, standingsOf } from "../gallery/why-fixtures.ts";
import { languages } from "../i18n/language.ts";
import { accessibilityViolations, renderForTest } from "../render-for-test.tsx";
import { CounterfactualCard } from "./CounterfactualCard.tsx";
import type { CounterfactualView } from "./counterfactual-view.ts";
import { ReasonSentence } from "./ReasonSentence.tsx";
import type { Reason } from "./reason.ts";
import { WhatIfCard } from "./WhatIfCard.tsx";

const [a, b, c] = [itemId(3), itemId(4), itemId(7)];
const card = (answer: CounterfactualView) => (
  <CounterfactualCard target={filmAt(10)} films={fixtureFilmsByItem} answer={answer} />
);
const found = {
  phase: "found",
  edit: { removed: [a, b], added: [] },
  before: { rank: 4, probability: 0.103 },
  after: { rank: 1, probability: 0.187 },
  isSmallest: true,
  passes: 31,
} as const satisfies CounterfactualView;
const notFound = {
  phase: "not-found",
  spent: true,
  isOffered: true,
  nearest: { edit: { removed: [a], added: [] }, rank: 3, shortNats: 0.314 },
  passes: 200,
} as const satisfies CounterfactualView;

describe("what would have to be different", () => {
  test.for([
    [[a, b], [], "If you had not watched Blade Runner and Alien, The Terminator would be number one."],
    [[], [c], "If you had also watched Casablanca, The Terminator would be number one."],
    [[a], [c], "If you had watched Casablanca and not Blade Runner, The Terminator would be number one."],
  ] as const)(
    "is said as the edit that was found: without %j, with %j",
    async ([removed, added, sentence]) => {
      const { host } = await renderForTest(card({ ...found, edit: { removed, added } }));
      expect(host.querySelector("p")?.textContent).toBe(sentence);
    },
  );
  test("shows the model's own answer before and after, and what the search cost", async () => {
    const { host } = await renderForTest(card(found));
    const sides = [...host.querySelectorAll("dd")].map(({ textContent }) => textContent);
    expect(sides).toEqual(["number 4, 10.3%", "number 1, 18.7%"]);
    expect(host.textContent).toContain("31 real runs of the model");
  });
  test("claims to be the smallest change only where it is", async () => {
    const { host, draw } = await renderForTest(card(found));
    expect(host.textContent).toContain("Every smaller change");
    draw(card({ ...found, isSmallest: false }));
    await expect.poll(() => host.textContent).not.toContain("Every smaller change");
  });
  test("says that nothing was found, what came nearest and how much was tried", async () => {
    const { host, draw } = await renderForTest(card(notFound));
    expect(host.textContent).toMatch(
      /No small change.*The Terminator.*nearest without Blade Runner: number 3 there, 0\.31 nats short of number one.*ended at its limit.*200 real runs/,
    );
    draw(card({ ...notFound, nearest: null, spent: false }));
    await expect.poll(() => host.textContent).not.toMatch(/nearest|limit/);
  });
  test("shows how much of its budget a search has used", async () => {
    const { host } = await renderForTest(card({ phase: "searching", passes: 50, budget: 200 }));
    expect(host.querySelector("progress")?.position).toBeCloseTo(0.25);
    expect(host.textContent).toContain("50 real runs of the model so far, 200 at most");
  });
});

const whatIf = (after: readonly number[] | null, pushedOut = false) => (
  <WhatIfCard
    added={filmAt(19)}
    films={fixtureFilmsByItem}
    top={3}
    answer={
      after === null
        ? null
        : {
            before: standingsOf([1, 2, 17, 10]),
            after: standingsOf(after),
            pushedOut: pushedOut ? filmAt(7) : null,
          }
    }
  />
);

describe("what if one more film had been watched", () => {
  test("says who leads, and how every film moved", async () => {
    const { host } = await renderForTest(whatIf([2, 1, 10, 17]));
    expect(host.querySelector("p")?.textContent).toBe(
      "Had you also watched Brazil, The Matrix would be number one.",
    );
    const rows = [...host.querySelectorAll("tbody tr")].map((row) =>
      [...row.children].map(({ textContent }) => textContent?.replace(/\s+/g, " ").trim()),
    );
    expect(rows.map(([rank, film, move]) => [rank, film, move])).toEqual([
      ["1", "The Matrix", "↑ up from 2"],
      ["2", "Star Wars: Episode IV - A New Hope", "↓ down from 1"],
      ["3", "The Terminator", "↑ up from 4"],
      ["4", "Princess Mononoke", "↓ down from 3"],
    ]);
    expect(rows[0]?.[3]).toBe("17.0% →becomes 20.0%");
  });
  test("says when the first stays the first, and whom a full prompt lets go", async () => {
    const { host } = await renderForTest(whatIf([1, 17, 2, 10], true));
    expect(host.querySelector("p")?.textContent).toContain("would still be number one");
    expect(host.textContent).toContain("Casablanca leaves the prompt");
  });
  test("says that it is asking while there is no answer", async () => {
    const { host } = await renderForTest(whatIf(null));
    expect(host.textContent).toContain("Asking the model");
    expect(host.querySelector("table")).toBeNull();
  });
});

describe("the reason in a sentence", () => {
  const sentence = async (reason: Reason, language: (typeof languages)[number]) =>
    (await renderForTest(<ReasonSentence reason={reason} films={fixtureFilmsByItem} />, language)).host
      .textContent;
  test.for([
    [
      { kind: "mostly", because: [a, b], against: [c] },
      "Mostly because of Blade Runner and Alien; Casablanca speaks against it.",
      "主な理由は『Blade Runner』と『Alien』。『Casablanca』は逆に働いています。",
    ],
    [
      { kind: "mostly", because: [a], against: [] },
      "Mostly because of Blade Runner.",
      "主な理由は『Blade Runner』。",
    ],
    [
      { kind: "many", because: [a], against: [b, c] },
      "Because of many films, Blade Runner first; Alien and Casablanca speak against it.",
      "多くの映画が理由で、特に『Blade Runner』。『Alien』と『Casablanca』は逆に働いています。",
    ],
    [
      { kind: "against", against: [c] },
      "Nothing you watched clearly speaks for it; Casablanca speaks against it.",
      "はっきり後押しする映画はなく、『Casablanca』は逆に働いています。",
    ],
    [{ kind: "flat" }, "No single film of yours moves it much.", "一本で大きく動かす映画はありません。"],
    [
      { kind: "unclear" },
      "No film’s effect on it stands clear of chance.",
      "偶然とはっきり区別できる効果を持つ映画はありません。",
    ],
  ] as const satisfies readonly (readonly [Reason, string, string])[])(
    "$0.kind",
    async ([reason, english, japanese]) => {
      expect(await sentence(reason, "en")).toBe(english);
      expect(await sentence(reason, "ja")).toBe(japanese);
    },
  );
});

test.for(languages)("the cards have no accessibility violation (%s)", async (language) => {
  const { host } = await renderForTest(
    <>
      <h1>-</h1>
      {card(found)}
      {card({ phase: "searching", passes: 50, budget: 200 })}
      {card(notFound)}
      {whatIf([2, 1, 10, 17], true)}
    </>,
    language,
  );
  expect(await accessibilityViolations(host)).toEqual([]);
});
