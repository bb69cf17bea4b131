import { open, readFile, stat } from "node:fs/promises";
import { throwIfCancelled } from "../core/cancelled.ts";
import { FailureError } from "../core/failure.ts";
import type { Fetcher } from "../model/fetcher.ts";

/** What Node reads into one buffer. */
const MOST_FILE_BYTES = 2 ** 31 - 1;

/** Files of this disk; nothing is cached. A file that cannot be read is `file-missing`. */
export const diskFetcher: Fetcher = {
  async fetch(path, _sha256, { onBytes, signal }) {
    const bytes = await readDisk(path, signal);
    onBytes(bytes.byteLength);
    return { bytes, fromCache: false };
  },
  keep: () => Promise.resolve(),
};

/** A whole file. Rejects with `file-missing`, `file-invalid` where it is no file or larger than can be read, or `cancelled`. */
export async function readDisk(path: string, signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
  await checkRegular(path);
  try {
    return new Uint8Array(await readFile(path, { signal }));
  } catch {
    throwIfCancelled(signal);
    throw new FailureError({ kind: "file-missing", file: path, status: null });
  }
}

/** The first bytes of a file, at most `mostBytes`, and its whole length. Rejects as {@link readDisk} does. */
export async function readHead(
  path: string,
  mostBytes: number,
): Promise<{ readonly head: Uint8Array; readonly fileBytes: number }> {
  const fileBytes = await checkRegular(path);
  try {
    const file = await open(path);
    try {
      const wanted = Math.min(mostBytes, fileBytes);
      const { buffer, bytesRead } = await file.read(new Uint8Array(wanted), 0, wanted, 0);
      return { head: buffer.subarray(0, bytesRead), fileBytes };
    } finally {
      await file.close();
    }
  } catch {
    throw new FailureError({ kind: "file-missing", file: path, status: null });
  }
}

/** Length of a file. Folders, pipes and devices have no end that a reader could wait for. */
async function checkRegular(path: string): Promise<number> {
  const found = await stat(path).catch(() => null);
  if (found === null) throw new FailureError({ kind: "file-missing", file: path, status: null });
  const invalid = (reason: string) => new FailureError({ kind: "file-invalid", file: path, reason });
  if (!found.isFile())
    throw invalid(`it is a ${found.isDirectory() ? "folder" : "device or pipe"}; give a file`);
  if (found.size > MOST_FILE_BYTES)
    throw invalid(`it has ${found.size} bytes, the limit is ${MOST_FILE_BYTES}; give a smaller model`);
  return found.size;
}
