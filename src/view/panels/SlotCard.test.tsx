import { useRef } from "react";
import { afterEach, describe, expect, test } from "vitest";
import { userEvent } from "vitest/browser";
import { present } from "../../core/invariant.ts";
import { makeAppStore } from "../../state/app-store.ts";
import { fixtureAssets } from "../../state/fixtures/assets.ts";
import { makeFakeCall } from "../../state/fixtures/fake-call.ts";
import { makeFixtureLearning, makeMemoryLog, makeMemoryVersions } from "../../state/fixtures/learning.ts";
import { makeMemoryHistory } from "../../state/fixtures/memory-history.ts";
import { fixtureSpace } from "../../state/fixtures/preference-space.ts";
import type { LearningStoreParts } from "../../state/learning-store.ts";
import { type Language, languages } from "../i18n/language.ts";
import { LearningProvider } from "../learning-context.tsx";
import { accessibilityViolations, renderForTest } from "../render-for-test.tsx";
import { StoreProvider } from "../store-context.tsx";
import { RankingPanel } from "./RankingPanel.tsx";
import { useTimeInSight } from "./use-time-in-sight.ts";

let close = () => {};
afterEach(() => close());

async function openPanel(
  watched: readonly number[],
  overrides: Partial<LearningStoreParts> = {},
  language: Language = "en",
) {
  const app = makeAppStore({
    call: makeFakeCall(async () => undefined),
    history: makeMemoryHistory(watched.map((movieId) => ({ movieId, rating: null }))).store,
    assets: fixtureAssets,
    now: () => 0,
    model: { baseUrl: "/base", packUrl: "/pack", backend: "auto" },
  });
  const { store, memory } = makeFixtureLearning(app, overrides);
  const { host, unmount } = await renderForTest(
    <LearningProvider store={store}>
      <StoreProvider store={app}>
        <RankingPanel />
      </StoreProvider>
    </LearningProvider>,
    language,
  );
  close = unmount;
  await Promise.all([app.intentions.start(), store.intentions.start()]);
  const card = () => host.querySelector<HTMLElement>("section section");
  const button = (name: string) =>
    present(
      [...host.querySelectorAll("button")].find(({ textContent }) => textContent === name),
      `the button ${name}`,
    );
  return { host, app, store, memory, card, button, row: () => memory.rows()[0]?.row };
}

const watched = [541, 1214];

describe.each(languages)("the film that chance picked in %s", (language) => {
  test("has no accessibility violation", async () => {
    const { host, card } = await openPanel(watched, {}, language);
    await expect.poll(() => card()?.querySelectorAll("button").length).toBe(3);
    for (const details of host.querySelectorAll("details")) details.open = true;
    expect(await accessibilityViolations(host)).toEqual([]);
  });
});

