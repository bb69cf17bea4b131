/**
 * @file Learning on this device: the film that chance picks for every answer, the log of what came of it, and the versions that were learned from
 * it. A store beside the page's own, which it follows; the page works without it.
 */
import { createStore, type StoreApi } from "zustand/vanilla";
import { DEFAULT_EPSILON } from "../adapt/exploration-slot.ts";
import { type FilmFeatures, filmFeatures } from "../adapt/film-features.ts";
import type { LearnedPolicy } from "../adapt/learned-order.ts";
import type { LogRow, SlotRow } from "../adapt/log-row.ts";
import type { LogStorage, Outcome } from "../adapt/log-storage.ts";
import type { VersionStorage } from "../adapt/version-storage.ts";
import {
  currentVersion,
  NOTHING_LEARNED,
  type PolicyVersion,
  type PolicyVersions,
} from "../adapt/versions.ts";
import { type Failure, FailureError, toFailure } from "../core/failure.ts";
import { invariant } from "../core/invariant.ts";
import type { Channel } from "../history/open-history.ts";
import type { PreferenceSpace } from "../persona/preference-space.ts";
import type { LearningCall } from "../worker/learning-protocol.ts";
import type { Answer } from "./answer-state.ts";
import type { AppStore } from "./app-store.ts";
import { drawRow, learningRounds, outcomeAfter } from "./learning-rounds.ts";
import type { LearningIntentions, LearningState } from "./learning-state.ts";
import { makeOneAtATime } from "./one-at-a-time.ts";

export interface LearningStore {
  readonly state: StoreApi<LearningState>;
  readonly intentions: LearningIntentions;
}

