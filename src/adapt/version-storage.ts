/** @file The learned versions in IndexedDB, and which of them is in force. Versions are added and never changed. */
import { FailureError } from "../core/failure.ts";
import type { Migration } from "../history/database.ts";
import { openGuarded, type WriteTransaction } from "../history/guarded-database.ts";
import { readVersions, type StoredVersions, settled } from "./version-record.ts";
import { type AcceptedPolicy, adoptVersion, type PolicyVersions, undoVersion } from "./versions.ts";

export const VERSIONS_DATABASE = "becausal-versions";
/** `PolicyVersion` by its number. */
const RECORDS = "records";
/** The number in force, under `CURRENT`. */
const STATE = "state";
const CURRENT = "current";

/** Released steps never change. */
export const versionMigrations: readonly Migration[] = [
  (db) => {
    db.createObjectStore(RECORDS);
    db.createObjectStore(STATE);
  },
];

export interface VersionStorage {
  read(): Promise<StoredVersions>;
  /**
   * Puts a new version into force, once it is on the disk. `parent` is the version that it was found better than: where another is in force by
   * now, in another tab, it is refused with `bad-request`.
   */
  adopt(accepted: AcceptedPolicy, parent: number): Promise<PolicyVersions>;
  /** Puts the version before into force, once that is on the disk. Nothing changes where `current` is not in force any more. */
  undo(current: number): Promise<PolicyVersions>;
  /** All versions; the model as it was trained is in force. */
  erase(): Promise<void>;
  close(): void;
}

export interface VersionStorageOptions {
  readonly name?: string;
  /** As in `GuardedDatabaseOptions`. */
  readonly freeSpace?: () => Promise<void>;
}

/** Opens the versions. Rejects with `storage-failed` where the browser has no IndexedDB or refuses it. */
export async function openVersionStorage(options: VersionStorageOptions = {}): Promise<VersionStorage> {
  const { name = VERSIONS_DATABASE, freeSpace } = options;
  const stores = [RECORDS, STATE];
  const database = await openGuarded("Opening what was learned", {
    name,
    migrations: versionMigrations,
    stores,
    freeSpace,
  });
  return {
    read: () =>
      database.read("Reading what was learned", (db) => {
        const tx = db.transaction(stores);
        return storedIn(tx.objectStore(RECORDS), tx.objectStore(STATE));
      }),

    adopt: (accepted, parent) =>
      database.write("Keeping what was learned", async (tx) => {
        const { versions, unreadable } = await readIn(tx);
        if (versions.current !== parent)
          throw new FailureError({
            kind: "bad-request",
            reason: `version ${versions.current} is in force by now, and not version ${parent}`,
          });
        // What cannot be read has used its number all the same.
        const lastUsed = Math.max(0, ...unreadable.map(({ version }) => version));
        const next = adoptVersion(versions, accepted, lastUsed);
        await Promise.all([
          tx.objectStore(RECORDS).add(next.records.at(-1), next.current),
          tx.objectStore(STATE).put(next.current, CURRENT),
        ]);
        return next;
      }),

    undo: (current) =>
      database.write("Going back a version", async (tx) => {
        const { versions } = await readIn(tx);
        if (versions.current !== current) return versions;
        const next = settled(undoVersion(versions));
        await tx.objectStore(STATE).put(next.current, CURRENT);
        return next;
      }),

    erase: () => database.erase("Erasing what was learned"),
    close: () => database.close(),
  };
}

/** As much of an object store as reading needs, in either kind of transaction. */
interface Readable {
  get(key: string): Promise<unknown>;
  getAll(): Promise<unknown[]>;
  getAllKeys(): Promise<IDBValidKey[]>;
}

function readIn(tx: WriteTransaction): Promise<StoredVersions> {
  return storedIn(tx.objectStore(RECORDS), tx.objectStore(STATE));
}

async function storedIn(
  records: Pick<Readable, "getAll" | "getAllKeys">,
  state: Pick<Readable, "get">,
): Promise<StoredVersions> {
  const [keys, values, current] = await Promise.all([
    records.getAllKeys(),
    records.getAll(),
    state.get(CURRENT),
  ]);
  return readVersions(
    keys.map((key, at) => ({ version: Number(key), record: values[at] })),
    current,
  );
}
