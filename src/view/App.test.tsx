import { createRoot } from "react-dom/client";
import { afterEach, describe, expect, test } from "vitest";
import { userEvent } from "vitest/browser";
import type { HistoryItem } from "../history/history-store.ts";
import { makeAppStore } from "../state/app-store.ts";
import { makeEvidenceStore } from "../state/evidence-store.ts";
import { fixtureAssets } from "../state/fixtures/assets.ts";
import { makeFakeCall } from "../state/fixtures/fake-call.ts";
import { fixtureAudit } from "../state/fixtures/inquiries.ts";
import { makeFixtureLearning } from "../state/fixtures/learning.ts";
import { makeMemoryHistory } from "../state/fixtures/memory-history.ts";
import { makeFakeTaste, makeMemoryText } from "../state/fixtures/taste.ts";
import { makeLabStore } from "../state/lab-store.ts";
import { makeTasteStore } from "../state/taste-store.ts";
import type { Handlers } from "../worker/protocol.ts";
import { App } from "./App.tsx";
import { type Language, languages } from "./i18n/language.ts";
import { makeI18n } from "./i18n/make-i18n.ts";
import { accessibilityViolations } from "./render-for-test.tsx";

let close = () => {};
afterEach(() => {
  close();
  localStorage.clear();
  delete document.documentElement.dataset["theme"];
});

async function openPage(
  items: readonly HistoryItem[],
  language: Language = "en",
  gallery = false,
  overrides: Partial<Handlers> = {},
) {
  const store = makeAppStore({
    call: makeFakeCall(async () => undefined, overrides),
    history: makeMemoryHistory(items).store,
    assets: fixtureAssets,
    now: () => 0,
    model: { baseUrl: "/base", packUrl: "/pack", backend: "auto" },
  });
  const host = document.createElement("div");
  document.body.replaceChildren(host);
  const root = createRoot(host);
  const evidence = makeEvidenceStore(
    async () => new Response(null, { status: 404 }),
    "/evidence/summary.json",
  );
  const learning = makeFixtureLearning(store);
  const taste = makeTasteStore({
    call: makeFakeTaste(),
    engine: makeFakeCall(async () => undefined, overrides),
    app: store,
    storage: makeMemoryText().storage,
    packUrl: "/pack",
    now: () => 0,
  });
  root.render(
    <App
      store={store}
      evidence={evidence}
      lab={makeLabStore(async () => Promise.reject(new Error("the Lab is not asked here")))}
      taste={taste}
      learning={learning.store}
      i18n={await makeI18n(language)}
      gallery={gallery}
    />,
  );
  close = () => root.unmount();
  // Fetched when it is opened, with all of its charts.
  if (gallery) await expect.poll(() => host.querySelector("h1"), { timeout: 15_000 }).not.toBeNull();
  else {
    await Promise.all([store.intentions.start(), learning.store.intentions.start()]);
    const entries = () => host.querySelectorAll('[aria-labelledby="history-heading"] ol li').length;
    await expect.poll(() => host.querySelector('[role="combobox"]') !== null && entries()).toBe(items.length);
  }
  return { host, store };
}

const watched: readonly HistoryItem[] = [
  { movieId: 541, rating: null },
  { movieId: 1214, rating: 4.5 },
  { movieId: 924, rating: 2 },
];
const find = <T extends Element>(host: Element, selector: string): T => host.querySelector<T>(selector)!;
const titles = (host: Element) =>
  [...host.querySelectorAll('[aria-labelledby="history-heading"] ol li cite')].map(
    (cite) => cite.textContent,
  );

