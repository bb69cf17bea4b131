/**
 * @file The taste page's own state: a taste read live out of the history's ratings and the person's decisions. Ratings are written through the page's
 * store, so that nothing is kept twice.
 */
import { createStore, type StoreApi } from "zustand/vanilla";
import { toFailure } from "../core/failure.ts";
import type { DirectionState, Override, Overrides } from "../persona/persona.ts";
import type { TasteContext, TasteStoreParts } from "./taste-context.ts";
import { keepDecisions, keptDecisions } from "./taste-decisions.ts";
import {
  openPersona,
  type PersonaSource,
  type SavedPersona,
  savePersona,
  tasteOfFile,
} from "./taste-files.ts";
import { giveOpinion, takeOpinionBack } from "./taste-opinions.ts";
import { makeTasteReader } from "./taste-reading.ts";
import { makeTasteSlate } from "./taste-slate.ts";
import type { Rival, TasteState } from "./taste-state.ts";

export interface TasteStore {
  readonly state: StoreApi<TasteState>;
  readonly intentions: {
    /** Fetches the space unless it is here; from then on the history is followed. */
    open(): Promise<void>;
    /** Decides a direction; null gives it back to the ratings. */
    decide(direction: string, state: DirectionState | null): Promise<void>;
    /** Keeps a direction as it stands, whatever is rated. */
    lock(direction: string): Promise<void>;
    /** Gives every direction back to the ratings. */
    reset(): Promise<void>;
    /** The decisions before the last reset or file. */
    undo(): Promise<void>;
    /** Puts messages away. */
    dismiss(): void;
    giveOpinion(movieId: number, liked: boolean): void;
    takeOpinionBack(): void;
    /** Reads the taste once more after a failure. */
    retry(): Promise<void>;
    /** Null while nothing is read. */
    save(): SavedPersona | null;
    /** `mine` takes a file's decisions over, `rival` sets its taste beside one's own. A file that cannot be read changes nothing. */
    openFile(file: PersonaSource, use: "mine" | "rival"): Promise<void>;
    chooseRival(rival: Rival): Promise<void>;
    widen(): Promise<void>;
    tell(): Promise<void>;
  };
}

export function makeTasteStore(parts: TasteStoreParts): TasteStore {
  const { app, call, storage, packUrl, now } = parts;
  const { overrides, damaged, failure } = keptDecisions(storage);
  const state = createStore<TasteState>(() => ({
    space: { phase: "idle" },
    overrides,
    damaged,
    failure,
    undo: null,
    reading: null,
    films: null,
    busy: false,
    unread: null,
    moved: null,
    given: null,
    rival: { kind: "mirror" },
    duel: null,
    wide: false,
    widening: false,
    told: { phase: "none" },
    opened: null,
  }));
  const context: TasteContext = { ...parts, get: state.getState, set: state.setState };
  const { get, set } = context;
  const slate = makeTasteSlate(context);
  const reader = makeTasteReader(context, slate.compare);

  const change = (next: Overrides, undo: Overrides | null = null): Promise<void> => {
    set({ overrides: next, undo, failure: keepDecisions(storage, next), told: { phase: "none" } });
    return reader.ifChanged();
  };
  const decided = (direction: string, decision: Override | null): Promise<void> => {
    const next = new Map(get().overrides);
    if (decision === null) next.delete(direction);
    else next.set(direction, decision);
    return change(next);
  };

  storage.subscribe(() => {
    const { overrides: theirs, damaged: torn, failure: refusal } = keptDecisions(storage);
    set({ overrides: theirs, damaged: torn ?? get().damaged, failure: refusal, undo: null });
    void reader.ifChanged();
  });

  return {
    state,
    intentions: {
      open: async () => {
        const { phase } = get().space;
        if (phase === "loading" || phase === "ready") return;
        set({ space: { phase: "loading" } });
        try {
          set({ space: { phase: "ready", space: await call("open", { packUrl }) } });
        } catch (thrown) {
          set({ space: { phase: "failed", failure: toFailure(thrown) } });
          return;
        }
        app.state.subscribe(({ history, catalogue, answer }, before) => {
          if (history !== before.history || catalogue !== before.catalogue) void reader.ifChanged();
          if (answer !== before.answer) void slate.follow();
        });
        await reader.ifChanged();
        await slate.follow();
      },
      decide: (direction, to) => decided(direction, to === null ? null : { state: to, by: "set" }),
      lock: async (direction) => {
        const stance = get().reading?.stances.find((each) => each.direction.id === direction);
        if (stance !== undefined) await decided(direction, { state: stance.state, by: "locked" });
      },
      reset: () => change(new Map(), get().overrides),
      undo: async () => {
        const { undo } = get();
        if (undo !== null) await change(undo);
      },
      dismiss: () => set({ failure: null, damaged: null, opened: null, undo: null, given: null }),
      giveOpinion: (movieId, liked) => set({ given: giveOpinion(app, movieId, liked) }),
      takeOpinionBack: () => {
        const { given } = get();
        if (given === null) return;
        set({ given: null });
        takeOpinionBack(app, given);
      },
      retry: reader.again,
      save: () => {
        const { space, reading, films } = get();
        if (space.phase !== "ready" || reading === null || films === null) return null;
        return savePersona(space.space, reading, films, now());
      },
      openFile: async (file, use) => {
        const { space, films, overrides: mine } = get();
        if (space.phase !== "ready" || films === null) return;
        try {
          const read = await openPersona(file, space.space);
          const { source, unknownFilms } = tasteOfFile(read, films);
          const { unusable, isOfCatalogue } = read;
          set({
            opened: {
              file: file.name,
              use,
              taken: read.overrides.size,
              unusable,
              isOfCatalogue,
              unknownFilms: use === "rival" ? unknownFilms : 0,
            },
          });
          if (use === "mine") await change(read.overrides, mine);
          else {
            set({ failure: null, rival: { kind: "file", file: file.name, source } });
            await slate.compare();
          }
        } catch (thrown) {
          set({ failure: toFailure(thrown), opened: null });
        }
      },
      chooseRival: async (rival) => {
        set({ rival });
        await slate.compare();
      },
      widen: slate.widen,
      tell: slate.tell,
    },
  };
}
