/** @file The small files the page itself reads; the weights are the worker's business. */
import { FailureError, toFailure } from "../core/failure.ts";
import type { Film } from "../model/film.ts";
import { type About, readAbout } from "./about.ts";
import { readCatalogueFile } from "./catalogue-file.ts";
import { readSampleAnswer, type SampleAnswer } from "./sample-answer.ts";
import { readSampleHistories, type SampleHistory } from "./sample-histories.ts";

/** Every promise rejects with a FailureError that names the file. */
export interface Assets {
  catalogue(): Promise<readonly Film[]>;
  sampleAnswer(): Promise<SampleAnswer>;
  sampleHistories(): Promise<readonly SampleHistory[]>;
  about(): Promise<About>;
}

/** Folders on this origin, each with its manifest. */
export interface AssetFolders {
  readonly baseUrl: string;
  readonly packUrl: string;
  readonly samplesUrl: string;
}

export function makeAssets(fetchFile: typeof fetch, folders: AssetFolders): Assets {
  const read = async <T>(folder: string, name: string, parse: (json: unknown) => T): Promise<T> => {
    const file = `${folder.replace(/\/$/, "")}/${name}`;
    const response = await fetchFile(file).catch(() => null);
    if (response === null || !response.ok) {
      throw new FailureError({ kind: "file-missing", file, status: response?.status ?? null });
    }
    try {
      return parse(await response.json());
    } catch (thrown) {
      const reason = thrown instanceof Error ? thrown.message : JSON.stringify(toFailure(thrown));
      throw new FailureError({ kind: "file-invalid", file, reason });
    }
  };
  const asIs = (json: unknown) => json;
  return {
    catalogue: () => read(folders.packUrl, "catalogue.json", readCatalogueFile),
    sampleAnswer: () => read(folders.samplesUrl, "answer.json", readSampleAnswer),
    sampleHistories: () => read(folders.samplesUrl, "histories.json", readSampleHistories),
    about: async () => {
      const [base, pack] = await Promise.all([
        read(folders.baseUrl, "manifest.json", asIs),
        read(folders.packUrl, "manifest.json", asIs),
      ]);
      try {
        return readAbout(base, pack);
      } catch (thrown) {
        const reason = thrown instanceof Error ? thrown.message : String(thrown);
        throw new FailureError({ kind: "file-invalid", file: "manifest.json", reason });
      }
    },
  };
}
