import { FailureError } from "../core/failure.ts";
import { describeValue, type GgufFile, type GgufValue } from "./gguf.ts";

const CONVERT_AGAIN = "convert the model anew or fetch the file again";

/** Typed access to a GGUF's metadata; a failure names the key, what it holds and what to do. */
export class MetadataReader {
  readonly file: GgufFile;

  constructor(file: GgufFile) {
    this.file = file;
  }

  /** The failure of a file that contradicts itself. */
  invalid(reason: string): FailureError {
    return this.#failure("file-invalid", `${reason}; ${CONVERT_AGAIN}`);
  }

  /** The failure of a right file of the wrong kind. */
  unsupported(reason: string, advice: string): FailureError {
    return this.#failure("model-unsupported", `${reason}; ${advice}`);
  }

  #failure(kind: "file-invalid" | "model-unsupported", reason: string): FailureError {
    return new FailureError({ kind, file: this.file.file, reason });
  }

  has(key: string): boolean {
    return this.file.metadata.has(key);
  }

  text(key: string): string {
    const value = this.#value(key);
    if (typeof value !== "string") throw this.#wrong(key, value, "text");
    return value;
  }

  flag(key: string): boolean {
    const value = this.#value(key);
    if (typeof value !== "boolean") throw this.#wrong(key, value, "true or false");
    return value;
  }

  number(key: string): number {
    const value = this.#value(key);
    if (typeof value !== "number" || !Number.isFinite(value)) throw this.#wrong(key, value, "a number");
    return value;
  }

  /** A whole number from 1 to `most`; `absent` where the key may be left out. */
  whole(key: string, most: number, absent?: number): number {
    if (absent !== undefined && !this.has(key)) return absent;
    const value = this.number(key);
    if (!Number.isInteger(value) || value < 1 || value > most)
      throw this.#wrong(key, value, `a whole number from 1 to ${most}`);
    return value;
  }

  /** A number of a range; `absent` where the key may be left out. */
  within(
    key: string,
    { least, most }: { readonly least: number; readonly most: number },
    absent?: number,
  ): number {
    if (absent !== undefined && !this.has(key)) return absent;
    const value = this.number(key);
    if (value < least || value > most) throw this.#wrong(key, value, `a number from ${least} to ${most}`);
    return value;
  }

  texts(key: string): readonly string[] {
    const value = this.#value(key);
    if (!isTexts(value)) throw this.#wrong(key, value, "a list of texts");
    return value;
  }

  numbers(key: string): readonly number[] {
    const value = this.#value(key);
    if (!isNumbers(value)) throw this.#wrong(key, value, "a list of numbers");
    return value;
  }

  #value(key: string): GgufValue {
    const value = this.file.metadata.get(key);
    if (value === undefined) throw this.invalid(`metadata ${key} is missing`);
    return value;
  }

  #wrong(key: string, value: GgufValue, expected: string): FailureError {
    return this.invalid(`${key} is ${describeValue(value)}, expected ${expected}`);
  }
}

function isTexts(value: GgufValue): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

function isNumbers(value: GgufValue): value is readonly number[] {
  return Array.isArray(value) && value.every((item) => typeof item === "number");
}
