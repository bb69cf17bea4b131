import { expect, test } from "vitest";
import type { GgufFile, GgufTensor } from "../model/gguf.ts";
import { LAYER_TENSORS, type LlamaConfig, layerTensorName } from "../model/llama-config.ts";
import { planMemory } from "./memory-plan.ts";

const WIDTHS = { width: 576, heads: 9, kvHeads: 3, headDim: 64, ffn: 1536 };

/** A base of the shipped shape without its bytes. */
function base(
  layers: number,
  types: Partial<Record<string, GgufTensor["type"]>> = {},
): { gguf: GgufFile; config: LlamaConfig } {
  const tensors = new Map<string, GgufTensor>();
  const put = (name: string, type: GgufTensor["type"], shape: readonly number[]) =>
    tensors.set(name, { name, type, shape, bytes: new Uint8Array() });
  const shapes = {
    attn_norm: [576],
    attn_q: [576, 576],
    attn_k: [192, 576],
    attn_v: [192, 576],
    attn_output: [576, 576],
    ffn_norm: [576],
    ffn_gate: [1536, 576],
    ffn_up: [1536, 576],
    ffn_down: [576, 1536],
  };
  put("output_norm.weight", "F32", [576]);
  for (let layer = 0; layer < layers; layer++)
    for (const tensor of LAYER_TENSORS)
      put(
        layerTensorName(layer, tensor),
        tensor.endsWith("norm") ? "F32" : (types[tensor] ?? "Q4_1"),
        shapes[tensor],
      );
  put("token_embd.weight", "Q8_0", [49_152, 576]);
  return {
    gguf: { file: "test", metadata: new Map(), tensors },
    config: {
      ...WIDTHS,
      layers,
      ropeBase: 1e5,
      rmsEpsilon: 1e-5,
      vocabulary: 49_152,
      contextLength: 8192,
    },
  };
}

const MIB = 2 ** 20;

test.for([
  [12, 120e6],
  [30, 250e6],
] as const)("%i layers take at most %i bytes on webgpu", ([layers, most]) => {
  const { gguf, config } = base(layers);
  const { weightBytes, activationBytes } = planMemory("webgpu", gguf, config, layers, 16, 128 * MIB);
  expect(weightBytes + activationBytes).toBeLessThan(most);
});

test("a packed weight takes five words for 32 values on both backends", () => {
  const { gguf, config } = base(1);
  const norms = 3 * 576 * 4;
  const weights = 576 * (960 + 576 + 3072 + 1536);
  expect(planMemory("webgpu", gguf, config, 1, 0, MIB).weightBytes).toBe(norms + (weights / 32) * 20);
  expect(planMemory("wasm", gguf, config, 1, 0, MIB).weightBytes).toBe(norms + (weights / 32) * 20);
});

test("a stack of several types is f32 as a whole", () => {
  const bytes = (types: Parameters<typeof base>[1]) => {
    const { gguf, config } = base(1, types);
    return planMemory("webgpu", gguf, config, 1, 0, MIB).weightBytes;
  };
  const packed = bytes({});
  expect(bytes({ attn_v: "Q8_0" }) - packed).toBe(576 * 960 * (4 - 20 / 32));
  expect(bytes({ ffn_gate: "F16", ffn_up: "F32" }) - packed).toBe(576 * 3072 * (4 - 20 / 32));
  // Q4_0 becomes Q4_1 on the way.
  expect(bytes({ attn_q: "Q4_0" })).toBe(packed);
});

test("the output head counts where it is uploaded", () => {
  const { gguf, config } = base(1);
  const without = planMemory("webgpu", gguf, config, 1, 0, MIB);
  const withHead = planMemory("webgpu", gguf, config, 1, 0, MIB, true);
  expect(withHead.weightBytes - without.weightBytes).toBe((49_152 * 576 * 36) / 32);
});

test("a control's adapter fits beside the trained one", () => {
  for (const [layers, most] of [
    [12, 120e6],
    [30, 250e6],
  ] as const) {
    const { gguf, config } = base(layers);
    const plan = planMemory("webgpu", gguf, config, layers, 48, 1024 * MIB);
    expect(plan.controlBytes).toBe(layers * 48 * (576 + 960 + 576 + 576 + 576 + 3072 + 1536 + 576) * 4);
    expect(plan.weightBytes + plan.controlBytes + plan.activationBytes).toBeLessThan(most);
  }
});

test("a pass is as small as the device's bindings", () => {
  const { gguf, config } = base(12);
  const plan = planMemory("webgpu", gguf, config, 12, 0, 3072 * 4 * 100);
  expect(plan.passRows).toBe(100);
  expect(plan.mostRows).toBe(100);
  expect(planMemory("webgpu", gguf, config, 12, 0, 1024 * MIB).passRows).toBe(2048);
});

test("a pass gives way to an adapter that leaves it less of the memory", () => {
  const { gguf, config } = base(12);
  const rows = [16, 32, 48].map((rank) => planMemory("webgpu", gguf, config, 12, rank, 1024 * MIB));
  expect(rows.map(({ passRows }) => passRows).toSorted((a, b) => b - a)).toEqual(
    rows.map(({ passRows }) => passRows),
  );
  for (const { weightBytes, activationBytes } of rows)
    expect(weightBytes + activationBytes).toBeLessThan(120e6);
  const huge = planMemory("webgpu", gguf, config, 12, 512, 1024 * MIB);
  expect(huge.weightBytes).toBeGreaterThan(120e6);
  expect(huge.passRows).toBe(128);
});
