/** @file The engine's place in `wasm.gpu.test.ts`: a worker, which alone may start helper threads and wait for them. */
import { tensor2d } from "@tensorflow/tfjs-core";
import { seededRandom } from "../../core/rng.ts";
import { linear } from "../ops/linear/linear.ts";
import { uploadLinear } from "../ops/linear/upload-linear.ts";
import { startWasm } from "./start-wasm.ts";
import { wasmFiles } from "./wasm-files.ts";

const [rows, outs, inputs] = [33, 520, 576];
const random = seededRandom(9);
const values = Float32Array.from({ length: rows * inputs }, () => 2 * random() - 1);
// Blocks of 20 bytes: f16 scale and minimum, here 2^-7 and -2^-4, then nibbles.
const bytes = Uint8Array.from({ length: ((outs * inputs) / 32) * 20 }, () => random() * 256);
for (let at = 0; at < bytes.length; at += 20) bytes.set([0x00, 0x20, 0x00, 0xac], at);
const matrix = { name: "random", type: "Q4_1", shape: [outs, inputs], bytes } as const;

const answers: { readonly adapterName: string; readonly values: Float32Array }[] = [];
for (const threads of [1, 2, 3]) {
  const { adapterName } = await startWasm({ files: wasmFiles, threads });
  const weight = uploadLinear("wasm", [matrix], "test");
  const x = tensor2d(values, [rows, inputs]);
  answers.push({ adapterName, values: await linear(x, weight).data<"float32">() });
}
postMessage(answers);
