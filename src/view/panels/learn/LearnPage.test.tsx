import { afterEach, describe, expect, test } from "vitest";
import type { StoredRow } from "../../../adapt/log-storage.ts";
import { FailureError } from "../../../core/failure.ts";
import { makeAppStore } from "../../../state/app-store.ts";
import { fixtureAssets } from "../../../state/fixtures/assets.ts";
import { makeFakeCall } from "../../../state/fixtures/fake-call.ts";
import { makeFixtureLearning, makeMemoryLog, makeMemoryVersions } from "../../../state/fixtures/learning.ts";
import { makeMemoryHistory } from "../../../state/fixtures/memory-history.ts";
import { fixtureSpace } from "../../../state/fixtures/preference-space.ts";
import type { LearningStoreParts } from "../../../state/learning-store.ts";
import { learningHandlers } from "../../../worker/learning-handlers.ts";
import type { LearningCalls } from "../../../worker/learning-protocol.ts";
import { learningSchemas } from "../../../worker/learning-schema.ts";
import { type ServingPort, serve } from "../../../worker/serve.ts";
import { makeWorkerClient, type WorkerPort } from "../../../worker/worker-client.ts";
import { titleParts } from "../../charts/title-parts.ts";
import { type Language, languages } from "../../i18n/language.ts";
import { LearningProvider } from "../../learning-context.tsx";
import { accessibilityViolations, renderForTest } from "../../render-for-test.tsx";
import { StoreProvider } from "../../store-context.tsx";
import { LearnPage } from "./LearnPage.tsx";
import { fixtureLog } from "./log-fixture.ts";

let close = () => {};
afterEach(() => close());

/** The real worker's code behind the real messages, on this thread. */
function makeLearningCall() {
  const { port1, port2 } = new MessageChannel();
  serve(port2 as ServingPort, learningSchemas, learningHandlers);
  const worker: WorkerPort = Object.assign(port1, { terminate: () => port1.close(), onerror: null });
  return makeWorkerClient<LearningCalls>("learning", learningSchemas, () => worker).call;
}

async function openPage(
  rows: readonly StoredRow[],
  {
    language = "en",
    start = true,
    films = [541, 1214],
    ...overrides
  }: Partial<LearningStoreParts> & {
    readonly language?: Language;
    readonly start?: boolean;
    readonly films?: readonly number[];
  } = {},
) {
  const app = makeAppStore({
    call: makeFakeCall(async () => undefined),
    history: makeMemoryHistory(films.map((movieId) => ({ movieId, rating: null }))).store,
    assets: fixtureAssets,
    now: () => 0,
    model: { baseUrl: "/base", packUrl: "/pack", backend: "auto" },
  });
  const memory = makeMemoryLog();
  memory.setRows(rows);
  const { store } = makeFixtureLearning(app, {
    call: makeLearningCall(),
    openLog: async () => memory.log,
    // Nothing is drawn while a test counts rows.
    remembered: { read: () => "0", remember: () => undefined },
    now: () => 1_800_000_000_000,
    ...overrides,
  });
  const page = await renderForTest(
    <StoreProvider store={app}>
      <LearningProvider store={store}>
        <LearnPage arrived={false} />
      </LearningProvider>
    </StoreProvider>,
    language,
  );
  close = page.unmount;
  if (start) await Promise.all([app.intentions.start(), store.intentions.start()]);
  const { host } = page;
  return {
    host,
    app,
    store,
    memory,
    text: () => host.textContent ?? "",
    button: (name: string) => {
      const found = [...host.querySelectorAll("button")].find(({ textContent }) => textContent === name);
      if (found === undefined) throw new Error(`no button "${name}"`);
      return found;
    },
    ranks: () =>
      [...host.querySelectorAll('[data-verdict] table[class*="changes"] tbody tr')].map((row) => ({
        film: row.querySelector("cite")?.textContent,
        rank: row.querySelector("td")?.textContent,
        move: row.querySelectorAll("td")[1]?.textContent,
      })),
  };
}

const loved = fixtureLog(500, "Sci-Fi");

