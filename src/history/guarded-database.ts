/**
 * @file A database that a person's own rows live in: opened again when the browser closes it, written with the disk's word for it, and
 * every refusal a `storage-failed` that names what was being done.
 */
import { deleteDB, type IDBPDatabase, type IDBPTransaction } from "idb";
import { FailureError } from "../core/failure.ts";
import { type Migration, openVersioned } from "./database.ts";

export interface GuardedDatabaseOptions {
  readonly name: string;
  /** Position i leads from version i to i + 1. Released steps never change: people's databases have been through them. */
  readonly migrations: readonly Migration[];
  /** The object stores that a write may touch. */
  readonly stores: readonly string[];
  /** Called once when the disk is full, before the change is tried again: a model can be fetched anew, what a person did cannot. */
  readonly freeSpace?: (() => Promise<void>) | undefined;
}

export type WriteTransaction = IDBPTransaction<unknown, string[], "readwrite">;

export interface GuardedDatabase {
  read<Result>(operation: string, body: (db: IDBPDatabase) => Promise<Result>): Promise<Result>;
  /** Resolves with the body's result once the change is flushed to the disk; a body that throws changes nothing. */
  write<Result>(operation: string, body: (tx: WriteTransaction) => Promise<Result>): Promise<Result>;
  /** Empties every store; the empty database goes as soon as no other tab holds it. */
  erase(operation: string): Promise<void>;
  close(): void;
}

/** Opens the database. Rejects with `storage-failed` where the browser has no IndexedDB or refuses it; `operation` is what then failed. */
export async function openGuarded(
  operation: string,
  { name, migrations, stores, freeSpace }: GuardedDatabaseOptions,
): Promise<GuardedDatabase> {
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

  const database: GuardedDatabase = {
    read: (operation, body) => guarded(operation, async () => body(await connect())),

    async write(operation, body) {
      try {
        return await inTransaction(await connect(), stores, body);
      } catch (error) {
        if (!isQuotaError(error) || freeSpace === undefined) throw storageFailure(operation, error);
      }
      return guarded(operation, async () => {
        await freeSpace();
        return inTransaction(await connect(), stores, body);
      });
    },

    async erase(operation) {
      await database.write(operation, async (tx) => {
        await Promise.all(stores.map((store) => tx.objectStore(store).clear()));
      });
      database.close();
      await guarded(operation, () => {
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

  await guarded(operation, connect);
  return database;
}

async function inTransaction<Result>(
  db: IDBPDatabase,
  stores: readonly string[],
  body: (tx: WriteTransaction) => Promise<Result>,
): Promise<Result> {
  const tx = db.transaction([...stores], "readwrite", { durability: "strict" });
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
