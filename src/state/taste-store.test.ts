import { describe, expect, test, vi } from "vitest";
import type { HistoryItem } from "../history/history-store.ts";
import type { Handlers } from "../worker/protocol.ts";
import { makeAppStore } from "./app-store.ts";
import { fixtureRecommendation } from "./fixtures/answer.ts";
import { fixtureAssets } from "./fixtures/assets.ts";
import { makeFakeCall } from "./fixtures/fake-call.ts";
import { fixtureFilms } from "./fixtures/films.ts";
import { makeMemoryHistory } from "./fixtures/memory-history.ts";
import { makeFakeTaste, makeMemoryText } from "./fixtures/taste.ts";
import { DISLIKE_STARS, LIKE_STARS } from "./taste-opinions.ts";
import { makeTasteStore } from "./taste-store.ts";

const item = (movieId: number) => fixtureFilms.findIndex((film) => film.movieId === movieId);
const [TOY_STORY, ALIEN, BLADE_RUNNER, CASABLANCA, TERMINATOR, BRAZIL] = [1, 1214, 541, 912, 1240, 1199];

interface Options {
  readonly items?: readonly HistoryItem[];
  readonly stored?: string;
  readonly pieces?: readonly ("persona" | "examples")[];
  readonly engine?: Partial<Handlers>;
  readonly pause?: (call: string) => Promise<void>;
}

async function openTaste({ items = [], stored, pieces = [], engine = {}, pause }: Options = {}) {
  const history = makeMemoryHistory(items);
  const call = makeFakeCall(async () => undefined, engine);
  const app = makeAppStore({
    call,
    history: history.store,
    assets: fixtureAssets,
    now: () => 0,
    model: { baseUrl: "/base", packUrl: "/pack", backend: "auto" },
  });
  const text = makeMemoryText(stored ?? null);
  const worker = vi.fn(makeFakeTaste(pieces, pause));
  const taste = makeTasteStore({
    call: worker as ReturnType<typeof makeFakeTaste>,
    engine: call,
    app,
    storage: text.storage,
    packUrl: "/pack",
    now: () => Date.UTC(2026, 10, 28),
  });
  await app.intentions.start();
  await taste.intentions.open();
  const get = taste.state.getState;
  const settled = () => vi.waitFor(() => expect(get().busy).toBe(false));
  const stance = (id: string) => {
    const found = get().reading?.stances.find(({ direction }) => direction.id === id);
    if (found === undefined) throw new Error(`no stance of ${id}`);
    return found;
  };
  const events = () => app.state.getState().history.events;
  return { ...taste.intentions, app, history, text, worker, get, settled, stance, events };
}

const rated = (...ratings: readonly (readonly [movieId: number, rating: number | null])[]) =>
  ratings.map(([movieId, rating]) => ({ movieId, rating }));
const likesScience = rated([ALIEN, 5], [BLADE_RUNNER, 4], [BRAZIL, 4.5], [CASABLANCA, 1]);

