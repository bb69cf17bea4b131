/** @file A taste as a file, out of the page and into it. */
import { FailureError } from "../core/failure.ts";
import type { ItemId } from "../core/ids.ts";
import {
  MAX_PERSONA_FILE_BYTES,
  type PersonaFile,
  readPersonaFile,
  writePersonaFile,
} from "../persona/persona-file.ts";
import type { TasteSource, TasteSpace } from "../worker/taste-protocol.ts";
import type { FilmIndex } from "./film-index.ts";
import type { ReadTaste } from "./taste-state.ts";

/** As much of a `File` as is needed. */
export interface PersonaSource {
  readonly name: string;
  readonly size: number;
  arrayBuffer(): Promise<ArrayBuffer>;
}

export interface SavedPersona {
  readonly name: string;
  readonly text: string;
}

export function savePersona(
  { catalogueSha256 }: TasteSpace,
  { opinions, overrides, stances }: ReadTaste,
  { films }: FilmIndex,
  now: number,
): SavedPersona {
  const movieIds = (items: readonly ItemId[]) => items.flatMap((item) => films[item]?.movieId ?? []);
  return {
    name: `becausal-persona-${new Date(now).toISOString().slice(0, 10)}.json`,
    text: writePersonaFile({
      catalogueSha256,
      overrides,
      opinions: { liked: movieIds(opinions.liked), disliked: movieIds(opinions.disliked) },
      stances,
    }),
  };
}

/** Reads a persona file. Rejects with `file-invalid`; a file that is too large is not read at all. */
export async function openPersona(file: PersonaSource, space: TasteSpace): Promise<PersonaFile> {
  const invalid = (reason: string) => new FailureError({ kind: "file-invalid", file: file.name, reason });
  if (file.size > MAX_PERSONA_FILE_BYTES)
    throw invalid(`it has ${file.size} bytes, more than the ${MAX_PERSONA_FILE_BYTES} that this page reads`);
  const bytes = await file.arrayBuffer().catch((thrown: unknown) => {
    throw invalid(`the browser cannot read it: ${thrown}`);
  });
  const directions = new Set(space.directions.map(({ id }) => id));
  return readPersonaFile(new Uint8Array(bytes), file.name, { ...space, directions });
}

/** The taste of a file for this pack, and how many films of its ratings the pack does not have. */
export function tasteOfFile(
  { overrides, opinions }: PersonaFile,
  { byMovieId }: FilmIndex,
): { readonly source: TasteSource; readonly unknownFilms: number } {
  const items = (movieIds: readonly number[]) => [
    ...new Set(movieIds.flatMap((movieId) => byMovieId.get(movieId)?.id ?? [])),
  ];
  const liked = items(opinions.liked);
  const disliked = items(opinions.disliked).filter((item) => !liked.includes(item));
  const all = new Set([...opinions.liked, ...opinions.disliked]);
  const unknownFilms = [...all].filter((movieId) => !byMovieId.has(movieId)).length;
  return { source: { opinions: { liked, disliked }, decisions: [...overrides] }, unknownFilms };
}
