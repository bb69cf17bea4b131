/** @file The history in IndexedDB. */
import { deleteDB, type IDBPDatabase, type IDBPTransaction } from "idb";
import { FailureError } from "../core/failure.ts";
import { type Migration, openVersioned } from "./database.ts";
import type { EventStorage } from "./event-storage.ts";
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
  /** Called once when the disk is full, before the change is tried again: a model can be fetched anew, a history cannot. */
  readonly freeSpace?: () => Promise<void>;
}

/** Opens the database. Rejects with `storage-failed` where the browser has no IndexedDB or refuses it. */
export async function openIndexedStorage(options: IndexedStorageOptions = {}): Promise<EventStorage> {
  const { name = DATABASE, migrations = historyMigrations, freeSpace } = options;
  let connection: Promise<IDBPDatabase> | null = null;

  const connect = () => {
    if (connection !== null) return connection;
    const opening = openVersioned(name, migrations, () => {
      if (connection === opening) connection = null;
    });
    opening.catch(() => {
      if (connection === opening) connection = null;
    });
    connection = opening;
    return opening;
  };

  const write = async <Result>(
    operation: string,
    body: (tx: WriteTransaction) => Promise<Result>,
  ): Promise<Result> => {
    try {
      return await inTransaction(await connect(), body);
    } catch (error) {
      if (!isQuotaError(error) || freeSpace === undefined) throw storageFailure(operation, error);
    }
    try {
      await freeSpace();
      return await inTransaction(await connect(), body);
    } catch (error) {
      throw storageFailure(operation, error);
    }
  };

  const readAside = async (db: IDBPDatabase): Promise<SetAsideRow[]> =>
    (await db.getAll(SET_ASIDE)).map((stored: unknown) =>
      isSetAside(stored) ? stored : { row: stored, reason: "it was set aside without a reason" },
    );

  const storage: EventStorage = {
    async read() {
      const rows = await guarded("Reading the history", async () => (await connect()).getAll(EVENTS));
      const { events, unreadable } = readRows(rows);
      if (unreadable.length > 0) {
        const moved = await write("Setting unreadable entries aside", moveAside).then(
          () => true,
          // The rows stay where they are and are found again next time; reading must work on a full disk.
          () => false,
        );
        if (!moved) return { events, setAside: unreadable };
      }
      const setAside = await guarded("Reading the history", async () => readAside(await connect()));
      return { events, setAside };
    },

    edit: (operation, change) =>
      write(operation, async (tx) => {
        const store = tx.objectStore(EVENTS);
        const { events } = readRows(await store.getAll());
        const edit = change(events);
        await putDifference(tx, events, edit.events);
        return edit.result;
      }),

    async erase() {
      await write("Erasing the history", async (tx) => {
        await Promise.all([tx.objectStore(EVENTS).clear(), tx.objectStore(SET_ASIDE).clear()]);
      });
      storage.close();
      // The rows are gone; the empty database goes as soon as no other tab holds it.
      await guarded("Erasing the history", () => {
        return new Promise<void>((resolve, reject) => {
          deleteDB(name, { blocked: () => resolve() }).then(resolve, reject);
        });
      });
    },

    close() {
      connection?.then(
        (db) => db.close(),
        () => undefined,
      );
      connection = null;
    },
  };

  await guarded("Opening the history", connect);
  return storage;
}

type WriteTransaction = IDBPTransaction<unknown, string[], "readwrite">;

/** Resolves with the body's result once the change is flushed to the disk. */
async function inTransaction<Result>(
  db: IDBPDatabase,
  body: (tx: WriteTransaction) => Promise<Result>,
): Promise<Result> {
  const tx = db.transaction([EVENTS, SET_ASIDE], "readwrite", { durability: "strict" });
  const work = body(tx).catch((error: unknown) => {
    abortQuietly(tx);
    throw error;
  });
  // A commit that fails fires only "abort": `done` rejects then, though every single request has succeeded.
  const [result] = await Promise.all([work, tx.done]);
  return result;
}

function abortQuietly(tx: WriteTransaction): void {
  try {
    tx.abort();
  } catch {
    // It is over already: the browser aborted it, which is what made the body fail.
  }
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

function isQuotaError(error: unknown): boolean {
  return error instanceof Error && error.name === "QuotaExceededError";
}

async function guarded<Result>(operation: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw storageFailure(operation, error);
  }
}

/** A FailureError passes unchanged: it is the caller's own, thrown inside the transaction. */
function storageFailure(operation: string, error: unknown): FailureError {
  if (error instanceof FailureError) return error;
  const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return new FailureError({ kind: "storage-failed", operation, reason });
}
