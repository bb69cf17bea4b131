/**
 * @file Everything the engine needs, fetched and verified before any of it is used: the base in its parts, the pack's files. A file that
 * is missing, short or altered is fetched once more past every cache; then it is a failure that names it.
 */
import { throwIfCancelled } from "../core/cancelled.ts";
import { FailureError } from "../core/failure.ts";
import { type BaseManifest, readBaseManifest } from "./base-manifest.ts";
import { readCatalogue, readUntitledCatalogue, withTitles } from "./catalogue.ts";
import type { Fetcher } from "./fetcher.ts";
import type { Film } from "./film.ts";
import { type GgufFile, readGguf } from "./gguf.ts";
import type { ItemsFile } from "./items-file.ts";
import { type PackManifest, readPackManifest } from "./pack-manifest.ts";
import { readSafetensors, type SafetensorsFile } from "./safetensors.ts";
import { checkSha256 } from "./sha256.ts";

export interface BaseFiles {
  readonly manifest: BaseManifest;
  readonly gguf: GgufFile;
}

export interface PackFiles {
  readonly manifest: PackManifest;
  readonly adapter: SafetensorsFile;
  readonly sasrec: SafetensorsFile;
  readonly films: readonly Film[];
}

export interface LoadOptions {
  /** Bytes of all files together, refetched ones counted once. Called from 0 to the total. */
  readonly onProgress?: (loadedBytes: number, totalBytes: number) => void;
  readonly signal?: AbortSignal | undefined;
  /** Titles for a pack that may not hold them. Whether they are those of its training shows in `titleTokensSha256` only. */
  readonly items?: ItemsFile | undefined;
}

const MANIFEST = "manifest.json";
const MAX_MANIFEST_BYTES = 4 * 2 ** 20;

/**
 * Loads base and pack from two folders. Rejects with a FailureError: `file-missing`, `file-short`, `file-altered` or `file-invalid`
 * naming the file, `model-unsupported`, `cancelled`, or `titles-needed` for a sound pack without titles where `options.items` gives none.
 * Nothing half-loaded is ever returned.
 */
export async function loadModelFiles(
  fetcher: Fetcher,
  folders: { readonly base: string; readonly pack: string },
  options: LoadOptions = {},
): Promise<{ readonly base: BaseFiles; readonly pack: PackFiles }> {
  const [baseManifest, packManifest] = await Promise.all([
    loadManifest(fetcher, pathIn(folders.base, MANIFEST), readBaseManifest, options.signal),
    loadManifest(fetcher, pathIn(folders.pack, MANIFEST), readPackManifest, options.signal),
  ]);
  checkPackFitsBase(packManifest, baseManifest, pathIn(folders.pack, MANIFEST));
  const totalBytes = baseManifest.byteLength + packByteLength(packManifest);
  const progress = new ByteProgress(totalBytes, options.onProgress);
  const [gguf, pack] = await allOrNone(options.signal, (signal) =>
    Promise.all([
      loadParts(fetcher, folders.base, baseManifest, progress, signal),
      loadNamedFiles(fetcher, folders.pack, packManifest, progress, { ...options, signal }),
    ]),
  );
  return { base: { manifest: baseManifest, gguf: readGguf(gguf, baseManifest.file) }, pack };
}

/** The pack alone, for a base that comes from elsewhere: whether the two fit is not checked. Rejects as {@link loadModelFiles} does. */
export async function loadPackFiles(
  fetcher: Fetcher,
  folder: string,
  options: LoadOptions = {},
): Promise<PackFiles> {
  const manifest = await loadManifest(fetcher, pathIn(folder, MANIFEST), readPackManifest, options.signal);
  const progress = new ByteProgress(packByteLength(manifest), options.onProgress);
  return allOrNone(options.signal, (signal) =>
    loadNamedFiles(fetcher, folder, manifest, progress, { ...options, signal }),
  );
}

function packByteLength({ adapter, sasrec, catalogue }: PackManifest): number {
  return adapter.byteLength + sasrec.byteLength + catalogue.byteLength;
}

/** The files that a pack's manifest names. */
async function loadNamedFiles(
  fetcher: Fetcher,
  folder: string,
  manifest: PackManifest,
  progress: ByteProgress,
  { signal, items }: LoadOptions,
): Promise<PackFiles> {
  const { adapter, sasrec, catalogue } = manifest;
  const load = (named: { file: string; byteLength: number; sha256: string }) =>
    loadVerified(fetcher, pathIn(folder, named.file), named, progress, signal);
  const [adapterBytes, sasrecBytes, catalogueBytes] = await Promise.all([
    load(adapter),
    load(sasrec),
    load(catalogue),
  ]);
  return {
    manifest,
    adapter: readSafetensors(adapterBytes, pathIn(folder, adapter.file)),
    sasrec: readSafetensors(sasrecBytes, pathIn(folder, sasrec.file)),
    films: readFilms(catalogueBytes, pathIn(folder, catalogue.file), manifest, items),
  };
}

function readFilms(
  bytes: Uint8Array,
  file: string,
  { name, catalogue }: PackManifest,
  items: ItemsFile | undefined,
): readonly Film[] {
  if (catalogue.titles !== "needed") return readCatalogue(bytes, file, catalogue.items);
  const films = readUntitledCatalogue(bytes, file, catalogue.items);
  if (items === undefined) throw new FailureError({ kind: "titles-needed", pack: name });
  return withTitles(films, items);
}

