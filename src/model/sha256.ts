import { FailureError } from "../core/failure.ts";

/** Rejects with `file-altered` where the bytes are not those that were published. `file` is what the failure names. */
export async function checkSha256(
  bytes: Uint8Array<ArrayBuffer>,
  expectedSha256: string,
  file: string,
): Promise<void> {
  const actualSha256 = await sha256(bytes);
  if (actualSha256 !== expectedSha256)
    throw new FailureError({ kind: "file-altered", file, expectedSha256, actualSha256 });
}

/** SHA-256 as 64 lower-case hexadecimal digits. Needs a secure context (https or localhost) in a browser. */
export async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  // Browsers leave `subtle` undefined in an insecure context, whatever the types say.
  const subtle: SubtleCrypto | undefined = globalThis.crypto.subtle;
  if (subtle === undefined)
    throw new FailureError({
      kind: "bad-request",
      reason: "files cannot be verified on this address; open the page through https or localhost",
    });
  const digest = new Uint8Array(await subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