/** The page with the log of someone who loves one genre, and a verdict on it. */
async function openDecided(rows = loved, options: Parameters<typeof openPage>[1] = {}) {
  const page = await openPage(rows, options);
  await page.store.intentions.propose("cpo");
  await expect.poll(() => page.host.querySelector("[data-verdict]")).not.toBeNull();
  return page;
}

describe.each(languages)("the page in %s", (language) => {
  const states: readonly (readonly [string, () => Promise<{ readonly host: Element }>])[] = [
    ["while the log is opened", () => openPage([], { language, start: false })],
    ["without a log", () => openPage([], { language })],
    [
      "where the browser keeps nothing",
      () =>
        openPage([], {
          language,
          openLog: async () => {
            throw new FailureError({
              kind: "storage-failed",
              operation: "Opening the log",
              reason: "denied",
            });
          },
        }),
    ],
    ["with too few answers", () => openDecided(fixtureLog(20, "Sci-Fi"), { language })],
    ["with chance alone", () => openDecided(fixtureLog(500, null), { language })],
    ["with something better", () => openDecided(loved, { language })],
    [
      "with a version in force",
      async () => {
        const page = await openDecided(loved, { language });
        await page.store.intentions.adopt();
        await expect
          .poll(() => page.host.querySelectorAll('#learn-worth table[class*="table"]').length)
          .toBe(2);
        return page;
      },
    ],
    [
      "where the worker fails",
      async () => {
        const call = async () => {
          throw new FailureError({ kind: "bug", message: "the learning worker stopped" });
        };
        const page = await openPage(loved, { language, call });
        await page.store.intentions.propose("cpo");
        return page;
      },
    ],
  ];
  test.for(states)("has no accessibility violation %s", async ([, open]) => {
    const { host } = await open();
    expect(document.documentElement.lang).toBe(language);
    expect(host.textContent).not.toMatch(/\b(doing|empty|shown|worth|update|further)\.[a-z]/);
    expect(host.textContent).not.toContain("{{");
    expect(await accessibilityViolations(host)).toEqual([]);
  });
});

describe("without data", () => {
  test("says what to do, and shows no number", async () => {
    const { host, text } = await openPage([], {
      remembered: { read: () => null, remember: () => undefined },
      films: [],
    });
    expect(host.querySelector("#learn-empty a")?.getAttribute("href")).toBe("#answer");
    expect(text()).toContain("Some 50 answers");
    for (const id of ["shown", "worth", "update"]) expect(host.querySelector(`#learn-${id}`)).toBeNull();
    expect(host.querySelector('#learn-further a[href="#lab"]')).not.toBeNull();
  });

  test("at 0 nothing is drawn, and that is said", async () => {
    const kept: string[] = [];
    const { host, text, button, store } = await openPage([], {
      remembered: { read: () => null, remember: (value) => kept.push(value) },
      films: [],
    });
    expect(host.querySelectorAll("#learn-doing li").length).toBe(3);
    button("Off").click();
    await expect.poll(() => host.querySelectorAll("#learn-doing li").length).toBe(0);
    expect(text()).toContain("nothing is written down");
    expect(text()).toContain("switched off");
    expect(store.state.getState().epsilon).toBe(0);
    expect(kept).toEqual(["0"]);
  });
});

