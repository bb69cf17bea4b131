/** @file The small files the page itself reads; the weights are the worker's business. */
import { FailureError } from "../core/failure.ts";
import { readBaseManifest } from "../model/base-manifest.ts";
import { readCatalogue } from "../model/catalogue.ts";
import type { Film } from "../model/film.ts";
import { readPackManifest } from "../model/pack-manifest.ts";
import { type About, aboutManifests } from "./about.ts";
import { readSampleAnswer, type SampleAnswer } from "./sample-answer.ts";
import { readSampleHistories, type SampleHistory } from "./sample-histories.ts";

/** Every promise rejects with a FailureError that names the file. */
export interface Assets {
  catalogue(): Promise<readonly Film[]>;
  sampleAnswer(): Promise<SampleAnswer>;
  sampleHistories(): Promise<readonly SampleHistory[]>;
  about(): Promise<About>;
}

/** Folders on this origin, the first two each with a manifest.json. */
export interface AssetFolders {
  readonly baseUrl: string;
  readonly packUrl: string;
  readonly samplesUrl: string;
}

export function makeAssets(fetchFile: typeof fetch, folders: AssetFolders): Assets {
  const read = async <T>(
    folder: string,
    name: string,
    parse: (bytes: Uint8Array, file: string) => T,
  ): Promise<T> => {
    const file = `${folder.replace(/\/$/, "")}/${name}`;
    const response = await fetchFile(file).catch(() => null);
    const bytes = response?.ok ? await response.arrayBuffer().catch(() => null) : null;
    if (bytes === null)
      throw new FailureError({ kind: "file-missing", file, status: response?.status ?? null });
    return parse(new Uint8Array(bytes), file);
  };
  const pack = () => read(folders.packUrl, "manifest.json", readPackManifest);
  return {
    catalogue: async () => {
      const { name, catalogue } = await pack();
      if (catalogue.titles === "needed") throw new FailureError({ kind: "titles-needed", pack: name });
      return read(folders.packUrl, catalogue.file, (bytes, file) =>
        readCatalogue(bytes, file, catalogue.items),
      );
    },
    sampleAnswer: () => read(folders.samplesUrl, "answer.json", readSampleAnswer),
    sampleHistories: () => read(folders.samplesUrl, "histories.json", readSampleHistories),
    about: async () =>
      aboutManifests(
        ...(await Promise.all([read(folders.baseUrl, "manifest.json", readBaseManifest), pack()])),
      ),
  };
}