/** The base alone, without a pack. Rejects as {@link loadModelFiles} does. */
export async function loadBaseFiles(
  fetcher: Fetcher,
  folder: string,
  options: LoadOptions = {},
): Promise<BaseFiles> {
  const manifest = await loadManifest(fetcher, pathIn(folder, MANIFEST), readBaseManifest, options.signal);
  const progress = new ByteProgress(manifest.byteLength, options.onProgress);
  const bytes = await allOrNone(options.signal, (signal) =>
    loadParts(fetcher, folder, manifest, progress, signal),
  );
  return { manifest, gguf: readGguf(bytes, manifest.file) };
}

/** Stops every other fetch as soon as one has failed for good. */
async function allOrNone<T>(
  signal: AbortSignal | undefined,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const failed = new AbortController();
  try {
    return await run(signal === undefined ? failed.signal : AbortSignal.any([signal, failed.signal]));
  } catch (thrown) {
    failed.abort();
    throw thrown;
  }
}

function pathIn(folder: string, file: string): string {
  return `${folder.replace(/\/+$/, "")}/${file}`;
}

/** Throws `file-invalid`, naming the pack's manifest `file`, where the pack was trained on another base or on more layers. */
export function checkPackFitsBase(
  pack: PackManifest,
  base: Pick<BaseManifest, "sha256" | "layers">,
  file: string,
): void {
  if (pack.base.sha256 !== base.sha256)
    throw new FailureError({
      kind: "file-invalid",
      file,
      reason: `the pack was trained on another base (sha256 ${pack.base.sha256}, here ${base.sha256}); on the command line, give that file with --base`,
    });
  if (pack.base.layers > base.layers)
    throw new FailureError({
      kind: "file-invalid",
      file,
      reason: `the pack uses ${pack.base.layers} layers of a base of ${base.layers}`,
    });
}

/** A manifest has no hash to check against; one that cannot be read is fetched once more. */
async function loadManifest<Manifest>(
  fetcher: Fetcher,
  path: string,
  read: (bytes: Uint8Array, file: string) => Manifest,
  signal: AbortSignal | undefined,
): Promise<Manifest> {
  const attempt = async (fresh: boolean) => {
    const options = { mostBytes: MAX_MANIFEST_BYTES, fresh, onBytes: () => undefined, signal };
    return read((await fetcher.fetch(path, null, options)).bytes, path);
  };
  return attempt(false).catch((thrown: unknown) => onceMore(thrown, () => attempt(true)));
}

async function loadParts(
  fetcher: Fetcher,
  folder: string,
  manifest: BaseManifest,
  progress: ByteProgress,
  signal: AbortSignal | undefined,
): Promise<Uint8Array<ArrayBuffer>> {
  const whole = new Uint8Array(manifest.byteLength);
  let end = 0;
  await Promise.all(
    manifest.parts.map(async (part) => {
      const start = end;
      end += part.byteLength;
      whole.set(await loadVerified(fetcher, pathIn(folder, part.path), part, progress, signal), start);
    }),
  );
  await checkSha256(whole, manifest.sha256, manifest.file);
  return whole;
}

async function loadVerified(
  fetcher: Fetcher,
  path: string,
  expected: { readonly byteLength: number; readonly sha256: string },
  progress: ByteProgress,
  signal: AbortSignal | undefined,
): Promise<Uint8Array<ArrayBuffer>> {
  const line = progress.expect(expected.byteLength);
  const attempt = async (fresh: boolean) => {
    line.restart();
    const options = { mostBytes: expected.byteLength, fresh, onBytes: line.add, signal };
    const { bytes, fromCache } = await fetcher.fetch(path, expected.sha256, options);
    if (bytes.byteLength !== expected.byteLength)
      throw new FailureError({
        kind: "file-short",
        file: path,
        expectedBytes: expected.byteLength,
        actualBytes: bytes.byteLength,
      });
    await checkSha256(bytes, expected.sha256, path);
    // Not waited for: loading goes on while the cache writes.
    if (!fromCache) void fetcher.keep(path, expected.sha256, bytes);
    throwIfCancelled(signal);
    return bytes;
  };
  return attempt(false).catch((thrown: unknown) => onceMore(thrown, () => attempt(true)));
}

/** Repeats what failed because of the file; cancelling and bugs go on as they are. */
function onceMore<T>(thrown: unknown, again: () => Promise<T>): Promise<T> {
  const fileFailed = thrown instanceof FailureError && thrown.failure.kind.startsWith("file-");
  return fileFailed ? again() : Promise.reject(thrown);
}

/** Sums the bytes of files that arrive side by side. */
class ByteProgress {
  readonly #report: ((loadedBytes: number, totalBytes: number) => void) | undefined;
  readonly #totalBytes: number;
  #loadedBytes = 0;

  constructor(totalBytes: number, report: ((loadedBytes: number, totalBytes: number) => void) | undefined) {
    this.#totalBytes = totalBytes;
    this.#report = report;
    report?.(0, totalBytes);
  }

  /** One file's share. */
  expect(byteLength: number): { readonly restart: () => void; readonly add: (byteLength: number) => void } {
    let ownBytes = 0;
    return {
      restart: () => {
        this.#loadedBytes -= ownBytes;
        ownBytes = 0;
      },
      add: (more) => {
        // A source that sends too much never shows more than all.
        const counted = Math.min(more, byteLength - ownBytes);
        ownBytes += counted;
        this.#loadedBytes += counted;
        this.#report?.(this.#loadedBytes, this.#totalBytes);
      },
    };
  }
}
