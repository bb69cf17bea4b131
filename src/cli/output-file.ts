import { constants } from "node:fs";
import { access, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { FailureError } from "../core/failure.ts";

/** Rejects with `bad-request` where no file can be written there: better before minutes of work than after. */
export async function checkWritable(path: string): Promise<void> {
  const found = await stat(path).catch(() => null);
  if (found !== null && !found.isFile()) throw refusal(path, "it is no file");
  await access(found === null ? dirname(resolve(path)) : path, constants.W_OK).catch(refuseWrite(path));
}

/** The whole file or, whatever happens meanwhile, the one that was there. Rejects with `bad-request`. */
export async function writeWhole(path: string, text: string): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    await writeFile(temporary, text);
    await rename(temporary, path);
  } catch (thrown) {
    await rm(temporary, { force: true });
    refuseWrite(path)(thrown);
  }
}

/** What to do with the failure of a write: to reject with `bad-request`, naming the file. */
export function refuseWrite(path: string) {
  return (thrown: unknown): never => {
    throw refusal(path, thrown instanceof Error && "code" in thrown ? String(thrown.code) : String(thrown));
  };
}

function refusal(path: string, reason: string): FailureError {
  return new FailureError({ kind: "bad-request", reason: `${path} cannot be written (${reason})` });
}