describe("reading", () => {
  test("liked and disliked films make the taste, watched ones do not, and each names what it adds", async () => {
    const page = await openTaste({ items: [...likesScience, { movieId: TOY_STORY, rating: null }] });
    expect(page.get().reading?.opinions).toEqual({
      liked: [item(ALIEN), item(BLADE_RUNNER), item(BRAZIL)],
      disliked: [item(CASABLANCA)],
    });
    const { support, probability } = page.stance("genre-sci-fi");
    expect(probability).toBeGreaterThan(0.6);
    expect(support.map((share) => share.item)).toContain(item(ALIEN));
    expect(support.map((share) => share.item)).not.toContain(item(TOY_STORY));
  });

  test("a rating on any page is followed, and told as what moved", async () => {
    const page = await openTaste({ items: rated([ALIEN, 5]) });
    expect(page.get().moved).toBeNull();
    const before = page.stance("genre-romance").probability;
    await page.app.intentions.addFilm(CASABLANCA);
    await page.app.intentions.rateFilm(page.events().at(-1)!.key, 1);
    await page.settled();
    expect(page.get().moved?.cause).toEqual({ kind: "disliked", item: item(CASABLANCA) });
    const romance = page.get().moved?.directions.find(({ direction }) => direction.id === "genre-romance");
    expect(romance?.before.probability).toBe(before);
    expect(romance?.after.probability).toBeLessThan(before);
  });

  test("what is not an opinion asks nothing anew of the directions that moved", async () => {
    const page = await openTaste({ items: likesScience });
    await page.app.intentions.rateFilm(page.events()[1]!.key, 4.5);
    await page.settled();
    expect(page.get().moved).toBeNull();
  });

  test("the newest question wins over one that is slower", async () => {
    let hold = Promise.resolve();
    const page = await openTaste({ pause: (call) => (call === "read" ? hold : Promise.resolve()) });
    let release: () => void = () => undefined;
    hold = new Promise((resolve) => {
      release = resolve;
    });
    void page.decide("genre-sci-fi", "for");
    hold = Promise.resolve();
    await page.decide("genre-sci-fi", "against");
    expect(page.stance("genre-sci-fi").state).toBe("against");
    release();
    await page.settled();
    await new Promise((done) => setImmediate(done));
    expect(page.stance("genre-sci-fi").state).toBe("against");
  });

  test("a reading that fails leaves the last one, says why, and can be asked again", async () => {
    const page = await openTaste({ items: rated([ALIEN, 5]) });
    page.worker.mockRejectedValueOnce(new Error("torn"));
    await page.decide("genre-sci-fi", "for");
    expect(page.get().unread).toEqual({ kind: "bug", message: "Error: torn" });
    expect(page.stance("genre-sci-fi").state).not.toBe("for");
    await page.retry();
    expect(page.get().unread).toBeNull();
    expect(page.stance("genre-sci-fi").state).toBe("for");
  });

  test("a space that cannot be fetched is named, and fetched again on asking", async () => {
    const failure = { kind: "file-missing", file: "/pack/preference-space.json", status: 404 } as const;
    const { FailureError } = await import("../core/failure.ts");
    let broken = true;
    const page = await openTaste({
      pause: async (call) => {
        if (call === "open" && broken) throw new FailureError(failure);
      },
    });
    expect(page.get().space).toEqual({ phase: "failed", failure });
    broken = false;
    await page.open();
    expect(page.get().reading).not.toBeNull();
  });
});

describe("asking about films", () => {
  test("a like adds the film to the history with its stars at once, and its place is given to another", async () => {
    const asked: number[][] = [];
    const page = await openTaste({
      engine: {
        recommend: async ({ history, seen, top }) => {
          asked.push([...history]);
          return fixtureRecommendation(history, seen, top);
        },
      },
    });
    const before = page.get().reading!.asks;
    const film = fixtureFilms[before[2]!]!;
    page.giveOpinion(film.movieId, false);
    await vi.waitFor(() => expect(page.get().reading?.opinions.disliked).toEqual([film.id]));
    expect(page.events().map(({ movieId, rating }) => [movieId, rating])).toEqual([
      [film.movieId, DISLIKE_STARS],
    ]);
    const after = page.get().reading!.asks;
    expect(after).not.toContain(film.id);
    expect(after).toHaveLength(before.length);
    expect(after.toSpliced(2, 1)).toEqual(before.toSpliced(2, 1));
    // The model was never asked as though the disliked film had merely been watched.
    expect(asked.flat()).not.toContain(film.id);
  });

  test("taking a like back removes the film, and the page's undo brings it back", async () => {
    const page = await openTaste();
    page.giveOpinion(ALIEN, true);
    await vi.waitFor(() => expect(page.events()[0]?.rating).toBe(LIKE_STARS));
    page.takeOpinionBack();
    await vi.waitFor(() => expect(page.events()).toEqual([]));
    await page.app.intentions.undo();
    expect(page.events().map(({ movieId, rating }) => [movieId, rating])).toEqual([[ALIEN, LIKE_STARS]]);
  });

  test("a film that was watched loses its new rating only", async () => {
    const page = await openTaste({ items: rated([ALIEN, null], [TERMINATOR, null]) });
    page.giveOpinion(ALIEN, true);
    await vi.waitFor(() => expect(page.events()[0]?.rating).toBe(LIKE_STARS));
    page.takeOpinionBack();
    await vi.waitFor(() => expect(page.events()[0]?.rating).toBeNull());
    expect(page.events()).toHaveLength(2);
  });

  test("a like that storage refuses is told, and does not rate the film when it is added later", async () => {
    const page = await openTaste();
    page.history.refuseNext();
    page.giveOpinion(ALIEN, true);
    await vi.waitFor(() => expect(page.app.state.getState().history.failure).not.toBeNull());
    await page.app.intentions.addFilm(ALIEN);
    expect(page.events().map(({ rating }) => rating)).toEqual([null]);
  });

  test("films that were rated, liked or not, are not asked about", async () => {
    const page = await openTaste({ items: rated([ALIEN, 3], [TOY_STORY, 5]) });
    expect(page.get().reading?.asks).not.toContain(item(ALIEN));
    expect(page.get().reading?.asks).not.toContain(item(TOY_STORY));
  });
});