describe("what was shown", () => {
  test("is a table of the newest rows, with chance, how and outcome", async () => {
    const { host, button } = await openPage(loved);
    const lines = () => [...host.querySelectorAll("#learn-shown tbody tr")];
    await expect.poll(() => lines()[0]?.querySelector("cite")).not.toBeNull();
    expect(lines().length).toBe(10);
    const last = loved.at(-1)!.row;
    if (last.source !== "slot") throw new Error(last.source);
    const cells = [...lines()[0]!.querySelectorAll("td")].map(({ textContent }) => textContent);
    expect(cells[1]).toBe(`${((last.p[last.a] ?? 0) * 100).toFixed(1)}%`);
    expect(cells[2]).toBe(last.randomised ? "all alike" : "by the ranking");
    expect(cells[3]).toBe(`${last.visibleMs / 1000} s`);
    expect(cells[5]).toBe(`${last.y}`);
    button("Show 10 more").click();
    await expect.poll(() => lines().length).toBe(20);
    const counts = [...host.querySelectorAll("#learn-shown dl dd")].map(({ textContent }) =>
      Number(textContent),
    );
    expect(counts[0]).toBe(500);
    expect(counts.slice(1).reduce((sum, count) => sum + count, 0)).toBe(500);
  });

  test("every draw is made again, and one that was changed is named", async () => {
    const whole = await openPage(loved);
    await expect.poll(whole.text).toContain("All 500 draws can be made again from seed and counter.");
    close();
    const rows = loved.map(({ key, row }, i) => ({
      key,
      row: i === 41 ? { ...row, a: (row.a + 1) % 20 } : row,
    }));
    const tampered = await openPage(rows);
    await expect
      .poll(tampered.text)
      .toContain("1 of 500 draws are not what seed and counter give (counters 41)");
    expect(tampered.host.querySelector('[data-holds="false"]')).not.toBeNull();
  });

  test("is erased only when one says so twice", async () => {
    const { host, button, memory, text } = await openPage(loved);
    await expect.poll(() => host.querySelector("#learn-shown")).not.toBeNull();
    button("Erase log and versions").click();
    await expect.poll(text).toContain("Erase all 500 rows");
    expect(document.activeElement?.textContent).toContain("Erase all 500 rows");
    button("Keep everything").click();
    await expect.poll(() => document.activeElement?.textContent).toBe("Erase log and versions");
    expect(memory.rows().length).toBe(500);
    button("Erase log and versions").click();
    await expect.poll(text).toContain("Erase all 500 rows");
    button("Erase for good").click();
    await expect.poll(() => host.querySelector("#learn-empty")).not.toBeNull();
    expect(memory.rows()).toEqual([]);
    expect(text()).toContain("The log and what was learned are erased.");
    await expect.poll(() => document.activeElement?.id).toBe("learn-empty-heading");
  });
});

describe("what it is worth", () => {
  test("comes from the worker by every estimator, with intervals", async () => {
    const { host, store } = await openPage(loved);
    await expect.poll(() => host.querySelectorAll("#learn-worth tbody tr").length).toBe(7);
    const { values } = store.state.getState();
    if (values.phase !== "made" || values.values.trained.kind !== "estimated") throw new Error(values.phase);
    const { estimates } = values.values.trained;
    const shown = [...host.querySelectorAll("#learn-worth tbody tr td")].map(
      ({ textContent }) => textContent,
    );
    for (const [i, { value, interval }] of estimates.entries())
      expect(shown[i]).toContain(
        `${value.toFixed(3)} [${interval.low.toFixed(3)}, ${interval.high.toFixed(3)}]`,
      );
  });

  test("below an effective size of 50 there is no value, but how many more it takes", async () => {
    const { host, text } = await openPage(fixtureLog(20, "Sci-Fi"));
    await expect.poll(text).toContain("No value yet");
    expect(text()).toMatch(/About \d+ more answers are needed/);
    expect(host.querySelector("#learn-worth table")).toBeNull();
  });

  test("says when the policy in force was taught by the rounds it is valued on", async () => {
    const { store, text } = await openDecided();
    await store.intentions.adopt();
    await expect.poll(text).toContain("500 of these answers are older than version 1 and taught it");
  });
});

