import { beforeEach, describe, expect, test } from "vitest";
import type { Update } from "../adapt/update.ts";
import { FailureError } from "../core/failure.ts";
import { present } from "../core/invariant.ts";
import type { Channel } from "../history/open-history.ts";
import type { LearningCalls } from "../worker/learning-protocol.ts";
import type { Handlers } from "../worker/protocol.ts";
import { makeAppStore } from "./app-store.ts";
import { fixtureAssets } from "./fixtures/assets.ts";
import { makeFakeCall } from "./fixtures/fake-call.ts";
import { makeFixtureLearning, makeMemoryLog, makeMemoryVersions } from "./fixtures/learning.ts";
import { makeMemoryHistory } from "./fixtures/memory-history.ts";
import { fixtureSpace } from "./fixtures/preference-space.ts";
import type { LearningStoreParts } from "./learning-store.ts";

const width = fixtureSpace.directions.length;
const figures = {
  rows: 60,
  effectiveSize: 55,
  currentValue: 0.3,
  proposedValue: 0.4,
  improvement: { value: 0.1, standardError: 0.02, low: 0.05, high: 0.15 },
  confidence: 0.97,
};
/** Turns the whole list around: for romance, against science fiction. */
const theta = Float64Array.from(fixtureSpace.directions, ({ id }) =>
  id === "romance" ? 9 : id === "sci-fi" ? -9 : 0,
);
const accepted: Update = { kind: "accepted", theta, figures };

type ProposeArgs = LearningCalls["propose"]["args"];
let proposed: ProposeArgs[] = [];
beforeEach(() => {
  proposed = [];
});

/** Waits until nothing is left to do: everything here is made of promises alone. */
const settle = () => new Promise((resolve) => setTimeout(resolve, 0));

async function openPage(
  overrides: Partial<LearningStoreParts> = {},
  {
    update = accepted,
    engine = {},
    watched = [541, 1214],
  }: { update?: Update; engine?: Partial<Handlers>; watched?: readonly number[] } = {},
) {
  const app = makeAppStore({
    call: makeFakeCall(async () => undefined, engine),
    history: makeMemoryHistory(watched.map((movieId) => ({ movieId, rating: null }))).store,
    assets: fixtureAssets,
    now: () => 0,
    model: { baseUrl: "/base", packUrl: "/pack", backend: "auto" },
  });
  const call: LearningStoreParts["call"] = async (name, args) => {
    if (name !== "propose") throw new FailureError({ kind: "bad-request", reason: "not here" });
    proposed.push(args as ProposeArgs);
    return update as never;
  };
  const { store, memory } = makeFixtureLearning(app, { call, ...overrides });
  await Promise.all([app.intentions.start(), store.intentions.start()]);
  await settle();
  const slot = () => present(store.state.getState().slot, "a slot");
  const ranked = () =>
    present(app.state.getState().answer.shown, "an answer").recommendation.ranked.map(({ item }) => item);
  return { app, memory, get: store.state.getState, ask: store.intentions, slot, ranked };
}

const key = (page: Awaited<ReturnType<typeof openPage>>) => present(page.slot().key, "a key");