describe("deciding", () => {
  test("a decision holds against the ratings, is kept on the device and is there after a reload", async () => {
    const page = await openTaste({ items: likesScience });
    await page.decide("genre-sci-fi", "against");
    expect(page.stance("genre-sci-fi")).toMatchObject({ state: "against", override: { by: "set" } });
    expect(page.get().moved).toMatchObject({
      cause: { kind: "decided", state: "against" },
      directions: [{ direction: { id: "genre-sci-fi" }, after: { state: "against" } }],
    });
    const again = await openTaste({ items: likesScience, stored: page.text.kept.text! });
    expect(again.stance("genre-sci-fi").state).toBe("against");
    await again.decide("genre-sci-fi", null);
    expect(again.stance("genre-sci-fi").override).toBeNull();
    expect(again.get().moved?.cause.kind).toBe("released");
  });

  test("a locked direction stays as it was, whatever is rated", async () => {
    const page = await openTaste();
    await page.lock("genre-sci-fi");
    for (const movieId of [ALIEN, BLADE_RUNNER, BRAZIL, TERMINATOR, 924, 260])
      page.giveOpinion(movieId, true);
    await vi.waitFor(() => expect(page.get().reading?.opinions.liked).toHaveLength(6));
    expect(page.stance("genre-sci-fi")).toMatchObject({
      state: "neutral",
      inferred: "for",
      override: { state: "neutral", by: "locked" },
    });
  });

  test("resetting gives all back, and can be undone", async () => {
    const page = await openTaste();
    await page.decide("genre-sci-fi", "for");
    await page.decide("era-1980", "against");
    await page.reset();
    expect(page.get().overrides.size).toBe(0);
    await page.undo();
    expect([...page.get().overrides.keys()]).toEqual(["genre-sci-fi", "era-1980"]);
  });

  test("storage that refuses is named, and the decision holds for this visit", async () => {
    const page = await openTaste();
    page.text.kept.refuses = true;
    await page.decide("genre-sci-fi", "for");
    expect(page.get().failure).toMatchObject({
      kind: "storage-failed",
      reason: expect.stringContaining("Quota"),
    });
    expect(page.stance("genre-sci-fi").state).toBe("for");
  });

  test.for([
    ["no JSON", "{torn"],
    ["another version", '{"schema":"becausal-taste-decisions/9","decisions":[]}'],
  ] as const)("stored decisions that are %s are set aside and said", async ([_, stored]) => {
    const page = await openTaste({ stored });
    expect(page.get().damaged).toBe(stored);
    expect(page.text.kept.aside).toBe(stored);
    await page.decide("genre-sci-fi", "for");
    expect(page.text.kept.aside).toBe(stored);
  });

  test("one bad entry costs no other, and directions that this pack lacks stay stored", async () => {
    const decisions = [
      { direction: "genre-sci-fi", state: "for", by: "set" },
      { direction: "genre-opera", state: "for", by: "set" },
      { direction: "era-1980", state: "sideways", by: "set" },
    ];
    const stored = JSON.stringify({ schema: "becausal-taste-decisions/1", decisions });
    const page = await openTaste({ stored });
    expect(page.get().damaged).toBe(stored);
    expect(page.stance("genre-sci-fi").state).toBe("for");
    await page.decide("genre-romance", "against");
    expect(page.text.kept.text).toContain("genre-opera");
  });

  test("what another tab decides is followed", async () => {
    const page = await openTaste();
    const other = await openTaste();
    await other.decide("genre-sci-fi", "for");
    page.text.kept.text = other.text.kept.text;
    page.text.changedElsewhere();
    await page.settled();
    expect(page.stance("genre-sci-fi").state).toBe("for");
  });
});

