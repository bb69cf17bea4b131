/** @file The history in IndexedDB. */
import type { IDBPDatabase } from "idb";
import type { Migration } from "./database.ts";
import type { EventStorage } from "./event-storage.ts";
import { openGuarded, type WriteTransaction } from "./guarded-database.ts";
import { readRows } from "./history-row.ts";
import type { HistoryEvent, SetAsideRow } from "./history-store.ts";

export const DATABASE = "becausal-history";
/** Entries, by key. */
const EVENTS = "events";
/** Rows that could not be read, with the reason: `SetAsideRow`, numbered as they came. */
const SET_ASIDE = "set-aside";

/** Position i leads from version i to i + 1. Released steps never change: people's databases have been through them. */
export const historyMigrations: readonly Migration[] = [
  (db) => {
    db.createObjectStore(EVENTS, { keyPath: "key" });
    db.createObjectStore(SET_ASIDE, { autoIncrement: true });
  },
];

export interface IndexedStorageOptions {
  readonly name?: string;
  readonly migrations?: readonly Migration[];
  /** As in `GuardedDatabaseOptions`. */
  readonly freeSpace?: () => Promise<void>;
}

/** Opens the database. Rejects with `storage-failed` where the browser has no IndexedDB or refuses it. */
export async function openIndexedStorage(options: IndexedStorageOptions = {}): Promise<EventStorage> {
  const { name = DATABASE, migrations = historyMigrations, freeSpace } = options;
  const stores = [EVENTS, SET_ASIDE];
  const database = await openGuarded("Opening the history", { name, migrations, stores, freeSpace });

  const readAside = async (db: IDBPDatabase): Promise<SetAsideRow[]> =>
    (await db.getAll(SET_ASIDE)).map((stored: unknown) =>
      isSetAside(stored) ? stored : { row: stored, reason: "it was set aside without a reason" },
    );

  return {
    async read() {
      const rows = await database.read("Reading the history", (db) => db.getAll(EVENTS));
      const { events, unreadable } = readRows(rows);
      if (unreadable.length > 0) {
        const moved = await database.write("Setting unreadable entries aside", moveAside).then(
          () => true,
          // The rows stay where they are and are found again next time; reading must work on a full disk.
          () => false,
        );
        if (!moved) return { events, setAside: unreadable };
      }
      return { events, setAside: await database.read("Reading the history", readAside) };
    },

    edit: (operation, change) =>
      database.write(operation, async (tx) => {
        const store = tx.objectStore(EVENTS);
        const { events } = readRows(await store.getAll());
        const edit = change(events);
        await putDifference(tx, events, edit.events);
        return edit.result;
      }),

    erase: () => database.erase("Erasing the history"),
    close: () => database.close(),
  };
}

async function moveAside(tx: WriteTransaction): Promise<void> {
  const store = tx.objectStore(EVENTS);
  const { unreadable } = readRows(await store.getAll());
  await Promise.all(
    unreadable.flatMap(({ row, reason }) => [
      tx.objectStore(SET_ASIDE).add({ row, reason } satisfies SetAsideRow),
      store.delete(keyOf(row)),
    ]),
  );
}

async function putDifference(
  tx: WriteTransaction,
  before: readonly HistoryEvent[],
  after: readonly HistoryEvent[],
): Promise<void> {
  const store = tx.objectStore(EVENTS);
  const untouched = new Set(before);
  const stay = new Set(after.map(({ key }) => key));
  await Promise.all([
    ...after.filter((event) => !untouched.has(event)).map((event) => store.put(event)),
    ...before.filter(({ key }) => !stay.has(key)).map(({ key }) => store.delete(key)),
  ]);
}

/** The object store's key path guarantees a key, whatever else is wrong with the row. */
function keyOf(row: unknown): IDBValidKey {
  const key = typeof row === "object" && row !== null && "key" in row ? row.key : undefined;
  if (typeof key === "string" || typeof key === "number" || key instanceof Date) return key;
  if (Array.isArray(key)) return key;
  throw new TypeError("the row has no usable key");
}

function isSetAside(stored: unknown): stored is SetAsideRow {
  return (
    typeof stored === "object" &&
    stored !== null &&
    "row" in stored &&
    "reason" in stored &&
    typeof stored.reason === "string"
  );
}