describe.each(languages)("the page in %s", (language) => {
  test.for(["light", "dark"])("has no accessibility violation (%s)", async (theme) => {
    localStorage.setItem("becausal-theme", theme);
    const { host } = await openPage(watched, language);
    await expect.poll(() => host.querySelectorAll('[role="grid"] tbody td').length).toBe(20);
    expect(document.documentElement.lang).toBe(language);
    expect(await accessibilityViolations(host)).toEqual([]);
  });
  test("has no accessibility violation with an empty history", async () => {
    const { host } = await openPage([], language);
    expect(await accessibilityViolations(host)).toEqual([]);
  });
  test("has no accessibility violation in the gallery", async () => {
    const { host } = await openPage([], language, true);
    expect(await accessibilityViolations(host)).toEqual([]);
  });
});

describe("picking films", () => {
  test("typing, arrow keys and Enter add a film", async () => {
    const { host } = await openPage([]);
    find<HTMLInputElement>(host, '[role="combobox"]').focus();
    await userEvent.keyboard("star wars");
    await expect.poll(() => host.querySelectorAll('[role="option"]').length).toBe(2);
    await userEvent.keyboard("{ArrowDown}{Enter}");
    await expect.poll(() => titles(host)).toEqual(["Star Wars: Episode V - The Empire Strikes Back"]);
  });
  test("Escape closes the list, then empties the field", async () => {
    const { host } = await openPage([]);
    const input = find<HTMLInputElement>(host, '[role="combobox"]');
    input.focus();
    await userEvent.keyboard("alien");
    await expect.poll(() => input.getAttribute("aria-expanded")).toBe("true");
    await userEvent.keyboard("{Escape}");
    await expect.poll(() => input.getAttribute("aria-expanded")).toBe("false");
    expect(input.value).toBe("alien");
    await userEvent.keyboard("{Escape}");
    await expect.poll(() => input.value).toBe("");
  });
  test("a search without result says so", async () => {
    const { host } = await openPage([]);
    find<HTMLInputElement>(host, '[role="combobox"]').focus();
    await userEvent.keyboard("qqqq");
    await expect.poll(() => host.querySelector("search [role=status]")?.textContent).toContain("qqqq");
  });
});

describe("the list", () => {
  test("Alt and an arrow key move a film", async () => {
    const { host } = await openPage(watched);
    find<HTMLElement>(host, 'ol li [type="range"]').focus();
    await userEvent.keyboard("{Alt>}{ArrowDown}{/Alt}");
    await expect.poll(() => titles(host)).toEqual(["Alien", "Blade Runner", "2001: A Space Odyssey"]);
  });
  test("a rating moves by half stars with the arrow keys", async () => {
    const { host, store } = await openPage(watched);
    const slider = host.querySelectorAll<HTMLInputElement>('ol li [type="range"]')[1]!;
    expect(slider.getAttribute("aria-valuetext")).toBe("4.5 stars of 5");
    slider.focus();
    await userEvent.keyboard("{ArrowRight}");
    await expect.poll(() => store.state.getState().history.events[1]?.rating).toBe(5);
  });
  test("what was removed can be taken back", async () => {
    const { host } = await openPage(watched);
    find<HTMLElement>(host, '[aria-label="Remove Alien"]').click();
    await expect.poll(() => titles(host)).toEqual(["Blade Runner", "2001: A Space Odyssey"]);
    const undo = [...host.querySelectorAll("button")].find(({ textContent }) => textContent === "Undo");
    undo?.click();
    await expect.poll(() => titles(host)).toEqual(["Blade Runner", "Alien", "2001: A Space Odyssey"]);
  });
  test("a film rated below 3 says that it is not in the prompt", async () => {
    const { host } = await openPage(watched);
    expect(host.querySelector("ol li:nth-child(3)")?.textContent).toContain("not in the prompt");
  });
});

