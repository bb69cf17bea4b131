/** @file Where files come from, as far as loading cares: the browser's network and cache, or a disk. */

export interface FetchOptions {
  /** Length the manifest promises; a source that exceeds it is cut off there (the length then says it was too long). */
  readonly mostBytes: number;
  /** True: pass any cache by. */
  readonly fresh: boolean;
  /** Told of every piece that arrives. */
  readonly onBytes: (byteLength: number) => void;
  readonly signal?: AbortSignal | undefined;
}

export interface Fetcher {
  /**
   * The whole file. Rejects with a FailureError: `file-missing`, or `cancelled`. `path` is what failures name; `sha256` identifies the
   * content wanted, for caches (null: whatever is published now).
   */
  fetch(
    path: string,
    sha256: string | null,
    options: FetchOptions,
  ): Promise<{ readonly bytes: Uint8Array<ArrayBuffer>; readonly fromCache: boolean }>;
  /** Offers verified bytes for next time. Never rejects: a full or forbidden cache is no failure. */
  keep(path: string, sha256: string, bytes: Uint8Array<ArrayBuffer>): Promise<void>;
}
