import { constants } from "node:fs";
import { access, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { FailureError } from "../core/failure.ts";

/** Rejects with `bad-request` where no file can be written there: better before minutes of work than after. */
export async function checkWritable(path: string): Promise<void> {
  const found = await stat(path).catch(() => null);
  if (found !== null && !found.isFile()) throw refusal(path, "it is no file");
  await access(found === null ? dirname(resolve(path)) : path, constants.W_OK).catch((thrown: unknown) => {
    throw refusal(path, codeOf(thrown));
  });
}

/** The whole file or, whatever happens meanwhile, the one that was there. Rejects with `bad-request`. */
export async function writeWhole(path: string, text: string): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    await writeFile(temporary, text);
    await rename(temporary, path);
  } catch (thrown) {
    await rm(temporary, { force: true });
    throw refusal(path, codeOf(thrown));
  }
}

function refusal(path: string, reason: string): FailureError {
  return new FailureError({ kind: "bad-request", reason: `${path} cannot be written (${reason})` });
}

function codeOf(thrown: unknown): string {
  return thrown instanceof Error && "code" in thrown ? String(thrown.code) : String(thrown);
}
