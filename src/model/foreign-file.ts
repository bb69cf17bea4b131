/** @file Names what was given instead of a GGUF file, so that the user knows which file to look for. */

interface Kind {
  readonly says: string;
  fits(head: Uint8Array, text: string): boolean;
}

const startsWith = (...magics: readonly string[]): Kind["fits"] => {
  return (_, text) => magics.some((magic) => text.startsWith(magic));
};

const KINDS: readonly Kind[] = [
  {
    says: "it is safetensors; convert it to GGUF first",
    // Eight bytes of length, then JSON.
    fits: (head, text) => text[8] === "{" && head.subarray(4, 8).every((byte) => byte === 0),
  },
  {
    says: "it is a zip archive (as PyTorch checkpoints are); take the .gguf file inside it, or convert it",
    fits: startsWith("PK\x03\x04", "PK\x05\x06"),
  },
  { says: "it is compressed with gzip; unpack it first", fits: startsWith("\x1f\x8b") },
  {
    says: "it is a Git LFS pointer, not the file itself; fetch it with git lfs pull",
    fits: startsWith("version https://git-lfs"),
  },
  {
    says: "it is a web page; the server answered with a page instead of the file, fetch the file itself",
    fits: (_, text) => /^\s*<(?:!doctype|html|\?xml|head|body)/i.test(text),
  },
  { says: "it is JSON; give the .gguf file", fits: (_, text) => /^\s*[{[]/.test(text) },
  {
    says: "it is in a format older than GGUF; convert it with a current tool",
    fits: startsWith("lmgg", "fmgg", "tjgg", "GGML", "GGMF", "GGJT"),
  },
  {
    says: "it begins with zeros, as a broken download does; fetch it again",
    fits: (head) => head.length > 0 && head.every((byte) => byte === 0),
  },
];

/** Enough bytes from the start of a file for {@link describeForeignFile}. */
export const HEAD_BYTES = 64;

/** What a file that does not start with GGUF seems to be and what to do, as a clause; from its first bytes. */
export function describeForeignFile(bytes: Uint8Array): string {
  const head = bytes.subarray(0, HEAD_BYTES);
  const text = String.fromCharCode(...head);
  return (
    KINDS.find(({ fits }) => fits(head, text))?.says ??
    "it does not start with GGUF (byte 0); give a GGUF file"
  );
}
