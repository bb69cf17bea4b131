/** @file Makes the history store: on IndexedDB where the browser allows it, in memory where it does not. */
import * as v from "valibot";
import { FailureError } from "../core/failure.ts";
import { type EventStorage, memoryStorage } from "./event-storage.ts";
import { withFilm, withMove, without, withRating } from "./history-edits.ts";
import { readHistoryFile, writeHistoryFile } from "./history-file.ts";
import { movieIdSchema, ratingSchema } from "./history-row.ts";
import type { HistoryEvent, HistoryItem, HistoryStore } from "./history-store.ts";
import { DATABASE, type IndexedStorageOptions, openIndexedStorage } from "./indexed-storage.ts";

/** The part of BroadcastChannel that is used. */
export interface Channel {
  postMessage(message: unknown): void;
  onmessage: ((event: MessageEvent) => void) | null;
  close(): void;
}

export interface HistoryOptions extends IndexedStorageOptions {
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  /** A key that no other entry has. */
  readonly makeKey?: () => string;
  /** A way to the other tabs, or null where there is none. */
  readonly makeChannel?: (name: string) => Channel | null;
  /** Asks the browser not to evict the storage. Called after the first change that was kept. */
  readonly persist?: () => Promise<unknown>;
}

/** Opens the history. Never rejects: where storage fails the history lives in memory, and the store says why. */
export async function openHistory(options: HistoryOptions = {}): Promise<HistoryStore> {
  try {
    return historyOn(await openIndexedStorage(options), null, options);
  } catch (error) {
    const reason =
      error instanceof FailureError && error.failure.kind === "storage-failed"
        ? error.failure.reason
        : String(error);
    return historyOn(memoryStorage(), reason, options);
  }
}

function historyOn(
  storage: EventStorage,
  whyNotDurable: string | null,
  {
    name = DATABASE,
    now = Date.now,
    makeKey = () => crypto.randomUUID(),
    makeChannel = broadcastChannel,
    persist,
  }: HistoryOptions,
): HistoryStore {
  const listeners = new Set<() => void>();
  const channel = whyNotDurable === null ? makeChannel(name) : null;
  if (channel !== null)
    channel.onmessage = () => {
      for (const listener of listeners) listener();
    };

  let askedToPersist = whyNotDurable !== null;
  const announce = () => {
    channel?.postMessage("changed");
    if (askedToPersist) return;
    askedToPersist = true;
    // A refusal changes nothing: the history is stored all the same, only less protected from eviction.
    persist?.().catch(() => undefined);
  };
  const edit: EventStorage["edit"] = async (operation, change) => {
    const result = await storage.edit(operation, change);
    announce();
    return result;
  };
  const replace = (operation: string, items: readonly (HistoryItem & { readonly addedAt: number })[]) => {
    const events: readonly HistoryEvent[] = items.map(({ movieId, rating, addedAt }, order) => ({
      key: makeKey(),
      movieId,
      rating,
      addedAt,
      order,
    }));
    return edit(operation, () => ({ events, result: events }));
  };

  return {
    durable: whyNotDurable === null,
    whyNotDurable,

    load: async () => (await storage.read()).events,

    add: async (movieId, rating) => {
      checkItem({ movieId, rating });
      return edit("Adding a film to the history", (events) => {
        const next = withFilm(events, { key: makeKey(), movieId, rating, addedAt: now() });
        return { events: next.events, result: next.event };
      });
    },

    rate: async (key, rating) => {
      checkRating(rating);
      await edit("Rating a film", (events) => ({
        events: withRating(events, key, rating),
        result: undefined,
      }));
    },

    move: (key, toIndex) =>
      edit("Moving a film", (events) => ({ events: withMove(events, key, toIndex), result: undefined })),

    remove: (key) =>
      edit("Removing a film", (events) => ({ events: without(events, key), result: undefined })),

    replaceAll: async (items) => {
      for (const item of items) checkItem(item);
      if (new Set(items.map(({ movieId }) => movieId)).size !== items.length)
        throw new FailureError({ kind: "bad-request", reason: "a film stands more than once in the list" });
      const addedAt = now();
      return replace(
        "Replacing the history",
        items.map((item) => ({ ...item, addedAt })),
      );
    },

    exportJson: async () => {
      const { events, setAside } = await storage.read();
      return writeHistoryFile(events, setAside);
    },

    importJson: async (text) => replace("Importing a history", readHistoryFile(text)),

    erase: async () => {
      await storage.erase();
      channel?.postMessage("changed");
    },

    setAside: async () => (await storage.read()).setAside,

    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },

    close: () => {
      listeners.clear();
      channel?.close();
      storage.close();
    },
  };
}

function broadcastChannel(name: string): Channel | null {
  return typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel(name);
}

function checkItem({ movieId, rating }: HistoryItem): void {
  if (!v.is(movieIdSchema, movieId))
    throw new FailureError({ kind: "bad-request", reason: `${movieId} is no MovieLens id` });
  checkRating(rating);
}

function checkRating(rating: number | null): void {
  if (!v.is(ratingSchema, rating))
    throw new FailureError({
      kind: "bad-request",
      reason: `a rating is 0.5 to 5 in half stars, got ${rating}`,
    });
}