describe("the film that chance picks", () => {
  test("is in the log before it is on the page, once for every answer", async () => {
    const page = await openPage();
    expect(page.memory.rows()).toEqual([{ key: 1, row: page.slot().row }]);
    expect(page.slot().row).toMatchObject({ policyVersion: 0, eps: 0.2, y: null, historyIds: [3, 4] });
    await page.app.intentions.explain();
    await settle();
    expect(page.memory.rows()).toHaveLength(1);
    await page.app.intentions.addFilm(924);
    await settle();
    expect(page.memory.rows().map(({ row }) => row.historyIds.length)).toEqual([2, 3]);
    expect(page.slot().key).toBe(2);
  });

  test("is not there where the log refuses it, and the page says why", async () => {
    const page = await openPage();
    page.memory.disk.refuse = true;
    await page.app.intentions.addFilm(924);
    await settle();
    expect([page.get().slot, page.get().rows.length]).toEqual([null, 1]);
    expect(page.get().failure).toMatchObject({ kind: "storage-failed" });
    page.memory.disk.refuse = false;
    await page.app.intentions.addFilm(912);
    await settle();
    expect([page.get().slot?.key, page.get().failure]).toEqual([2, null]);
  });

  test("is not there for the sample, for an empty history, or at epsilon 0, which is remembered", async () => {
    const unloaded = await openPage({}, { engine: { load: () => Promise.reject(new Error("no engine")) } });
    expect(unloaded.app.state.getState().answer.shown?.origin).toBe("sample");
    expect(unloaded.memory.rows()).toEqual([]);
    const nobody = await openPage({}, { watched: [] });
    expect([nobody.get().slot, nobody.memory.rows()]).toEqual([null, []]);

    const remembered: string[] = [];
    const page = await openPage({
      remembered: { read: () => "0.5", remember: (epsilon) => remembered.push(epsilon) },
    });
    expect(page.slot().row.eps).toBe(0.5);
    page.ask.setEpsilon(0);
    await page.app.intentions.addFilm(924);
    await settle();
    expect([page.get().slot, page.memory.rows().length, remembered]).toEqual([null, 1, ["0"]]);
    page.ask.setEpsilon(0.3);
    await settle();
    expect(page.slot().row).toMatchObject({ eps: 0.3, historyIds: [3, 4, 5] });
  });

  test.for(["", "2", "-1", "much"])("a remembered share of %j is none", async (text) => {
    const page = await openPage({ remembered: { read: () => text, remember: () => undefined } });
    expect(page.get().epsilon).toBe(0.2);
  });
});

describe("a reaction", () => {
  test("is shown once it is on the disk, and the last one counts", async () => {
    const page = await openPage();
    await page.ask.seen(12_000, key(page));
    expect(page.slot().row).toMatchObject({ y: 0, visibleMs: 12_000 });
    await page.ask.react("liked", 13_000, key(page));
    expect(page.slot().row).toMatchObject({ y: 1, visibleMs: 13_000 });
    await page.ask.seen(20_000, key(page));
    expect(page.memory.rows()[0]?.row).toMatchObject({ y: 1, visibleMs: 20_000 });
    expect(page.get().rows).toEqual(page.memory.rows());
    page.memory.disk.refuse = true;
    await page.ask.react("dismissed", 1, key(page));
    expect([page.slot().row.y, page.get().failure?.kind]).toEqual([1, "storage-failed"]);
  });

  test("about an earlier film goes to that film's row", async () => {
    const page = await openPage();
    const earlier = key(page);
    await page.app.intentions.addFilm(924);
    await settle();
    await page.ask.seen(4_000, earlier);
    expect(page.memory.rows().map(({ row }) => row.visibleMs)).toEqual([4_000, 0]);
    expect(page.slot().row.visibleMs).toBe(0);
    await page.ask.react("liked", 1_000, key(page));
    await page.ask.seen(12_000, earlier);
    expect(page.memory.rows().map(({ row }) => [row.y, row.visibleMs])).toEqual([
      [0, 12_000],
      [1, 1_000],
    ]);
  });
});