describe("the film that chance picked", () => {
  test("is the one in the log, with the chance that it was drawn with", async () => {
    const { card, row, app } = await openPanel(watched);
    await expect.poll(() => card()?.querySelector("h4")).toBeTruthy();
    const logged = present(row(), "a row");
    if (logged.source !== "slot") throw new Error("only draws were logged");
    const film = app.state.getState().answer.shown?.films.get(present(logged.slateIds[logged.a], "a film"));
    expect(card()?.querySelector("h4")?.textContent).toContain(film?.title);
    const percent = ((logged.p[logged.a] ?? 0) * 100).toFixed(1);
    expect(card()?.textContent).toMatch(new RegExp(`${percent.replace(/\.0$/, "")}.* of such draws`));
    expect(card()?.textContent).toContain("Picked by chance");
    expect(card()?.querySelector('a[href="#learn"]')).not.toBeNull();
  });

  test("can be liked and dismissed by keyboard; the last word is written down and shown", async () => {
    const { button, card, row } = await openPanel(watched);
    await expect.poll(() => card()?.querySelector("h4")).toBeTruthy();
    button("Like").focus();
    await userEvent.keyboard("{Enter}");
    await expect.poll(() => button("Like").getAttribute("aria-pressed")).toBe("true");
    expect(row()).toMatchObject({ y: 1 });
    await userEvent.keyboard("{Tab}{Enter}");
    await expect.poll(() => button("Not for me").getAttribute("aria-pressed")).toBe("true");
    expect(button("Like").getAttribute("aria-pressed")).toBe("false");
    expect(row()).toMatchObject({ y: 0 });
    expect(card()?.querySelector('[role="status"]')?.textContent).toContain("not for you");
  });

  test("ten seconds of silence are told, and are no dismissal", async () => {
    const { button, card, store } = await openPanel(watched);
    await expect.poll(() => card()?.querySelector("h4")).toBeTruthy();
    await store.intentions.seen(10_000, 1);
    await expect
      .poll(() => card()?.querySelector('[role="status"]')?.textContent)
      .toContain("without an answer count as a no");
    expect(button("Not for me").getAttribute("aria-pressed")).toBe("false");
  });

  test("is not added to the history by a like, but by saying that it was seen", async () => {
    const { app, button, card, memory } = await openPanel(watched);
    await expect.poll(() => card()?.querySelector("h4")).toBeTruthy();
    button("Like").click();
    await expect.poll(() => button("Like").getAttribute("aria-pressed")).toBe("true");
    expect(app.state.getState().history.events).toHaveLength(2);
    button("I have seen it").click();
    await expect.poll(() => app.state.getState().history.events.length).toBe(3);
    await expect.poll(() => memory.rows().length).toBe(2);
  });

  test("moves nothing when it arrives", async () => {
    const { log } = makeMemoryLog();
    let arrive = () => {};
    const held = new Promise<void>((resolve) => {
      arrive = resolve;
    });
    const { card } = await openPanel(watched, {
      openLog: async () => ({ ...log, append: (draw) => held.then(() => log.append(draw)) }),
    });
    await expect.poll(() => card()).toBeTruthy();
    const height = () => card()?.getBoundingClientRect().height;
    const before = height();
    arrive();
    await expect.poll(() => card()?.querySelector("h4")).toBeTruthy();
    expect(height()).toBe(before);
  });

  test("is not there for an empty history", async () => {
    const { host, card } = await openPanel([]);
    await expect.poll(() => host.querySelectorAll("ol > li").length).toBe(10);
    expect(card()).toBeNull();
  });

  test("can be switched off and on again", async () => {
    const { card, store } = await openPanel(watched);
    await expect.poll(() => card()?.querySelector("h4")).toBeTruthy();
    for (const details of card()?.querySelectorAll("details") ?? []) details.open = true;
    const select = present(card()?.querySelector("select"), "the choice");
    expect(select.value).toBe("0.2");
    await userEvent.selectOptions(select, "0");
    await expect.poll(() => card()?.textContent).toContain("No film is picked by chance");
    expect(card()?.querySelector("h4")).toBeNull();
    await userEvent.selectOptions(select, "0.5");
    await expect.poll(() => card()?.querySelector("h4")).toBeTruthy();
    expect(store.state.getState().slot?.row.eps).toBe(0.5);
  });

  test("gives way to the reason where there is no log", async () => {
    const { card, host } = await openPanel(watched, { openLog: () => Promise.reject(new Error("refused")) });
    await expect.poll(() => card()?.querySelector('[role="alert"]')).toBeTruthy();
    expect(host.querySelectorAll("ol > li")).toHaveLength(10);
    expect(card()?.querySelector("button")).toBeNull();
    expect(card()?.textContent).not.toContain("The next answer");
  });
});

