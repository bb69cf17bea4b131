/**
 * @file The log in IndexedDB: what was shown, with what probability, and what came of it. A row is acknowledged once it is on the disk, so that
 * a tab that dies loses none that the page has counted on. Rows that cannot be read stay where they are, and go out with every export.
 */
import { FailureError } from "../core/failure.ts";
import type { Migration } from "../history/database.ts";
import { openGuarded, type WriteTransaction } from "../history/guarded-database.ts";
import { asLogRow, type LogRow } from "./log-row.ts";

export const LOG_DATABASE = "becausal-log";
/** `LogRow` by number, ascending as they came. */
const ROWS = "rows";
/** The seed of all draws of this log, and how many verdicts were given on it. */
const STATE = "state";
const SEED = "seed";
const LOOKS = "looks";

/** Released steps never change. */
export const logMigrations: readonly Migration[] = [
  (db) => {
    db.createObjectStore(ROWS, { autoIncrement: true });
    db.createObjectStore(STATE);
  },
];

/** Where the next draw stands among all draws of this log: what `drawSlot` asks for. */
export interface DrawPlace {
  readonly seed: number;
  readonly counter: number;
}

/** What came of an impression. */
export type Outcome = Pick<LogRow, "visibleMs" | "y" | "tOutcome">;

export interface StoredRow {
  readonly key: number;
  readonly row: LogRow;
}

export interface StoredLog {
  /** As they came. */
  readonly rows: readonly StoredRow[];
  readonly unreadable: readonly { readonly key: number; readonly reason: string }[];
  /** Verdicts on updates that were given on this log so far. */
  readonly looks: number;
}

export interface LogStorage {
  /**
   * Adds the row that `draw` makes; resolves with its key once it is on the disk. No two draws get the same place, whichever tab they are of. A row
   * that is none is refused with `bad-request`, one that does not get to the disk with `storage-failed`; both leave the log as it was.
   */
  append(draw: (place: DrawPlace) => LogRow): Promise<number>;
  /** Says what came of an impression, once it is on the disk. Said again, the last word counts. A key without a row is a `bad-request`. */
  complete(key: number, outcome: Outcome): Promise<void>;
  /** Counts one more verdict, and resolves with their number once it is on the disk: each look at the same rows makes the next one worth less. */
  countLook(): Promise<number>;
  read(): Promise<StoredLog>;
  /** A JSON object a line, as `readLog` reads them; unreadable rows as they are. */
  exportLines(): Promise<string>;
  /** Rows, seed and looks. */
  erase(): Promise<void>;
  close(): void;
}

export interface LogStorageOptions {
  readonly name?: string;
  /** Whole, in [0, 2^32). */
  readonly makeSeed?: () => number;
  /** As in `GuardedDatabaseOptions`. */
  readonly freeSpace?: () => Promise<void>;
}

/** Opens the log. Rejects with `storage-failed` where the browser has no IndexedDB or refuses it: without a log nothing is learned. */
export async function openLogStorage(options: LogStorageOptions = {}): Promise<LogStorage> {
  const { name = LOG_DATABASE, makeSeed = randomSeed, freeSpace } = options;
  const stores = [ROWS, STATE];
  const database = await openGuarded("Opening the log", {
    name,
    migrations: logMigrations,
    stores,
    freeSpace,
  });

  const stored = () =>
    database.read("Reading the log", async (db) => {
      // One transaction, or a row that comes in between would shift rows against their keys.
      const tx = db.transaction(stores);
      const rows = tx.objectStore(ROWS);
      const [keys, values, looks] = await Promise.all([
        rows.getAllKeys(),
        rows.getAll(),
        tx.objectStore(STATE).get(LOOKS),
      ]);
      return {
        entries: keys.map((key, at) => ({ key: Number(key), value: values[at] as unknown })),
        looks: looksIn(looks),
      };
    });

  return {
    append: (draw) =>
      database.write("Adding to the log", async (tx) => {
        const rows = tx.objectStore(ROWS);
        // Rows never go one by one, so that their number is no draw's place yet.
        const [seed, counter] = await Promise.all([seedIn(tx, makeSeed), rows.count()]);
        return Number(await rows.add(checked(draw({ seed, counter }))));
      }),

    complete: (key, outcome) =>
      database.write("Adding an outcome to the log", async (tx) => {
        const rows = tx.objectStore(ROWS);
        const row: unknown = await rows.get(key);
        if (typeof row !== "object" || row === null) throw refused(`the log has no row ${key}`);
        await rows.put(checked({ ...row, ...outcome }), key);
      }),

    countLook: () =>
      database.write("Counting a verdict", async (tx) => {
        const state = tx.objectStore(STATE);
        const looks = looksIn(await state.get(LOOKS)) + 1;
        await state.put(looks, LOOKS);
        return looks;
      }),

    async read() {
      const { entries, looks } = await stored();
      const rows: StoredRow[] = [];
      const unreadable: { key: number; reason: string }[] = [];
      for (const { key, value } of entries) {
        const row = asLogRow(value);
        if (typeof row === "string") unreadable.push({ key, reason: row });
        else rows.push({ key, row });
      }
      return { rows, unreadable, looks };
    },

    exportLines: async () =>
      (await stored()).entries.map(({ value }) => `${JSON.stringify(value)}\n`).join(""),
    erase: () => database.erase("Erasing the log"),
    close: () => database.close(),
  };
}

async function seedIn(tx: WriteTransaction, makeSeed: () => number): Promise<number> {
  const state = tx.objectStore(STATE);
  const known: unknown = await state.get(SEED);
  if (typeof known === "number" && Number.isInteger(known) && known >= 0 && known < 2 ** 32) return known;
  const seed = makeSeed();
  await state.put(seed, SEED);
  return seed;
}

function looksIn(stored: unknown): number {
  return typeof stored === "number" && Number.isSafeInteger(stored) && stored > 0 ? stored : 0;
}

function randomSeed(): number {
  const [seed = 0] = crypto.getRandomValues(new Uint32Array(1));
  return seed;
}

function checked(value: unknown): LogRow {
  const row = asLogRow(value);
  if (typeof row === "string") throw refused(`this is no row of a log: ${row}`);
  return row;
}

function refused(reason: string): FailureError {
  return new FailureError({ kind: "bad-request", reason });
}
