/** @file Text files read as a stream, line by line, with the sha256 of what was read. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { FailureError } from "../../core/failure.ts";

const MOST_LINE_CHARACTERS = 2 ** 20;
const NOT_ASCII = /[\u0080-\u00ff]/;

/**
 * Calls `onLine` with every line, numbered from 1, without its line break. A line that is UTF-8 is read as that, any other as Latin-1, byte by
 * byte. Rejects with `file-missing`, or `file-invalid` for what is no file or has a line without end.
 */
export async function readLines(
  path: string,
  file: string,
  onLine: (line: string, number: number) => void,
): Promise<{ readonly sha256: string; readonly lines: number }> {
  const hash = createHash("sha256");
  let rest = "";
  let lines = 0;
  const tell = (bytes: string) => {
    const whole = bytes.endsWith("\r") ? bytes.slice(0, -1) : bytes;
    lines++;
    const line = NOT_ASCII.test(whole) ? decodeLine(whole) : whole;
    onLine(lines === 1 && line.startsWith("\ufeff") ? line.slice(1) : line, lines);
  };
  for await (const chunk of openBytes(path, file)) {
    hash.update(chunk);
    const parts = (rest + chunk.toString("latin1")).split("\n");
    rest = parts.pop() ?? "";
    if (rest.length > MOST_LINE_CHARACTERS)
      throw new FailureError({
        kind: "file-invalid",
        file,
        reason: `line ${lines + parts.length + 1} is longer than ${MOST_LINE_CHARACTERS} characters`,
      });
    for (const part of parts) tell(part);
  }
  if (rest !== "") tell(rest);
  return { sha256: hash.digest("hex"), lines };
}

/** The bytes of a file in pieces. Rejects as {@link readLines} does. */
async function* openBytes(path: string, file: string): AsyncGenerator<Buffer> {
  const found = await stat(path).catch(() => null);
  if (found !== null && !found.isFile())
    throw new FailureError({ kind: "file-invalid", file, reason: "it is no regular file" });
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 2 ** 20 })) yield chunk as Buffer;
  } catch {
    throw new FailureError({ kind: "file-missing", file, status: null });
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function decodeLine(latin1: string): string {
  try {
    return utf8.decode(Buffer.from(latin1, "latin1"));
  } catch {
    return latin1;
  }
}