test("a list in a learned order says so", async () => {
  const versions = makeMemoryVersions();
  await versions.adopt(
    {
      head: "linear",
      objective: "cpo",
      theta: fixtureSpace.directions.map(({ id }) => (id === "romance" ? 9 : 0)),
      weighs: fixtureSpace.directions.map(({ id }) => id),
      figures: {
        rows: 60,
        effectiveSize: 55,
        currentValue: 0.3,
        proposedValue: 0.4,
        improvement: { value: 0.1, standardError: 0.02, low: 0.05, high: 0.15 },
        confidence: 0.97,
      },
      acceptedAt: 1,
    },
    0,
  );
  const { host, store } = await openPanel(watched, { openVersions: async () => versions });
  await expect.poll(() => host.querySelector("[data-learned]")?.textContent).toContain("version 1");
  expect(host.querySelector("[data-learned] a")?.getAttribute("href")).toBe("#learn");
  expect(host.querySelector("ol li")?.textContent).toContain("Romance");
  await store.intentions.undo();
  await expect.poll(() => host.querySelector("[data-learned]")).toBeNull();
  expect(host.querySelector("ol li")?.textContent).not.toContain("Romance");
});

type Told = readonly [key: number, visibleMs: number];
function Watched({ watch, told }: { readonly watch: number; readonly told: Told[] }) {
  const element = useRef<HTMLDivElement>(null);
  useTimeInSight(element, {
    key: watch,
    before: 100,
    enough: 160,
    tell: (visibleMs, key) => void told.push([key, visibleMs]),
  });
  return (
    <div style={{ blockSize: "300vh" }}>
      <div ref={element} style={{ blockSize: "5rem" }} />
    </div>
  );
}

describe("time in sight", () => {
  test("is told when it is enough, when the element leaves, and when something else takes its place", async () => {
    scrollTo(0, 0);
    const told: Told[] = [];
    const { draw, unmount } = await renderForTest(<Watched watch={1} told={told} />);
    close = unmount;
    await expect.poll(() => told.length).toBe(1);
    expect(told[0]?.[0]).toBe(1);
    expect(told[0]?.[1]).toBeGreaterThanOrEqual(160);
    scrollTo(0, 2 * innerHeight);
    await expect.poll(() => told.length).toBe(2);
    expect(told[1]?.[1]).toBeGreaterThanOrEqual(told[0]?.[1] ?? 0);
    scrollTo(0, 0);
    draw(<Watched watch={2} told={told} />);
    await expect.poll(() => told.some(([key]) => key === 2)).toBe(true);
    const first = told.find(([key]) => key === 2);
    expect(first?.[1]).toBeGreaterThanOrEqual(160);
    draw(null);
    expect(told.at(-1)?.[0]).toBe(2);
  });

  test("is told when the tab is hidden, and stands still until it is shown", async () => {
    scrollTo(0, 0);
    const told: Told[] = [];
    const { unmount } = await renderForTest(<Watched watch={1} told={told} />);
    close = () => {
      Reflect.deleteProperty(document, "visibilityState");
      unmount();
    };
    const turn = (visibility: DocumentVisibilityState) => {
      Object.defineProperty(document, "visibilityState", { value: visibility, configurable: true });
      document.dispatchEvent(new Event("visibilitychange"));
    };
    await expect.poll(() => told.length).toBe(1);
    turn("hidden");
    expect(told).toHaveLength(2);
    turn("hidden");
    expect(told).toHaveLength(2);
    const whenHidden = told[1]?.[1] ?? 0;
    turn("visible");
    turn("hidden");
    // No time passed between the two.
    expect((told[2]?.[1] ?? 0) - whenHidden).toBeLessThan(20);
  });

  test("does not run while the element is out of sight", async () => {
    const told: Told[] = [];
    scrollTo(0, 0);
    const { unmount } = await renderForTest(
      <div style={{ paddingBlockStart: "200vh" }}>
        <Watched watch={1} told={told} />
      </div>,
    );
    close = unmount;
    const seen = new Promise((resolve) => {
      const observer = new IntersectionObserver(resolve);
      observer.observe(document.body);
    });
    await seen;
    expect(told).toEqual([]);
    unmount();
    close = () => {};
    expect(told).toEqual([]);
  });
});
