/** @file Mutated headers: each is read as something consistent or refused with a typed failure, for bounded work. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { FailureError } from "../core/failure.ts";
import { seededRandom } from "../core/rng.ts";
import { readBaseManifest } from "./base-manifest.ts";
import { ReadMeter } from "./byte-cursor.ts";
import reference from "./fixtures/gguf/reference.json" with { type: "json" };
import { mutate } from "./fixtures/mutate-bytes.ts";
import { safetensorsBytes, tinyBaseManifest, tinyPackManifest } from "./fixtures/tiny-files.ts";
import { tinyLlama } from "./fixtures/tiny-llama.ts";
import { BLOCKS, readGguf } from "./gguf.ts";
import { type LlamaModel, readLlamaModel } from "./llama-model.ts";
import { readPackManifest } from "./pack-manifest.ts";
import { readSafetensors } from "./safetensors.ts";

/** Mutated GGUF headers of one run; BECAUSAL_FUZZ_SEED starts elsewhere. */
const COUNT = Number(process.env["BECAUSAL_FUZZ"] ?? 10_000);
const SEED = Number(process.env["BECAUSAL_FUZZ_SEED"] ?? 4);

const fixtures = [
  ...reference.models.map(
    ({ file }) => new Uint8Array(readFileSync(new URL(`./fixtures/gguf/${file}`, import.meta.url))),
  ),
  tinyLlama(),
];

/** Length of everything before the first tensor's data. */
function headerLength(bytes: Uint8Array): number {
  const starts = [...readGguf(bytes, "fixture").tensors.values()].map((tensor) => tensor.bytes.byteOffset);
  return Math.min(...starts) - bytes.byteOffset;
}

/** What was accepted must hold together: views inside the file, of the length their shape takes, none over another. */
function checkConsistent({ gguf, config, tokenizer }: LlamaModel, bytes: Uint8Array): void {
  let end = 0;
  const tensors = [...gguf.tensors.values()];
  for (const tensor of tensors.toSorted((a, b) => a.bytes.byteOffset - b.bytes.byteOffset)) {
    const block = BLOCKS[tensor.type];
    const weights = tensor.shape.reduce((product, length) => product * length, 1);
    if (tensor.bytes.byteLength !== (weights / block.weights) * block.bytes) throw new Error("a length");
    if (tensor.bytes.buffer !== bytes.buffer || tensor.bytes.byteOffset < end) throw new Error("an overlap");
    end = tensor.bytes.byteOffset + tensor.bytes.byteLength;
  }
  if (end > bytes.byteOffset + bytes.byteLength) throw new Error("a tensor past the end");
  if (gguf.tensors.get("token_embd.weight")?.shape.join() !== `${config.vocabulary},${config.width}`)
    throw new Error("the embedding's shape");
  if (tensors.length < 2 + 9 * config.layers) throw new Error("too few tensors");
  if (!(config.ropeBase >= 1 && config.rmsEpsilon > 0)) throw new Error("a number that is none");
  const ids = tokenizer.encode("The night train, 1987");
  if (tokenizer.size !== config.vocabulary || ids.some((id) => id >= tokenizer.size))
    throw new Error("a token without a row");
  tokenizer.decode(ids);
}

/** Runs `read` and tells whether it was refused; anything thrown but a typed failure of a file is rethrown. */
function isRefused(read: () => void): boolean {
  try {
    read();
    return false;
  } catch (thrown) {
    if (!(thrown instanceof FailureError)) throw thrown;
    if (!["file-invalid", "model-unsupported"].includes(thrown.failure.kind)) throw thrown;
    return true;
  }
}

test(`${COUNT} mutated GGUF headers`, { timeout: 3_600_000 }, () => {
  const random = seededRandom(SEED);
  const headerBytes = fixtures.map(headerLength);
  const pick = () => Math.floor(random() * fixtures.length);
  let refused = 0;
  let mostReadsPerByte = 0;
  let mostKeptPerByte = 0;
  let slowest = 0;
  for (let i = 0; i < COUNT; i++) {
    const which = pick();
    const bytes = mutate(fixtures[which]!, headerBytes[which]!, random, fixtures[pick()]!);
    const meter = new ReadMeter();
    const start = performance.now();
    let read: LlamaModel | null = null;
    try {
      if (
        isRefused(() => {
          read = readLlamaModel(bytes, "mutated.gguf", meter);
        })
      )
        refused++;
      slowest = Math.max(slowest, performance.now() - start);
      if (read !== null) checkConsistent(read, bytes);
    } catch (thrown) {
      throw new Error(`mutation ${i} of seed ${SEED}: ${String(thrown)}`, { cause: thrown });
    }
    const size = bytes.length + 64;
    mostReadsPerByte = Math.max(mostReadsPerByte, meter.reads / size);
    mostKeptPerByte = Math.max(mostKeptPerByte, meter.keptBytes / size);
  }
  console.info(
    `${COUNT} mutated GGUF headers: ${refused} refused, the others consistent; at most ${mostReadsPerByte.toFixed(3)} reads and ` +
      `${mostKeptPerByte.toFixed(2)} bytes kept a byte; the slowest took ${slowest.toFixed(1)} ms`,
  );
  expect(mostReadsPerByte).toBeLessThan(1 / 4);
  expect(mostKeptPerByte).toBeLessThan(9);
  // Both must happen, or the mutations are too wild or too tame to test anything.
  expect(refused).toBeGreaterThan(COUNT / 10);
  expect(refused).toBeLessThan(COUNT);
});

const json = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

test.for<[string, Uint8Array, (bytes: Uint8Array) => unknown]>([
  [
    "safetensors",
    safetensorsBytes({ a: [1, 2, 3], b: [4], c: [5, 6] }),
    (bytes) => readSafetensors(bytes, "f"),
  ],
  ["base manifests", json(tinyBaseManifest()), (bytes) => readBaseManifest(bytes, "f")],
  ["pack manifests", json(tinyPackManifest()), (bytes) => readPackManifest(bytes, "f")],
])("mutated %s", { timeout: 3_600_000 }, ([, bytes, read]) => {
  const random = seededRandom(SEED);
  let refused = 0;
  for (let i = 0; i < COUNT; i++)
    if (isRefused(() => read(mutate(bytes, bytes.length, random, bytes)))) refused++;
  expect(refused).toBeGreaterThan(COUNT / 10);
  expect(refused).toBeLessThan(COUNT);
});
