import { createHash } from "node:crypto";
import { beforeEach, describe, expect, test } from "vitest";
import { FailureError } from "../core/failure.ts";
import type { Fetcher } from "./fetcher.ts";
import { BASE, type Files, PACK, tinyFiles } from "./fixtures/tiny-files.ts";
import { loadBaseFiles, loadModelFiles, loadPackFiles } from "./load-parts.ts";
import { floatsOf } from "./safetensors.ts";

type Answer = Uint8Array<ArrayBuffer> | "missing" | "never";

/** Answers a path's requests in the order given, then with the published file. */
class FakeServer implements Fetcher {
  readonly published: Files = tinyFiles();
  readonly asked: { path: string; fresh: boolean }[] = [];
  readonly kept = new Map<string, string>();
  readonly stopped: string[] = [];
  readonly #first = new Map<string, Answer[]>();

  answerFirst(path: string, ...answers: Answer[]): void {
    this.#first.set(path, answers);
  }

  requests(path: string): boolean[] {
    return this.asked.filter((request) => request.path === path).map(({ fresh }) => fresh);
  }

  fetch: Fetcher["fetch"] = async (path, _sha256, { fresh, onBytes, signal }) => {
    this.asked.push({ path, fresh });
    const answer = this.#first.get(path)?.shift() ?? this.published.get(path) ?? "missing";
    if (answer === "missing") throw new FailureError({ kind: "file-missing", file: path, status: 404 });
    if (answer === "never") {
      await new Promise((resolve) => signal?.addEventListener("abort", resolve));
      this.stopped.push(path);
      throw new FailureError({ kind: "cancelled" });
    }
    const half = Math.ceil(answer.length / 2);
    onBytes(half);
    await Promise.resolve();
    onBytes(answer.length - half);
    return { bytes: answer.slice(), fromCache: false };
  };

  keep: Fetcher["keep"] = async (path, sha256) => {
    this.kept.set(path, sha256);
  };
}

const FOLDERS = { base: BASE, pack: `${PACK}/` };
const PART = `${BASE}/part-01.bin`;
const ADAPTER = `${PACK}/adapter.safetensors`;

let server: FakeServer;
beforeEach(() => {
  server = new FakeServer();
});

const published = (path: string) => server.published.get(path)!;
function altered(path: string): Uint8Array<ArrayBuffer> {
  const bytes = published(path).slice();
  bytes[bytes.length - 1]! ^= 1;
  return bytes;
}
async function failureOf(loading: Promise<unknown>) {
  return loading.then(
    () => null,
    (thrown: unknown) => (thrown instanceof FailureError ? thrown.failure : Promise.reject(thrown)),
  );
}

test("base and pack come out of verified files, each asked for once and kept", async () => {
  const { base, pack } = await loadModelFiles(server, FOLDERS);
  expect(base.gguf.tensors.has("output_norm.weight")).toBe(true);
  expect([...floatsOf(pack.adapter, "verdict_head", [2])]).toEqual([1, 2]);
  expect(pack.films.map(({ title }) => title)).toEqual(["Heat", "Toys", "Big"]);
  expect(server.asked.length).toBe(7);
  expect(server.kept.size).toBe(5);
  expect(server.kept.get(PART)).toBe(base.manifest.parts[1]?.sha256);
});

test("progress runs from nothing to everything and never back", async () => {
  const seen: [number, number][] = [];
  await loadModelFiles(server, FOLDERS, { onProgress: (loaded, total) => seen.push([loaded, total]) });
  const files = [...server.published].filter(([path]) => !path.endsWith("manifest.json"));
  const total = files.reduce((sum, [, bytes]) => sum + bytes.length, 0);
  expect(seen[0]).toEqual([0, total]);
  expect(seen.at(-1)).toEqual([total, total]);
  expect(seen.map(([loaded]) => loaded)).toEqual(seen.map(([loaded]) => loaded).sort((a, b) => a - b));
});

test("a refetched file counts once", async () => {
  server.answerFirst(PART, altered(PART));
  const seen: number[] = [];
  await loadModelFiles(server, FOLDERS, {
    onProgress: (loaded, total) => {
      expect(loaded).toBeLessThanOrEqual(total);
      seen.push(total - loaded);
    },
  });
  expect(seen.at(-1)).toBe(0);
});

describe.for([PART, ADAPTER])("%s", (path) => {
  test.for(["missing", "short", "long", "altered"] as const)(
    "%s once is fetched once more, past the cache",
    async (fault) => {
      const bytes = published(path);
      const longer = Uint8Array.from([...bytes, 0]);
      const answer = {
        missing: "missing" as const,
        short: bytes.slice(0, -3),
        long: longer,
        altered: altered(path),
      };
      server.answerFirst(path, answer[fault]);
      await loadModelFiles(server, FOLDERS);
      expect(server.requests(path)).toEqual([false, true]);
      expect(server.kept.has(path)).toBe(true);
    },
  );

  test("missing twice is a failure that names it", async () => {
    server.answerFirst(path, "missing", "missing");
    expect(await failureOf(loadModelFiles(server, FOLDERS))).toEqual({
      kind: "file-missing",
      file: path,
      status: 404,
    });
    expect(server.requests(path)).toEqual([false, true]);
  });

  test("short twice is a failure that names both lengths", async () => {
    const bytes = published(path);
    server.answerFirst(path, bytes.slice(0, 5), bytes.slice(0, 6));
    expect(await failureOf(loadModelFiles(server, FOLDERS))).toEqual({
      kind: "file-short",
      file: path,
      expectedBytes: bytes.length,
      actualBytes: 6,
    });
  });

  test("altered twice is a failure, and never kept", async () => {
    server.answerFirst(path, altered(path), altered(path));
    expect(await failureOf(loadModelFiles(server, FOLDERS))).toMatchObject({
      kind: "file-altered",
      file: path,
    });
    expect(server.kept.has(path)).toBe(false);
  });
});

