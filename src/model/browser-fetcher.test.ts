import { createHash } from "node:crypto";
import { beforeEach, describe, expect, test } from "vitest";
import { FailureError } from "../core/failure.ts";
import { makeBrowserFetcher } from "./browser-fetcher.ts";
import type { Fetcher, FetchOptions } from "./fetcher.ts";
import { BASE, PACK, tinyFiles } from "./fixtures/tiny-files.ts";
import { loadModelFiles } from "./load-parts.ts";

/** The part of Cache Storage that the fetcher uses, in memory. */
class FakeCaches {
  readonly stored = new Map<string, Uint8Array<ArrayBuffer>>();
  full = false;

  open = async () => this;
  match = async (url: string) => {
    const bytes = this.stored.get(url);
    return bytes === undefined ? undefined : new Response(bytes);
  };
  delete = async (url: string, options?: { ignoreSearch?: boolean }) => {
    for (const key of this.stored.keys())
      if (options?.ignoreSearch === true ? key.split("?")[0] === url.split("?")[0] : key === url)
        this.stored.delete(key);
    return true;
  };
  put = async (url: string, response: Response) => {
    if (this.full) throw new DOMException("full", "QuotaExceededError");
    this.stored.set(url, new Uint8Array(await response.arrayBuffer()));
  };
}

let files: ReturnType<typeof tinyFiles>;
let caches: FakeCaches;
let requests: { url: string; cache: string | undefined }[];
let fetcher: Fetcher;

const answer: typeof fetch = async (input, init) => {
  const url = String(input);
  requests.push({ url, cache: init?.cache });
  init?.signal?.throwIfAborted();
  const bytes = files.get(new URL(url).pathname);
  return bytes === undefined ? new Response("no", { status: 404 }) : new Response(bytes);
};

const make = (over: Partial<Parameters<typeof makeBrowserFetcher>[0]> = {}) =>
  makeBrowserFetcher({
    fetch: answer,
    caches: caches as unknown as CacheStorage,
    baseUrl: "https://here.example/app/",
    ...over,
  });

beforeEach(() => {
  files = tinyFiles();
  caches = new FakeCaches();
  requests = [];
  fetcher = make();
});

const options = (over: Partial<FetchOptions> = {}): FetchOptions => ({
  mostBytes: 1e6,
  fresh: false,
  onBytes: () => undefined,
  ...over,
});
const PART = `${BASE}/part-00.bin`;
const settled = () => new Promise((resolve) => setTimeout(resolve, 5));

test("a second load asks the network for the manifests alone", async () => {
  await loadModelFiles(fetcher, { base: BASE, pack: PACK });
  await settled();
  requests.length = 0;
  const { pack } = await loadModelFiles(fetcher, { base: BASE, pack: PACK });
  expect(pack.films.length).toBe(3);
  expect(requests).toEqual(
    [BASE, PACK].map((folder) => ({ url: `https://here.example${folder}/manifest.json`, cache: "no-cache" })),
  );
});

test("an altered cached part is replaced from the network, past the browser's own cache", async () => {
  await loadModelFiles(fetcher, { base: BASE, pack: PACK });
  await settled();
  const [key, bytes] = [...caches.stored].find(([url]) => url.includes(PART))!;
  caches.stored.set(
    key,
    bytes.map((byte) => byte ^ 1),
  );
  requests.length = 0;
  await loadModelFiles(fetcher, { base: BASE, pack: PACK });
  await settled();
  expect(requests.filter(({ url }) => url.includes(PART))).toEqual([
    { url: `https://here.example${PART}`, cache: "reload" },
  ]);
  expect(caches.stored.get(key)).toEqual(files.get(PART));
});

test("a new version of a file takes the old one's place", async () => {
  await fetcher.keep(PART, "1".repeat(64), new Uint8Array([1]));
  await fetcher.keep(PART, "2".repeat(64), new Uint8Array([2]));
  expect(caches.stored.size).toBe(1);
  const { bytes, fromCache } = await fetcher.fetch(PART, "2".repeat(64), options());
  expect([...bytes]).toEqual([2]);
  expect(fromCache).toBe(true);
});

describe("works without Cache Storage:", () => {
  test.for<[string, () => Fetcher]>([
    ["none at all", () => make({ caches: undefined })],
    [
      "forbidden",
      () => make({ caches: { open: () => Promise.reject(new Error("no")) } as unknown as CacheStorage }),
    ],
    [
      "full",
      () => {
        caches.full = true;
        return make();
      },
    ],
  ])("%s", async ([, makeFetcher]) => {
    const { pack } = await loadModelFiles(makeFetcher(), { base: BASE, pack: PACK });
    expect(pack.films.length).toBe(3);
  });
});

test("bytes are counted as they arrive and sum to the file", async () => {
  let sum = 0;
  const { bytes } = await fetcher.fetch(PART, null, options({ onBytes: (more) => (sum += more) }));
  expect(sum).toBe(bytes.length);
  expect(createHash("sha256").update(bytes).digest()).toEqual(
    createHash("sha256").update(files.get(PART)!).digest(),
  );
});

test("an answer far longer than promised is cut off", async () => {
  let sent = 0;
  const tooLong = new ReadableStream({
    pull(stream) {
      sent += 1000;
      stream.enqueue(new Uint8Array(1000));
      // Long enough to be told from one that is cut off.
      if (sent === 100_000) stream.close();
    },
  });
  const { bytes } = await make({ fetch: async () => new Response(tooLong) }).fetch(
    PART,
    null,
    options({ mostBytes: 2500 }),
  );
  expect(bytes.length).toBe(3000);
  expect(sent).toBeLessThan(10_000);
});

test("a connection that breaks leaves a short file", async () => {
  const breaking = new ReadableStream({
    start(stream) {
      stream.enqueue(new Uint8Array(10));
    },
    pull() {
      throw new Error("reset");
    },
  });
  const { bytes } = await make({ fetch: async () => new Response(breaking) }).fetch(PART, null, options());
  expect(bytes.length).toBe(10);
});

test.for<[string, typeof fetch, number | null]>([
  ["a refused request", async () => new Response("", { status: 403 }), 403],
  ["no network", () => Promise.reject(new TypeError("failed")), null],
])("%s is a missing file", async ([, fetch, status]) => {
  await expect(make({ fetch }).fetch(PART, null, options())).rejects.toMatchObject({
    failure: { kind: "file-missing", file: PART, status },
  });
});

test("an aborted request is cancelled", async () => {
  const aborted = fetcher.fetch(PART, null, options({ signal: AbortSignal.abort() }));
  await expect(aborted).rejects.toEqual(new FailureError({ kind: "cancelled" }));
});
