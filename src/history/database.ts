/** @file A versioned IndexedDB database: its version is the number of migrations it has been through. */
import { type IDBPDatabase, type IDBPTransaction, openDB } from "idb";

/**
 * Step from one version of the database to the next. It may await its own transaction only: anything else lets the transaction
 * commit early. One that throws leaves the database as it was.
 */
export type Migration = (
  db: IDBPDatabase,
  tx: IDBPTransaction<unknown, string[], "versionchange">,
) => void | Promise<void>;

/**
 * Opens the database at version `migrations.length`, running the migrations it has not seen, all in one transaction. `onGone` is
 * called when the connection is closed from outside: by the browser, or because another tab wants to migrate or erase. Rejects, and
 * never waits, when another tab keeps an older version open.
 */
export function openVersioned(
  name: string,
  migrations: readonly Migration[],
  onGone: () => void,
): Promise<IDBPDatabase> {
  return new Promise((resolve, reject) => {
    let migrationError: unknown;
    let givenUp = false;
    let opened: IDBPDatabase | null = null;
    const opening = openDB(name, migrations.length, {
      upgrade(db, oldVersion, _newVersion, tx) {
        migrate(db, tx, migrations.slice(oldVersion)).catch((error: unknown) => {
          migrationError = error;
          tx.done.catch(() => undefined);
          tx.abort();
        });
      },
      blocked() {
        givenUp = true;
        reject(new Error("another tab of this page holds an older version open; close it and try again"));
      },
      blocking() {
        opened?.close();
        onGone();
      },
      terminated: onGone,
    });
    opening.then(
      (db) => {
        opened = db;
        if (givenUp) db.close();
        else resolve(db);
      },
      (error: unknown) => reject(migrationError ?? error),
    );
  });
}

async function migrate(
  db: IDBPDatabase,
  tx: IDBPTransaction<unknown, string[], "versionchange">,
  steps: readonly Migration[],
): Promise<void> {
  for (const step of steps) await step(db, tx);
}
