/** @file What `python -m becausal_training taste-space` computed, for the tests. */
import { readFileSync } from "node:fs";

interface After {
  readonly firstMode: readonly number[];
  readonly right: readonly number[];
}

interface TasteFixture {
  readonly cases: readonly {
    readonly liked: readonly number[];
    readonly disliked: readonly number[];
    readonly pairs: readonly (readonly [number, number])[];
    readonly mode: readonly number[];
    readonly deviation: readonly number[];
  }[];
  readonly world: {
    readonly users: number;
    readonly mean: readonly number[];
    readonly freedom: number;
    readonly covarianceB64: string;
    readonly shownB64: string;
    readonly askedB64: string;
    readonly ties: readonly number[];
    readonly after: { readonly 2: After; readonly 16: After };
  };
}

export function tasteFixture(): TasteFixture {
  return JSON.parse(readFileSync(new URL("./fixtures/taste.json", import.meta.url), "utf-8")) as TasteFixture;
}

/** Little-endian 64-bit floats in base64. */
export function doublesOf(text: string): Float64Array {
  return new Float64Array(Uint8Array.from(atob(text), (character) => character.charCodeAt(0)).buffer);
}