test("parts that are each as promised but not the whole are refused", async () => {
  const manifest = JSON.parse(new TextDecoder().decode(published(`${BASE}/manifest.json`)));
  const sha256 = "a".repeat(64);
  const packManifest = JSON.parse(new TextDecoder().decode(published(`${PACK}/manifest.json`)));
  const encode = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
  server.published.set(`${BASE}/manifest.json`, encode({ ...manifest, sha256 }));
  server.published.set(
    `${PACK}/manifest.json`,
    encode({ ...packManifest, base: { ...packManifest.base, sha256 } }),
  );
  expect(await failureOf(loadModelFiles(server, FOLDERS))).toMatchObject({
    kind: "file-altered",
    file: "tiny.gguf",
    expectedSha256: sha256,
  });
});

test("a manifest that is not there, or is a page, is fetched once more and then named", async () => {
  const path = `${PACK}/manifest.json`;
  server.answerFirst(path, "missing");
  await loadModelFiles(server, FOLDERS);
  const page = new TextEncoder().encode("<!doctype html>");
  server.answerFirst(path, page, page);
  expect(await failureOf(loadModelFiles(server, FOLDERS))).toMatchObject({
    kind: "file-invalid",
    file: path,
  });
});

test("a pack trained on another base is refused before any weights are fetched", async () => {
  const path = `${PACK}/manifest.json`;
  const manifest = JSON.parse(new TextDecoder().decode(published(path)));
  manifest.base.sha256 = "b".repeat(64);
  server.published.set(path, new TextEncoder().encode(JSON.stringify(manifest)));
  expect(await failureOf(loadModelFiles(server, FOLDERS))).toMatchObject({
    kind: "file-invalid",
    reason: expect.stringContaining("another base"),
  });
  expect(server.requests(PART)).toEqual([]);
});

describe("a pack without titles", () => {
  const encode = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
  const items = {
    file: "my.item",
    texts: new Map([3, 1, 2].map((id) => [id, { title: `Film ${id}`, year: null, genres: [] }])),
  };
  beforeEach(() => {
    const manifest = JSON.parse(new TextDecoder().decode(published(`${PACK}/manifest.json`)));
    const catalogue = JSON.parse(new TextDecoder().decode(published(`${PACK}/catalogue.json`)));
    const bytes = encode({
      schema: "becausal-catalogue/2",
      items: catalogue.items.map(({ id, movieId, popularity }: Record<string, number>) => ({
        id,
        movieId,
        popularity,
      })),
    });
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    manifest.schema = "becausal-pack/2";
    manifest.catalogue = { ...manifest.catalogue, titles: "needed", byteLength: bytes.length, sha256 };
    server.published.set(`${PACK}/manifest.json`, encode(manifest));
    server.published.set(`${PACK}/catalogue.json`, bytes);
  });

  test("is verified, then refused until titles are given", async () => {
    expect(await failureOf(loadModelFiles(server, FOLDERS))).toEqual({
      kind: "titles-needed",
      pack: "films",
    });
    expect(await failureOf(loadPackFiles(server, PACK))).toEqual({ kind: "titles-needed", pack: "films" });
    expect(server.kept.has(ADAPTER)).toBe(true);
  });

  test("takes them from the user's own file", async () => {
    const { pack } = await loadModelFiles(server, FOLDERS, { items });
    expect(pack.films.map(({ title, popularity }) => [title, popularity])).toEqual([
      ["Film 1", 0],
      ["Film 2", 1],
      ["Film 3", 2],
    ]);
  });

  test("is altered where it is altered, titles or not", async () => {
    server.answerFirst(ADAPTER, altered(ADAPTER), altered(ADAPTER));
    expect(await failureOf(loadModelFiles(server, FOLDERS, { items }))).toMatchObject({
      kind: "file-altered",
      file: ADAPTER,
    });
  });
});

test("cancelling stops every fetch and repeats none", async () => {
  const control = new AbortController();
  server.answerFirst(PART, "never");
  server.answerFirst(ADAPTER, "never");
  const loading = failureOf(loadModelFiles(server, FOLDERS, { signal: control.signal }));
  setTimeout(() => control.abort(), 5);
  expect(await loading).toEqual({ kind: "cancelled" });
  expect(server.stopped.sort()).toEqual([PART, ADAPTER].sort());
  expect(server.requests(PART)).toEqual([false]);
});

test("one file's final failure stops the others", async () => {
  server.answerFirst(PART, "never");
  server.answerFirst(ADAPTER, "missing", "missing");
  expect(await failureOf(loadModelFiles(server, FOLDERS))).toMatchObject({
    kind: "file-missing",
    file: ADAPTER,
  });
  await Promise.resolve();
  expect(server.stopped).toEqual([PART]);
});

test("the base alone loads without a pack", async () => {
  const { gguf } = await loadBaseFiles(server, BASE);
  expect(gguf.metadata.get("llama.block_count")).toBe(2);
  expect(server.asked.every(({ path }) => path.startsWith(BASE))).toBe(true);
});