const fileOf = (name: string, text: string) => ({
  name,
  size: text.length,
  arrayBuffer: async () => new TextEncoder().encode(text).buffer,
});

describe("files", () => {
  test("a saved persona, opened elsewhere, gives its decisions and no rating", async () => {
    const page = await openTaste({ items: likesScience });
    await page.decide("genre-sci-fi", "against");
    await page.lock("era-1980");
    const saved = page.save()!;
    expect(saved.name).toBe("becausal-persona-2026-11-28.json");
    expect(JSON.parse(saved.text).opinions).toEqual({
      liked: [ALIEN, BLADE_RUNNER, BRAZIL],
      disliked: [CASABLANCA],
    });
    const other = await openTaste();
    await other.decide("genre-romance", "for");
    await other.openFile(fileOf("p.json", saved.text), "mine");
    expect([...other.get().overrides]).toEqual([...page.get().overrides]);
    expect(other.events()).toEqual([]);
    expect(other.get().opened).toMatchObject({ taken: 2, unusable: [], isOfCatalogue: true });
    await other.undo();
    expect([...other.get().overrides.keys()]).toEqual(["genre-romance"]);
  });

  test("a file that cannot be read, or is huge, changes nothing and is named", async () => {
    const page = await openTaste();
    await page.decide("genre-sci-fi", "for");
    await page.openFile(fileOf("bad.json", "{"), "mine");
    expect(page.get().failure).toEqual({ kind: "file-invalid", file: "bad.json", reason: "it is not JSON" });
    const arrayBuffer = vi.fn();
    await page.openFile({ name: "huge.json", size: 2 ** 30, arrayBuffer }, "mine");
    expect(page.get().failure).toMatchObject({ kind: "file-invalid", file: "huge.json" });
    expect(arrayBuffer).not.toHaveBeenCalled();
    expect([...page.get().overrides.keys()]).toEqual(["genre-sci-fi"]);
  });

  test("another's file stands beside one's own, ratings and all, and changes nothing of it", async () => {
    const theirs = await openTaste({ items: rated([CASABLANCA, 5], [1721, 5]) });
    const saved = theirs.save()!.text.replace("[\n   912", "[\n   999999,\n   912");
    const page = await openTaste({ items: likesScience });
    await page.widen();
    await page.openFile(fileOf("p.json", saved), "rival");
    expect(page.get().opened).toMatchObject({ use: "rival", unknownFilms: 1 });
    expect(page.get().duel?.against.kind).toBe("file");
    expect(page.get().overrides.size).toBe(0);
    const romance = (order: "own" | "rival") =>
      page.get().duel![order].findIndex(({ item: each }) => each === item(1721));
    expect(romance("rival")).toBeLessThan(romance("own"));
  });
});

