/** @file What is wrong with the rows of files that are read on: all are counted, and named up to a number no one would read. */
import type { Problem } from "./result-file.ts";

export const MOST_NAMED = 10_000;

export class Problems {
  readonly named: Problem[] = [];
  count = 0;

  /** `line` from 1; null where the whole file is meant. */
  add(file: string, line: number | null, reason: string): void {
    this.count++;
    if (this.named.length < MOST_NAMED) this.named.push({ file, line, reason });
  }
}
