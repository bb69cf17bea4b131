/** @file Files over fetch, kept in Cache Storage once verified, so that the second visit reads its disk. */
import { throwIfCancelled } from "../core/cancelled.ts";
import { FailureError } from "../core/failure.ts";
import type { Fetcher, FetchOptions } from "./fetcher.ts";

const CACHE_NAME = "becausal-files-1";

/** What the fetcher needs of a browser; `caches` is absent in insecure contexts and in some private windows. */
export interface BrowserFiles {
  readonly fetch: typeof fetch;
  readonly caches: CacheStorage | undefined;
  /** What relative paths are relative to. */
  readonly baseUrl: string;
}

export function makeBrowserFetcher({ fetch, caches, baseUrl }: BrowserFiles): Fetcher {
  const open = async (): Promise<Cache | null> => {
    try {
      return (await caches?.open(CACHE_NAME)) ?? null;
    } catch {
      return null;
    }
  };
  // The content's hash is part of the key: a new release never meets the old one's bytes.
  const keyOf = (path: string, sha256: string) => {
    const url = new URL(path, baseUrl);
    url.searchParams.set("sha256", sha256);
    return url.href;
  };

  return {
    async fetch(path, sha256, options) {
      if (sha256 !== null && !options.fresh) {
        const cached = await (await open())?.match(keyOf(path, sha256)).catch(() => undefined);
        if (cached !== undefined) return { bytes: await readBody(cached, options), fromCache: true };
      }
      const response = await request(fetch, new URL(path, baseUrl).href, path, sha256, options);
      return { bytes: await readBody(response, options), fromCache: false };
    },

    async keep(path, sha256, bytes) {
      try {
        const cache = await open();
        const key = keyOf(path, sha256);
        // Other versions of the same file leave before this one enters.
        await cache?.delete(key, { ignoreSearch: true });
        await cache?.put(key, new Response(bytes));
      } catch {
        // Storage is full or forbidden: the file is fetched again next time.
      }
    },
  };
}

async function request(
  fetch: BrowserFiles["fetch"],
  url: string,
  path: string,
  sha256: string | null,
  { fresh, signal }: FetchOptions,
): Promise<Response> {
  // A manifest is revalidated, since its name does not tell its version.
  const cache: RequestCache = fresh ? "reload" : sha256 === null ? "no-cache" : "default";
  const response = await fetch(url, { cache, signal: signal ?? null }).catch((): null => {
    throwIfCancelled(signal);
    return null;
  });
  if (response === null || !response.ok)
    throw new FailureError({ kind: "file-missing", file: path, status: response?.status ?? null });
  return response;
}

async function readBody(
  response: Response,
  { mostBytes, onBytes, signal }: FetchOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  const reader = response.body?.getReader();
  if (reader === undefined) return new Uint8Array(0);
  const chunks: Uint8Array[] = [];
  let byteLength = 0;
  try {
    // One byte too many is enough to know: an endless answer must not fill the memory.
    while (byteLength <= mostBytes) {
      const { done, value } = await reader.read();
      if (done) break;
      chunks.push(value);
      byteLength += value.byteLength;
      onBytes(value.byteLength);
      if (signal?.aborted) break;
    }
  } catch {
    // A connection that breaks leaves a short file, which the loader names as such.
  }
  await reader.cancel().catch(() => undefined);
  throwIfCancelled(signal);
  const bytes = new Uint8Array(byteLength);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  return bytes;
}