describe("an update", () => {
  test("is asked for with what the log has, and every verdict counts as a look", async () => {
    const page = await openPage();
    await page.ask.react("liked", 500, key(page));
    await page.ask.propose("dr-cpo");
    expect(proposed[0]).toMatchObject({ width, current: [], objective: "dr-cpo", look: 1 });
    expect(proposed[0]?.rounds.map(({ reward, action }) => [reward, action])).toEqual([
      [1, page.slot().row.a],
    ]);
    expect(page.get().proposal).toMatchObject({ phase: "made", rounds: 1, adopted: false });
    await page.ask.propose("cpo");
    expect([proposed[1]?.look, page.get().looks]).toEqual([2, 2]);
  });

  test("that too little is known for is no look", async () => {
    const page = await openPage({}, { update: { kind: "not-enough-data", rows: 1, effectiveSize: 0 } });
    await page.ask.propose("cpo");
    await page.ask.propose("cpo");
    expect([proposed.map(({ look }) => look), page.get().looks]).toEqual([[1, 1], 0]);
  });

  test("is asked for again where another tab had a look meanwhile", async () => {
    const page = await openPage();
    const { log } = page.memory;
    const read = log.read;
    log.read = async () => {
      const stored = await read();
      await log.countLook();
      return stored;
    };
    await page.ask.propose("cpo");
    expect([proposed.map(({ look }) => look), page.get().looks]).toEqual([[1, 2], 2]);
  });

  test("in force orders the answer on screen at once, without asking for another, and its draws", async () => {
    let asked = 0;
    const page = await openPage();
    page.app.state.subscribe(({ answer }, before) => {
      if (answer.phase === "computing" && before.answer.phase !== "computing") asked += 1;
    });
    const trained = page.ranked();
    const drawnAs = page.slot();
    await page.ask.propose("cpo");
    await page.ask.adopt();
    await settle();
    expect(page.app.state.getState().answer).toMatchObject({ phase: "shown", shown: { learned: 1 } });
    expect([page.get().versions.current, page.get().proposal]).toMatchObject([1, { adopted: true }]);
    expect(page.ranked()).not.toEqual(trained);
    const romantic = page.app.state.getState().answer.shown?.films.get(present(page.ranked()[0], "a film"));
    expect(romantic?.genres).toContain("Romance");
    // What explains the list explains the list that is shown.
    expect(page.app.state.getState().explanation.shown?.candidates).toEqual(page.ranked());
    expect(page.slot()).toBe(drawnAs);
    expect(asked).toBe(0);

    await page.app.intentions.addFilm(924);
    await settle();
    expect(page.slot().row.policyVersion).toBe(1);
    expect(page.app.state.getState().answer.shown?.learned).toBe(1);

    await page.ask.undo();
    await settle();
    expect(page.get()).toMatchObject({ versions: { current: 0 }, proposal: { adopted: false } });
    const { slate, recommendation, learned } = present(page.app.state.getState().answer.shown, "an answer");
    expect([learned, recommendation.ranked]).toEqual([0, slate.slice(0, 10)]);
  });

  test("that was accepted is compared with what is in force then", async () => {
    const page = await openPage();
    await page.ask.propose("cpo");
    await page.ask.adopt();
    await page.ask.adopt();
    expect(page.get().versions.records).toHaveLength(1);
    await page.ask.propose("cpo");
    expect(proposed[1]?.current).toEqual([...theta]);
    await page.ask.undo();
    // It was found better than version 1, which is in force no more.
    expect(page.get().proposal.phase).toBe("none");
  });

  test("that is not better cannot be put into force", async () => {
    const page = await openPage({}, { update: { kind: "not-better", theta, figures } });
    await page.ask.propose("cpo");
    await page.ask.adopt();
    expect([page.get().versions.current, page.get().looks]).toEqual([0, 1]);
  });

  test("fails in words where the pack has no preference space, and can be tried again", async () => {
    let tries = 0;
    const page = await openPage({
      loadSpace: async () => {
        tries += 1;
        if (tries === 1)
          throw new FailureError({ kind: "file-missing", file: "preference-space.json", status: 404 });
        return fixtureSpace;
      },
    });
    expect(tries).toBe(0);
    await page.ask.propose("cpo");
    expect(page.get().proposal).toMatchObject({ phase: "failed", failure: { kind: "file-missing" } });
    await page.ask.propose("cpo");
    expect(page.get().proposal.phase).toBe("made");
  });
});

