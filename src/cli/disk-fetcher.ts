import { readFile } from "node:fs/promises";
import { FailureError } from "../core/failure.ts";
import type { Fetcher } from "../model/fetcher.ts";

/** Files of this disk; nothing is cached. A file that cannot be read is `file-missing`. */
export const diskFetcher: Fetcher = {
  async fetch(path, _sha256, { onBytes, signal }) {
    const bytes = await readDisk(path, signal);
    onBytes(bytes.byteLength);
    return { bytes, fromCache: false };
  },
  keep: () => Promise.resolve(),
};

/** A whole file. Rejects with `file-missing` or `cancelled`. */
export async function readDisk(path: string, signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return new Uint8Array(await readFile(path, { signal }));
  } catch {
    if (signal?.aborted) throw new FailureError({ kind: "cancelled" });
    throw new FailureError({ kind: "file-missing", file: path, status: null });
  }
}