describe("the answer", () => {
  test("the sample is marked until the real answer replaces it", async () => {
    const { host } = await openPage(watched);
    await expect.poll(() => host.querySelector("#answer")?.getAttribute("data-origin")).toBe("computed");
    expect(host.querySelector("#answer")?.textContent).not.toContain("Sample");
    expect(host.querySelectorAll('[aria-labelledby="ranking-heading"] ol > li')).toHaveLength(10);
  });
  test("an empty history is told that nothing personal is behind the list", async () => {
    const { host } = await openPage([]);
    await expect.poll(() => host.querySelector("#answer")?.textContent).toContain("Nothing personal");
  });
  test("says why the engine is not on the GPU", async () => {
    const { host } = await openPage(watched);
    await expect
      .poll(() => host.querySelector("[data-backend]")?.textContent)
      .toBe("Processor (WebAssembly)");
    expect(host.querySelector("#engine")?.textContent).toContain("no WebGPU");
  });
  test("the prompt of another candidate can be read", async () => {
    const { host } = await openPage(watched);
    const panel = '[aria-labelledby="prompt-heading"]';
    await expect.poll(() => host.querySelector(`${panel} select`)).not.toBeNull();
    const branch = () => host.querySelector(panel)?.querySelectorAll("section")[1]?.textContent;
    const before = branch();
    await userEvent.selectOptions(find(host, `${panel} select`), "3");
    await expect.poll(branch).not.toBe(before);
  });
});