describe("what was learned before", () => {
  const names = fixtureSpace.directions.map(({ id }) => id);
  const stored = async (numbers: readonly number[], weighs = names) => {
    const versions = makeMemoryVersions();
    const record = {
      head: "linear",
      objective: "cpo",
      theta: numbers,
      weighs,
      figures,
      acceptedAt: 1,
    } as const;
    await versions.adopt(record, 0);
    return versions;
  };

  test("is in force from the start", async () => {
    const versions = await stored([...theta]);
    const page = await openPage({ openVersions: async () => versions });
    expect(page.app.state.getState().answer.shown?.learned).toBe(1);
    expect(page.slot().row.policyVersion).toBe(1);
    expect(page.get().space).toBe(fixtureSpace);
  });

  test.for([
    ["has fewer numbers", [1, 2, 3], names],
    ["weighs other directions", [...theta], names.toReversed()],
    ["weighs fewer", [...theta], names.slice(1)],
  ] as const)("and %s is said and not applied; it stays", async ([, numbers, weighs]) => {
    const versions = await stored(numbers, [...weighs]);
    const page = await openPage({ openVersions: async () => versions });
    expect(page.get().failure).toMatchObject({ kind: "storage-failed" });
    expect(page.slot().row.policyVersion).toBe(0);
    expect(page.app.state.getState().answer.shown?.learned).toBe(0);
    expect(page.get().versions.records).toHaveLength(1);
  });

  test("and is damaged is said, also after the next row was written", async () => {
    const versions = makeMemoryVersions();
    versions.read = async () => ({
      versions: { current: 0, records: [] },
      unreadable: [{ version: 4, reason: "theta: it is missing" }],
    });
    const page = await openPage({ openVersions: async () => versions });
    await page.ask.react("liked", 1, key(page));
    expect(page.get().failure).toMatchObject({ reason: "version 4: theta: it is missing" });
  });
});

describe("two tabs", () => {
  test("have the same version in force, and what one erases is gone in both", async () => {
    const tabs: Channel[] = [];
    const open = () => {
      const channel: Channel = {
        onmessage: null,
        close: () => undefined,
        postMessage: (data) => {
          for (const tab of tabs) if (tab !== channel) tab.onmessage?.(new MessageEvent("message", { data }));
        },
      };
      tabs.push(channel);
      return channel;
    };
    const versions = makeMemoryVersions();
    const { log } = makeMemoryLog();
    const shared = () => ({
      channel: open(),
      openLog: async () => log,
      openVersions: async () => versions,
    });
    const here = await openPage(shared());
    const there = await openPage(shared());
    await there.ask.propose("cpo");
    await here.ask.propose("cpo");
    await here.ask.adopt();
    await settle();
    expect(there.get()).toMatchObject({ versions: { current: 1 }, proposal: { phase: "none" } });
    expect(there.ranked()).toEqual(here.ranked());
    expect(there.app.state.getState().answer.shown?.learned).toBe(1);
    await there.ask.erase();
    await settle();
    expect(here.get()).toMatchObject({
      versions: { current: 0, records: [] },
      rows: [],
      looks: 0,
      slot: null,
    });
    expect(here.app.state.getState().answer.shown?.learned).toBe(0);
  });
});

describe("the log", () => {
  test("goes out as lines, and erasing takes all that was learned with it", async () => {
    const page = await openPage();
    await page.ask.propose("cpo");
    await page.ask.adopt();
    expect(await page.ask.exportLog()).toBe(`${JSON.stringify(page.slot().row)}\n`);
    await page.ask.erase();
    await settle();
    expect(page.get()).toMatchObject({
      rows: [],
      looks: 0,
      slot: null,
      versions: { current: 0, records: [] },
      proposal: { phase: "none" },
    });
    expect([page.memory.rows(), page.app.state.getState().answer.shown?.learned]).toEqual([[], 0]);
    await page.app.intentions.addFilm(924);
    await settle();
    expect(page.memory.rows()).toHaveLength(1);
  });

  test("that cannot be opened leaves the page as it is, and says why", async () => {
    const page = await openPage({
      openLog: async () => {
        throw new FailureError({ kind: "storage-failed", operation: "Opening the log", reason: "refused" });
      },
    });
    expect(page.get()).toMatchObject({ phase: "failed", failure: { reason: "refused" }, slot: null });
    expect(page.ranked()).toHaveLength(10);
    await page.ask.propose("cpo");
    expect(await page.ask.exportLog()).toBeNull();
    expect(proposed).toEqual([]);
  });
});