export interface LearningStoreParts {
  readonly call: LearningCall;
  /** The page that is followed, and whose answers a version in force orders. */
  readonly app: {
    readonly state: Pick<AppStore["state"], "getState" | "subscribe">;
    readonly intentions: Pick<AppStore["intentions"], "putInForce">;
  };
  readonly openLog: () => Promise<LogStorage>;
  readonly openVersions: () => Promise<VersionStorage>;
  /** Fetched when something is learned or in force. A pack need not have one: then nothing can be learned. */
  readonly loadSpace: () => Promise<PreferenceSpace>;
  /** Where the share of uniform draws is remembered on this device; null where it is not. */
  readonly remembered: { read(): string | null; remember(epsilon: string): void };
  /** A way to the other tabs, or null where there is none: what one puts into force or erases holds for all. */
  readonly channel: Channel | null;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** What is open once the store has started. */
interface Opened {
  readonly log: LogStorage;
  readonly versions: VersionStorage;
}

const nothingYet = { proposal: { phase: "none" }, values: { phase: "none" } } as const;

export function makeLearningStore(parts: LearningStoreParts): LearningStore {
  const { call, app, channel, now, remembered } = parts;
  const state = createStore<LearningState>(() => ({
    phase: "opening",
    failure: null,
    epsilon: rememberedEpsilon(remembered.read()),
    slot: null,
    rows: [],
    space: null,
    unreadable: 0,
    versions: NOTHING_LEARNED,
    looks: 0,
    ...nothingYet,
  }));
  const set = state.setState;
  const get = state.getState;
  /** Log and state change together, one step after the other. */
  const inTurn = makeOneAtATime();
  let opened: Opened | null = null;
  let started: Promise<void> | null = null;
  /** What is wrong with what is stored, as long as it is. */
  let damage: Failure | null = null;
  let applied: LearnedPolicy | null = null;
  /** The slate that was drawn from last. */
  let drawnFor: Answer["slate"] | null = null;
  /** Counts changes of the version in force: what was asked before one says nothing after it. */
  let era = 0;
  /** The version that the proposal was compared with. */
  let comparedWith = 0;
  let features: Promise<FilmFeatures> | null = null;

  const loadFeatures = (): Promise<FilmFeatures> => {
    features ??= parts.loadSpace().then((space) => {
      set({ space });
      return filmFeatures(space);
    });
    features.catch(() => {
      features = null;
    });
    return features;
  };

  /** Null where it failed, which is in the state then. */
  const attempt = async <Result>(work: () => Promise<Result>): Promise<Result | null> => {
    try {
      const result = await work();
      set({ failure: damage });
      return result;
    } catch (thrown) {
      set({ failure: toFailure(thrown) });
      return null;
    }
  };

  const putRow = (key: number, row: LogRow): void =>
    set(({ rows, slot }) => ({
      rows: rows.some((stored) => stored.key === key)
        ? rows.map((stored) => (stored.key === key ? { key, row } : stored))
        : [...rows, { key, row }],
      slot: slot?.key === key && row.source === "slot" ? { ...slot, row } : slot,
    }));

  /** The log as it is on the disk: other tabs write to it too. */
  const refresh = ({ log }: Opened) =>
    inTurn(async () => {
      const { rows, unreadable, looks } = await log.read();
      set({ rows, unreadable: unreadable.length, looks });
      return { rows, looks };
    });

  const draw = (answer: Answer, { log }: Opened): Promise<void> =>
    inTurn(async () => {
      const { epsilon } = get();
      const made: SlotRow[] = [];
      const key = await attempt(() =>
        log.append((place) => {
          const row = drawRow(answer, applied, epsilon, place, now());
          made.push(row);
          return row;
        }),
      );
      // A full disk has it drawn again: the last one is what was kept.
      const row = made.at(-1);
      if (key === null || row === undefined) return;
      putRow(key, row);
      if (drawnFor === answer.slate) set({ slot: { key, row, reaction: null } });
    });

  const follow = (): void => {
    const { shown } = app.state.getState().answer;
    if (opened === null) return;
    const isDrawable =
      shown !== null &&
      shown.origin === "computed" &&
      shown.recommendation.personal &&
      shown.slate.length > 0 &&
      get().epsilon > 0;
    if (isDrawable && shown.slate === drawnFor) return;
    drawnFor = isDrawable ? shown.slate : null;
    if (get().slot !== null) set({ slot: null });
    if (isDrawable) void draw(shown, opened);
  };

  const complete = (
    key: number,
    outcomeOf: (row: SlotRow) => Outcome | null,
    reaction: "liked" | "dismissed" | null = null,
  ): Promise<void> =>
    inTurn(async () => {
      const row = get().rows.find((stored) => stored.key === key)?.row;
      if (opened === null || row?.source !== "slot") return;
      const { log } = opened;
      const outcome = outcomeOf(row);
      if (outcome === null) return;
      const isWritten = await attempt(async () => {
        await log.complete(key, outcome);
        return true;
      });
      if (isWritten !== true) return;
      putRow(key, { ...row, ...outcome });
      if (reaction !== null) set(({ slot }) => ({ slot: slot?.key === key ? { ...slot, reaction } : slot }));
    });

  /** Has the page's answers ordered by the version in force; by none where it cannot be applied, and then says why. */
  const enforce = async (versions: PolicyVersions): Promise<void> => {
    const record = currentVersion(versions);
    applied = null;
    if (record !== null)
      try {
        const known = await loadFeatures();
        if (record.head !== "linear" || !weighsAll(record, known))
          throw new FailureError({
            kind: "storage-failed",
            operation: "Reading what was learned",
            reason: `version ${record.version} weighs other directions than the ${known.width} of these films`,
          });
        applied = { version: record.version, theta: Float64Array.from(record.theta), features: known };
      } catch (thrown) {
        damage = toFailure(thrown);
        set({ failure: damage });
      }
    // It resolves when films that were not shown before have been explained.
    void app.intentions.putInForce(applied);
  };

  const open = async (): Promise<void> => {
    try {
      const [log, versions] = await Promise.all([parts.openLog(), parts.openVersions()]);
      const storage = { log, versions };
      const [stored] = await Promise.all([versions.read(), refresh(storage)]);
      const [broken] = stored.unreadable;
      if (broken !== undefined)
        damage = {
          kind: "storage-failed",
          operation: "Reading what was learned",
          reason: `version ${broken.version}: ${broken.reason}`,
        };
      set({ versions: stored.versions, failure: damage });
      await enforce(stored.versions);
      opened = storage;
      set({ phase: "ready" });
      app.state.subscribe(follow);
      if (channel !== null) channel.onmessage = () => void catchUp(storage);
      follow();
    } catch (thrown) {
      set({ phase: "failed", failure: toFailure(thrown) });
    }
  };

  const changeVersions = async (versions: PolicyVersions): Promise<void> => {
    era += 1;
    set({ versions, values: { phase: "none" } });
    await enforce(versions);
  };

  /** After another tab has changed what is in force, or erased it. */
  const catchUp = async (storage: Opened): Promise<void> => {
    const stored = await attempt(() => storage.versions.read());
    const log = await attempt(() => refresh(storage));
    if (stored === null || log === null) return;
    const { slot, versions } = get();
    if (slot !== null && log.rows.every(({ key }) => key !== slot.key)) set({ slot: null });
    if (stored.versions.current === versions.current) set({ versions: stored.versions });
    else {
      set({ proposal: nothingYet.proposal });
      await changeVersions(stored.versions);
    }
  };

  /** What the worker is asked with. */
  const question = async (storage: Opened) => {
    const known = await loadFeatures();
    const { rows, looks } = await refresh(storage);
    const rounds = learningRounds(rows, known);
    return { looks, args: { rounds, width: known.width, current: [...(applied?.theta ?? [])] } };
  };

  return {
    state,
    intentions: {
      start: () => {
        started ??= open();
        return started;
      },

      setEpsilon: (epsilon) => {
        invariant(epsilon >= 0 && epsilon <= 1, `epsilon ${epsilon}`);
        remembered.remember(String(epsilon));
        set({ epsilon });
        follow();
      },

      react: (reaction, visibleMs, key) =>
        complete(key, (row) => outcomeAfter(row, { kind: reaction }, visibleMs, now()), reaction),
      seen: (visibleMs, key) =>
        complete(key, (row) => outcomeAfter(row, { kind: "ignored", visibleMs }, visibleMs, now())),

      propose: async (objective) => {
        if (opened === null || get().proposal.phase === "computing") return;
        const asked = era;
        set({ proposal: { phase: "computing" } });
        try {
          const { args, looks } = await question(opened);
          const ask = (look: number) => call("propose", { ...args, objective, look });
          let update = await ask(looks + 1);
          if (update.kind !== "not-enough-data") {
            const counted = await opened.log.countLook();
            // Another tab has had a look meanwhile.
            if (counted !== looks + 1) update = await ask(counted);
            if (asked === era) set({ looks: counted });
          }
          if (asked !== era) return;
          comparedWith = get().versions.current;
          set({ proposal: { phase: "made", update, objective, rounds: args.rounds.length, adopted: false } });
        } catch (thrown) {
          if (asked === era) set({ proposal: { phase: "failed", failure: toFailure(thrown) } });
        }
      },

      adopt: async () => {
        const { proposal } = get();
        if (opened === null || proposal.phase !== "made" || proposal.adopted) return;
        const { update, objective } = proposal;
        const { versions } = opened;
        if (update.kind !== "accepted") return;
        const accepted = {
          head: "linear" as const,
          objective,
          theta: [...update.theta],
          figures: update.figures,
          acceptedAt: now(),
        };
        const adopted = await attempt(async () => {
          const { names } = await loadFeatures();
          return versions.adopt({ ...accepted, weighs: names }, comparedWith);
        });
        if (adopted === null) return;
        set({ proposal: { ...proposal, adopted: true } });
        await changeVersions(adopted);
        channel?.postMessage("changed");
      },

      undo: async () => {
        if (opened === null) return;
        const { versions } = opened;
        const before = await attempt(() => versions.undo(get().versions.current));
        if (before === null) return;
        set(({ proposal }) => ({
          proposal:
            proposal.phase === "made" && before.current === comparedWith
              ? { ...proposal, adopted: false }
              : nothingYet.proposal,
        }));
        await changeVersions(before);
        channel?.postMessage("changed");
      },

      value: async () => {
        if (opened === null || get().values.phase === "computing") return;
        const asked = era;
        set({ values: { phase: "computing" } });
        try {
          const { args } = await question(opened);
          const values = await call("value", args);
          if (asked === era) set({ values: { phase: "made", values, rounds: args.rounds.length } });
        } catch (thrown) {
          if (asked === era) set({ values: { phase: "failed", failure: toFailure(thrown) } });
        }
      },

      exportLog: async () => {
        if (opened === null) return null;
        const { log } = opened;
        return attempt(() => log.exportLines());
      },

      erase: () =>
        inTurn(async () => {
          if (opened === null) return;
          const { log, versions } = opened;
          const isErased = await attempt(async () => {
            await Promise.all([log.erase(), versions.erase()]);
            return true;
          });
          if (isErased !== true) return;
          damage = null;
          set({ rows: [], unreadable: 0, looks: 0, slot: null, failure: null, ...nothingYet });
          await changeVersions(NOTHING_LEARNED);
          channel?.postMessage("changed");
        }),
    },
  };
}

/** Whether a version has a number for every direction of the films, and for nothing else. */
function weighsAll({ theta, weighs }: PolicyVersion, { names }: FilmFeatures): boolean {
  return (
    theta.length === names.length &&
    weighs.length === names.length &&
    names.every((name, d) => weighs[d] === name)
  );
}

/** The default where nothing that makes sense is remembered. */
function rememberedEpsilon(text: string | null): number {
  const epsilon = text === null || text === "" ? Number.NaN : Number(text);
  return epsilon >= 0 && epsilon <= 1 ? epsilon : DEFAULT_EPSILON;
}