describe("two tastes on one slate", () => {
  const totals = (order: readonly { readonly shown: number; readonly taste: number }[]) =>
    order.map(({ shown, taste }) => shown + taste);
  const sorted = (values: readonly number[]) => values.toSorted((a, b) => b - a);

  test("the films of the prediction stand in both orders, each by score plus taste", async () => {
    const page = await openTaste({ items: likesScience });
    const { own, rival, plain } = page.get().duel!;
    expect(totals(own)).toEqual(sorted(totals(own)));
    expect(totals(rival)).toEqual(sorted(totals(rival)));
    expect(own.map((each) => each.item).toSorted()).toEqual(plain.map((each) => each.item).toSorted());
    expect(plain).toHaveLength(10);
  });

  test("the opposite says the reverse of every film, and the average nothing", async () => {
    const page = await openTaste({ items: likesScience });
    const mine = new Map(page.get().duel!.own.map((each) => [each.item, each.taste]));
    for (const { item: each, taste } of page.get().duel!.rival)
      expect(taste).toBeCloseTo(-mine.get(each)!, 9);
    await page.chooseRival({ kind: "everyone" });
    expect(page.get().duel!.rival.every(({ taste }) => taste === 0)).toBe(true);
  });

  test("a decision moves the ranking", async () => {
    const page = await openTaste();
    const before = page.get().duel!.own.map(({ taste }) => taste);
    await page.decide("genre-romance", "for");
    expect(page.get().duel!.own.map(({ taste }) => taste)).not.toEqual(before);
  });

  test("the whole slate is ranked on asking, until there is another prediction", async () => {
    const page = await openTaste({ items: likesScience });
    await page.widen();
    expect(page.get()).toMatchObject({ wide: true, widening: false });
    expect(page.get().duel?.plain).toHaveLength(20);
    await page.app.intentions.addFilm(TERMINATOR);
    await vi.waitFor(() => expect(page.get().duel?.plain).toHaveLength(10));
    expect(page.get().wide).toBe(false);
  });
});

describe("telling the model", () => {
  const asking = () => {
    const asked: unknown[] = [];
    const recommend: Handlers["recommend"] = async ({ history, seen, top, told }) => {
      if (told !== undefined) asked.push(told);
      const answer = fixtureRecommendation(history, seen, top);
      return told?.persona === undefined ? answer : { ...answer, ranked: answer.ranked.toReversed() };
    };
    return { asked, recommend };
  };

  test("a pack that reads both is asked for the same slate three ways", async () => {
    const { asked, recommend } = asking();
    const page = await openTaste({
      items: likesScience,
      pieces: ["persona", "examples"],
      engine: { recommend },
    });
    await page.decide("genre-romance", "against");
    await page.tell();
    expect(asked).toEqual([
      {},
      { examples: { liked: page.get().reading?.opinions.liked, disliked: [item(CASABLANCA)] } },
      { persona: { likes: expect.any(Array), dislikes: ["romance"] } },
    ]);
    const told = page.get().told;
    if (told.phase !== "ready") throw new Error(told.phase);
    expect(told.rankings.map(({ conditioning }) => conditioning)).toEqual(["none", "ica", "pba"]);
    expect(told.rankings[2]?.ranked).toEqual(told.rankings[0]?.ranked.toReversed());
    await page.decide("genre-romance", "for");
    expect(page.get().told.phase).toBe("none");
  });

  test("pieces that the pack does not read are not asked", async () => {
    const { asked, recommend } = asking();
    const page = await openTaste({ items: likesScience, pieces: ["examples"], engine: { recommend } });
    await page.tell();
    expect(asked).toHaveLength(2);
  });

  test("a model that fails is named", async () => {
    const page = await openTaste({
      items: likesScience,
      pieces: ["persona"],
      engine: {
        recommend: async ({ history, seen, top, told }) => {
          if (told !== undefined) throw new Error("out of breath");
          return fixtureRecommendation(history, seen, top);
        },
      },
    });
    await page.tell();
    expect(page.get().told).toMatchObject({ phase: "failed", failure: { kind: "bug" } });
  });
});
