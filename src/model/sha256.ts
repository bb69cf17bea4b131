import { FailureError } from "../core/failure.ts";

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
