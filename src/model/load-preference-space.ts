/** @file The preference space of a pack with what it is checked against, fetched and verified; the weights stay where they are. */
import { FailureError } from "../core/failure.ts";
import type { PreferenceSpace } from "../persona/preference-space.ts";
import { readCatalogue } from "./catalogue.ts";
import type { Fetcher } from "./fetcher.ts";
import type { Film } from "./film.ts";
import { type PackManifest, readPackManifest } from "./pack-manifest.ts";
import {
  MAX_PREFERENCE_SPACE_BYTES,
  PREFERENCE_SPACE_FILE,
  readPreferenceSpace,
} from "./preference-space-file.ts";
import { checkSha256 } from "./sha256.ts";

const MAX_MANIFEST_BYTES = 4 * 2 ** 20;

export interface PreferenceSpaceFiles {
  readonly manifest: PackManifest;
  readonly films: readonly Film[];
  readonly space: PreferenceSpace;
}

/**
 * Loads manifest, catalogue and space of the pack in `folder`. A file that is missing, altered or invalid makes all three be fetched once more, past
 * every cache; then it is a FailureError that names it: `file-missing`, `file-altered`, `file-invalid`, `titles-needed`, or `cancelled`.
 */
export async function loadPreferenceSpace(
  fetcher: Fetcher,
  folder: string,
  signal?: AbortSignal,
): Promise<PreferenceSpaceFiles> {
  const load = async (fresh: boolean): Promise<PreferenceSpaceFiles> => {
    const pathOf = (file: string) => `${folder.replace(/\/+$/, "")}/${file}`;
    const fetched = async (path: string, sha256: string | null, mostBytes: number) =>
      (await fetcher.fetch(path, sha256, { mostBytes, fresh, onBytes: () => undefined, signal })).bytes;
    const manifestPath = pathOf("manifest.json");
    const manifest = readPackManifest(await fetched(manifestPath, null, MAX_MANIFEST_BYTES), manifestPath);
    const { file, byteLength, sha256, items, titles } = manifest.catalogue;
    if (titles === "needed") throw new FailureError({ kind: "titles-needed", pack: manifest.name });
    const [path, spacePath] = [pathOf(file), pathOf(PREFERENCE_SPACE_FILE)];
    const [bytes, spaceBytes] = await Promise.all([
      fetched(path, sha256, byteLength),
      fetched(spacePath, null, MAX_PREFERENCE_SPACE_BYTES),
    ]);
    await checkSha256(bytes, sha256, path);
    const films = readCatalogue(bytes, path, items);
    return { manifest, films, space: readPreferenceSpace(spaceBytes, spacePath, { sha256, films }) };
  };
  return load(false).catch((thrown: unknown) => {
    const fileFailed = thrown instanceof FailureError && thrown.failure.kind.startsWith("file-");
    return fileFailed ? load(true) : Promise.reject(thrown);
  });
}
