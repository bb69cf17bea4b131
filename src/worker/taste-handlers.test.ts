import { readFile } from "node:fs/promises";
import * as v from "valibot";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { FailureError } from "../core/failure.ts";
import { type ItemId, itemId } from "../core/ids.ts";
import type { Fetcher } from "../model/fetcher.ts";
import type { Film } from "../model/film.ts";
import { loadPreferenceSpace } from "../model/load-preference-space.ts";
import { makeTasteHandlers } from "./taste-handlers.ts";
import { MOST_SUPPORT, type TasteCalls } from "./taste-protocol.ts";
import { tasteSchemas } from "./taste-schema.ts";

const PACK = "/packs/movies/";
const context = () => ({ signal: new AbortController().signal, onProgress: () => undefined });

/** The committed files; `damage` may answer for one of them. */
function files(damage: (path: string, attempt: number) => Uint8Array<ArrayBuffer> | null = () => null) {
  const attempts = new Map<string, number>();
  const fetcher: Fetcher = {
    fetch: vi.fn(async (path) => {
      const attempt = (attempts.get(path) ?? 0) + 1;
      attempts.set(path, attempt);
      const bytes = damage(path, attempt) ?? new Uint8Array(await readFile(`public${path}`));
      return { bytes, fromCache: false };
    }),
    keep: async () => undefined,
  };
  return fetcher;
}
const handlersOf = (fetcher: Fetcher) =>
  makeTasteHandlers((packUrl, signal) => loadPreferenceSpace(fetcher, packUrl, signal));

let films: readonly Film[];
const handlers = handlersOf(files());
beforeAll(async () => {
  await handlers.open({ packUrl: PACK }, context());
  films = (await loadPreferenceSpace(files(), PACK)).films;
});
const item = (title: string, year: number): ItemId =>
  itemId(films.findIndex((film) => film.title === title && film.year === year));
const read = (
  liked: readonly ItemId[],
  disliked: readonly ItemId[] = [],
  more: Partial<TasteCalls["read"]["args"]> = {},
) =>
  handlers.read(
    {
      opinions: { liked, disliked },
      decisions: [],
      rated: [...liked, ...disliked],
      unrated: [],
      kept: [],
      ...more,
    },
    context(),
  );

describe("opening", () => {
  test("says what the page needs, and fetches once", async () => {
    const fetcher = files();
    const own = handlersOf(fetcher);
    const space = await own.open({ packUrl: PACK }, context());
    expect(await own.open({ packUrl: PACK }, context())).toEqual(space);
    expect(fetcher.fetch).toHaveBeenCalledTimes(3);
    expect(space.directions).toHaveLength(46);
    expect(space).toMatchObject({ pack: "movies", slateSize: 50, prompt: { maxTitleTokens: 18 } });
    expect(v.parse(tasteSchemas.open.reply, structuredClone(space))).toEqual(space);
  });

  test.for([
    ["a torn space", "preference-space.json", "{", "file-invalid"],
    ["an altered catalogue", "catalogue.json", "{}", "file-altered"],
    ["a manifest that is none", "manifest.json", "[]", "file-invalid"],
  ] as const)("%s is fetched once more past the caches, then named", async ([_, name, text, kind]) => {
    const torn = new TextEncoder().encode(text);
    const damaged = (path: string) => (path.endsWith(name) ? torn : null);
    const fetcher = files(damaged);
    const failure = { failure: { kind, file: `${PACK}${name}` } };
    await expect(handlersOf(fetcher).open({ packUrl: PACK }, context())).rejects.toMatchObject(failure);
    const healed = handlersOf(files((path, attempt) => (attempt === 1 ? damaged(path) : null)));
    await expect(healed.open({ packUrl: PACK }, context())).resolves.toMatchObject({ pack: "movies" });
  });

  test("a space of another catalogue is refused", async () => {
    const text = (await readFile("public/packs/movies/preference-space.json", "utf8")).replace(
      /("catalogueSha256": ?)"[0-9a-f]{64}"/,
      `$1"${"0".repeat(64)}"`,
    );
    const other = files((path) => (path.endsWith("space.json") ? new TextEncoder().encode(text) : null));
    await expect(handlersOf(other).open({ packUrl: PACK }, context())).rejects.toThrow(/another catalogue/);
  });

  test("nothing is answered before", async () => {
    const closed = handlersOf(files());
    await expect(closed.weigh({ items: [], tastes: [] }, context())).rejects.toThrow(FailureError);
  });
});