describe("an update", () => {
  test("that is better says so, in words, in numbers and in today's ranking", async () => {
    const { host, text, ranks, store } = await openDecided();
    const { proposal } = store.state.getState();
    if (proposal.phase !== "made" || proposal.update.kind !== "accepted") throw new Error(proposal.phase);
    const { improvement, confidence } = proposal.update.figures;
    expect(text()).toContain("Better, as far as these answers can tell.");
    expect(text()).toContain(`+${improvement.value.toFixed(3)} [+${improvement.low.toFixed(3)}`);
    expect(confidence).toBeCloseTo(0.9696, 4);
    expect(text()).toContain("at 97.0% confidence");
    await expect.poll(text).toContain("Gained most");
    const [gained] = host.querySelectorAll("[data-verdict] figure");
    expect(gained?.querySelector("tbody th")?.textContent).toBe("Sci-Fi");
    await expect.poll(() => ranks().length).toBe(20);
    expect(ranks().some(({ move }) => move?.includes("up from"))).toBe(true);
  });

  test("comes into force when it is accepted, and goes when it is undone", async () => {
    const { host, text, button, ranks, store, app } = await openDecided();
    const order = () => app.state.getState().answer.shown?.recommendation.ranked.map(({ item }) => item);
    await expect.poll(() => ranks().length).toBe(20);
    const before = order();
    const promised = ranks().map(({ film }) => film);
    button("Accept: put it into force").click();
    await expect.poll(text).toContain("Version 1 is in force.");
    expect(document.activeElement?.id).toBe("learn-update-heading");
    await expect.poll(() => app.state.getState().answer.shown?.learned).toBe(1);
    const films = app.state.getState().answer.shown?.films;
    expect(order()?.map((item) => titleParts(films?.get(item)?.title ?? "").name)).toEqual(
      promised.slice(0, 10),
    );
    expect(ranks().map(({ film }) => film)).toEqual(promised);
    expect(host.querySelector('[aria-current="true"] th')?.textContent).toBe("1");
    button("Undo: back to the model as it was trained").click();
    await expect.poll(order).toEqual(before);
    await expect.poll(text).toContain("The version before is in force again.");
    expect(store.state.getState().versions).toMatchObject({ current: 0, records: [{ version: 1 }] });
    expect(host.querySelector('[aria-current="true"] th')?.textContent).toBe("0, as it was trained");
  });

  test("of chance is not better, and cannot be accepted", async () => {
    const { host, text } = await openDecided(fixtureLog(500, null));
    expect(host.querySelector('[data-verdict="not-better"]')).not.toBeNull();
    expect(text()).toContain("Nothing changes.");
    expect(text()).toContain("the difference may be chance");
    expect(text()).not.toContain("Accept: put it into force");
  });

  test("that is worse says so", async () => {
    // In force is what goes as far for the genre as the answers do; half of them, held to the trained model, teach less.
    const versions = makeMemoryVersions();
    await versions.adopt(
      {
        head: "linear",
        objective: "cpo",
        theta: fixtureSpace.directions.map(({ id }) => (id === "sci-fi" ? 4 : 0)),
        weighs: fixtureSpace.directions.map(({ id }) => id),
        figures: {
          rows: 500,
          effectiveSize: 100,
          currentValue: 0.3,
          proposedValue: 0.8,
          improvement: { value: 0.5, standardError: 0.1, low: 0.3, high: 0.7 },
          confidence: 0.95,
        },
        acceptedAt: 0,
      },
      0,
    );
    const page = await openPage(loved, { openVersions: async () => versions });
    await page.store.intentions.propose("dr-cpo");
    await expect.poll(page.text).toContain("Worse, as far as these answers can tell.");
    expect(page.text()).not.toContain("may be chance");
  });

  test("without enough data says how much is missing", async () => {
    const { host, text } = await openDecided(fixtureLog(20, "Sci-Fi"));
    expect(host.querySelector('[data-verdict="not-enough-data"]')).not.toBeNull();
    expect(text()).toMatch(/Not enough data\. .* About \d+ more answers are needed\./);
    expect(host.querySelectorAll("[data-verdict] table").length).toBe(0);
  });

  test("asks for more at every further look", async () => {
    const { text, store } = await openDecided();
    expect(text()).toContain("You have asked 1 time on this log.");
    expect(text()).toContain("the next one has to be sure to 99.2%");
    await store.intentions.propose("dr-cpo");
    await expect.poll(text).toContain("You have asked 2 times on this log.");
    expect(text()).toContain("at 99.2% confidence");
  });

  test("is asked for with the method that was chosen", async () => {
    const { host, button, store } = await openPage(loved);
    await expect.poll(() => host.querySelector("#learn-update")).not.toBeNull();
    button("CPO").click();
    await expect.poll(() => button("CPO").getAttribute("data-state")).toBe("on");
    button("Learn from 500 answers").click();
    await expect
      .poll(() => store.state.getState().proposal)
      .toMatchObject({ phase: "made", objective: "cpo" });
  });

  test("without a ranking of one's own says so", async () => {
    const { text } = await openDecided(loved, { films: [] });
    await expect.poll(text).toContain("There is no ranking of your own on screen yet");
  });
});