describe("why", () => {
  const effects = '[aria-labelledby="effects-heading"]';
  const closer = '[aria-labelledby="closer-heading"]';
  const other = '[aria-labelledby="other-heading"]';
  const button = (host: Element, within: string, name: string) =>
    [...find(host, within).querySelectorAll<HTMLElement>("button")].find(
      ({ textContent }) => textContent === name,
    )!;
  async function explained(language: Language = "en", overrides: Partial<Handlers> = {}) {
    const { host, store } = await openPage(watched, language, false, overrides);
    await expect.poll(() => store.state.getState().inquiries.audit.phase).toBe("done");
    return { host, store };
  }
  const pick = async (host: Element, within: string, query: string) => {
    find<HTMLInputElement>(host, `${within} [role="combobox"]`).focus();
    await userEvent.keyboard(query);
    await expect.poll(() => host.querySelector(`${within} [role="option"]`)).not.toBeNull();
    await userEvent.keyboard("{Enter}");
  };

  test("a map that holds up says so, and one that does not is grey, with the reason", async () => {
    const { host } = await explained();
    expect(find(host, effects).textContent).toContain("This map holds up.");
    const colour = () => find<HTMLElement>(host, `${effects} td[data-cell]`).getAttribute("style");
    const before = colour();
    close();

    const failed = await explained("en", {
      audit: async ({ matrix }) => ({
        ...fixtureAudit(matrix),
        passed: false,
        checks: [{ name: "randomised", passed: false, value: 0.91, bound: 0.66 }],
      }),
    });
    const grid = find(failed.host, '[role="grid"]');
    const why = failed.host.querySelector(`#${CSS.escape(grid.getAttribute("aria-describedby") ?? "")}`);
    expect(why?.textContent).toContain("A model with random weights gives too similar a map");
    expect(find<HTMLElement>(failed.host, `${effects} td[data-cell]`).getAttribute("style")).not.toBe(before);
    expect(await accessibilityViolations(failed.host)).toEqual([]);
  });

  test("the method is chosen, with what it means, and its map takes the place of the other", async () => {
    const { host, store } = await explained();
    button(host, effects, "Replace").click();
    await expect.poll(() => store.state.getState().explanation.shown?.method).toBe("replacement");
    await expect.poll(() => store.state.getState().explanation.phase).toBe("whole");
    expect(find(host, effects).textContent).toContain("replaced by five others");
    expect(find(host, effects).textContent).toContain("2 films replaced one by one");
  });

  test("one recommendation is looked at by channel, word by word and beside another", async () => {
    const { host } = await explained();
    await userEvent.selectOptions(find(host, `${closer} select`), "1");
    const tab = (name: string) => userEvent.click(button(host, closer, name));
    await tab("Title or pattern");
    const rows = () => host.querySelectorAll(`${closer} table tbody tr`).length;
    await expect.poll(rows).toBeGreaterThanOrEqual(3);
    const lead = () => find(host, `${closer} [role="tabpanel"][data-state="active"]`).textContent;
    const second = find<HTMLSelectElement>(host, `${closer} select`).selectedOptions[0]?.text.slice(3);
    expect(lead()).toContain(second);
    await tab("Word by word");
    await expect.poll(() => host.querySelector(`${closer} [data-token]`)).not.toBeNull();
    expect(lead()).toContain(second);
    await tab("Beside another");
    await expect.poll(() => host.querySelectorAll(`${closer} select`).length).toBe(3);
  });

  test("what would make a film number one can be found, done, and undone", async () => {
    const { host } = await explained();
    button(host, other, "Find the smallest change").click();
    await expect.poll(() => find(host, other).textContent).toContain("If you had not watched Blade Runner");
    button(host, other, "Change my history so").click();
    await expect.poll(() => titles(host)).toEqual(["Alien", "2001: A Space Odyssey"]);
    button(host, '[aria-labelledby="history-heading"]', "Undo").click();
    await expect.poll(() => titles(host)).toEqual(["Blade Runner", "Alien", "2001: A Space Odyssey"]);
  });

  test("what one more film would do can be asked; films of the history are not offered", async () => {
    const { host } = await explained();
    await userEvent.click(button(host, other, "What if I had also watched"));
    const box = `${other} [role="tabpanel"][data-state="active"]`;
    await pick(host, box, "matrix");
    await expect.poll(() => find(host, box).textContent).toContain("Had you also watched The Matrix");
    find<HTMLInputElement>(host, `${box} [role="combobox"]`).focus();
    await userEvent.keyboard("alien");
    await expect.poll(() => find(host, `${box} search [role="status"]`).textContent).toContain("No film");
    expect(titles(host)).toHaveLength(3);
  });

  test("a search can be stopped and says how far it came", async () => {
    const { host } = await explained("en", {
      counterfactual: (_, { onProgress, signal }) =>
        new Promise((_resolve, reject) => {
          onProgress({ passes: 7, budget: 150, size: 1, margin: null });
          signal.addEventListener("abort", () => reject(new Error("stopped")));
        }),
    });
    button(host, other, "Find the smallest change").click();
    await expect.poll(() => find(host, other).textContent).toContain("7 real runs of the model so far");
    button(host, other, "Stop the search").click();
    await expect.poll(() => find(host, other).textContent).toContain("stopped after 7 real runs");
  });

  test.each(languages)("no part of it has an accessibility violation (%s)", async (language) => {
    const { host } = await explained(language);
    for (const panel of [closer, other])
      for (const tab of host.querySelectorAll<HTMLElement>(`${panel} [role="tab"]`)) {
        await userEvent.click(tab);
        await expect.poll(() => tab.getAttribute("data-state")).toBe("active");
        expect(await accessibilityViolations(find(host, panel)), tab.textContent).toEqual([]);
      }
    find<HTMLElement>(host, `${other} [role="tab"]`).focus();
    await userEvent.keyboard("{ArrowLeft}{Enter}");
    for (const details of host.querySelectorAll("details")) details.open = true;
    expect(await accessibilityViolations(host)).toEqual([]);
  });
});

test("the language can be changed and is remembered", async () => {
  const { host } = await openPage(watched);
  find<HTMLElement>(host, 'header button[lang="ja"]').click();
  await expect.poll(() => document.documentElement.lang).toBe("ja");
  await expect.poll(() => host.querySelector("#history-heading")?.textContent).toBe("観た映画");
  expect(localStorage.getItem("becausal-language")).toBe("ja");
});

test("the page is never wider than a small phone", async () => {
  const { page } = await import("vitest/browser");
  await page.viewport(320, 700);
  for (const language of languages) {
    const { host } = await openPage(watched, language);
    await expect.poll(() => host.querySelectorAll('[role="grid"] tbody td').length).toBe(20);
    expect(document.documentElement.scrollWidth).toBeLessThanOrEqual(320);
    close();
  }
  await page.viewport(1280, 900);
});