describe("reading", () => {
  test("what is read survives the border as it is", async () => {
    const reading = await read([item("Alien", 1979), item("The Thing", 1982)], [item("Pretty Woman", 1990)]);
    expect(v.parse(tasteSchemas.read.reply, structuredClone(reading))).toEqual(reading);
  });

  test("the films named and the rest add up to every direction's value", async () => {
    const liked = films
      .toSorted((a, b) => b.popularity - a.popularity)
      .slice(0, 30)
      .map(({ id }) => id);
    const { stances } = await read(liked);
    for (const { support, rest, value } of stances) {
      expect(support.length).toBe(MOST_SUPPORT);
      expect(support.reduce((sum, share) => sum + share.value, rest)).toBeCloseTo(value, 8);
    }
  });

  test("eight well-known films are asked about, none of them rated, kept ones first", async () => {
    const { asks } = await read([]);
    expect(asks).toHaveLength(8);
    const popular = films
      .toSorted((a, b) => b.popularity - a.popularity)
      .slice(0, 200)
      .map(({ id }) => id);
    for (const asked of asks) expect(popular).toContain(asked);
    const next = await read([asks[0]!], [], { kept: asks });
    expect(next.asks.slice(0, 7)).toEqual(asks.slice(1));
    expect(next.asks).not.toContain(asks[0]);
  });

  test("a film that was watched without a rating may be asked about, however few watched it", async () => {
    const rare = films
      .filter(({ popularity, genres }) => popularity === 1 && genres.includes("Film-Noir"))
      .map(({ id }) => id);
    const { asks } = await read([], [], { unrated: rare });
    expect(asks.some((asked) => rare.includes(asked))).toBe(true);
  });

  test("while nothing speaks, it says which like or dislike would move the strongest leaning, and what it would do", async () => {
    const kinds = new Set<boolean>();
    for (const [liked, disliked] of [
      [[item("Alien", 1979)], []],
      [[], [item("Pretty Woman", 1990)]],
      [[], [item("Toy Story", 1995)]],
      [[], [item("Forrest Gump", 1994)]],
    ] as const) {
      const { stances, next } = await read(liked, disliked);
      expect(stances.every(({ state }) => state === "neutral")).toBe(true);
      const leans = stances.map(({ probability }) => Math.abs(probability - 0.5));
      expect(leans[next!.direction]).toBe(Math.max(...leans));
      kinds.add(next!.liked);
      const then = next!.liked
        ? await read([...liked, next!.item], disliked)
        : await read(liked, [...disliked, next!.item]);
      expect(then.stances[next!.direction]?.probability).toBeCloseTo(next!.probability, 10);
      expect(Math.abs(next!.probability - 0.5)).toBeGreaterThan(leans[next!.direction]!);
    }
    expect(kinds).toEqual(new Set([true, false]));
  });

  test("where something speaks, and before any opinion, there is nothing of the kind to say", async () => {
    expect((await read([])).next).toBeNull();
    const horror = [
      ["Alien", 1979],
      ["The Thing", 1982],
      ["The Shining", 1980],
      ["Halloween", 1978],
    ] as const;
    expect((await read(horror.map(([title, year]) => item(title, year)))).next).toBeNull();
  });

  test("a film that the pack lacks is refused by its row", async () => {
    await expect(read([itemId(9066)])).rejects.toMatchObject({
      failure: { kind: "bad-request", reason: expect.stringContaining("9066") },
    });
  });
});

describe("weighing", () => {
  const films3 = () => [item("Halloween", 1978), item("Pretty Woman", 1990), item("Toy Story", 1995)];
  const nobody = { opinions: { liked: [], disliked: [] }, decisions: [], mirrored: false };

  test("a decision for horror lifts horror above romance; its mirror image does the reverse about the mean", async () => {
    const fan = { ...nobody, decisions: [["genre-horror", { state: "for", by: "set" }]] as const };
    const [mean, own, mirror] = await handlers.weigh(
      { items: films3(), tastes: [nobody, fan, { ...fan, mirrored: true }] },
      context(),
    );
    const gap = (row: readonly number[] | undefined) => row![0]! - row![1]!;
    expect(gap(own)).toBeGreaterThan(gap(mean));
    films3().forEach((_, i) => {
      expect((own![i]! + mirror![i]!) / 2).toBeCloseTo(mean![i]!, 9);
    });
  });
});

describe("what is refused at the border", () => {
  const source = { opinions: { liked: [1], disliked: [] }, decisions: [] };
  const reading = { ...source, rated: [], unrated: [], kept: [] };
  test.for([
    ["another origin", "open", { packUrl: "https://elsewhere.example/" }],
    ["a film that is none", "read", { ...reading, opinions: { liked: [-1], disliked: [] } }],
    ["no opinions", "read", { ...reading, opinions: undefined }],
    ["a decision of no state", "read", { ...reading, decisions: [["x", { state: "maybe", by: "set" }]] }],
    [
      "endless decisions",
      "read",
      { ...reading, decisions: Array(1001).fill(["x", { state: "for", by: "set" }]) },
    ],
    ["more films than a slate has", "weigh", { items: Array(501).fill(1), tastes: [] }],
    ["a taste of no side", "weigh", { items: [1], tastes: [source] }],
  ] as const)("%s", ([_, name, args]) => {
    expect(v.safeParse(tasteSchemas[name].args, args).success).toBe(false);
  });
  test("but not what the page sends", () => {
    expect(v.safeParse(tasteSchemas.read.args, reading).success).toBe(true);
    expect(
      v.safeParse(tasteSchemas.weigh.args, { items: [1], tastes: [{ ...source, mirrored: true }] }).success,
    ).toBe(true);
  });
});
