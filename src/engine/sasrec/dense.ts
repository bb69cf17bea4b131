/** @file The few dense operations SASRec and the projector need, on plain arrays: f32 weights, f64 sums. */
import type { ReadTensor } from "../../model/safetensors.ts";

/** x W^T + b with W [out, in] row-major. */
export interface Dense {
  /** The file's f32 values, widened once instead of in every product. */
  readonly weight: Float64Array;
  readonly bias: Float32Array;
}

export interface LayerNorm {
  readonly gain: Float32Array;
  readonly bias: Float32Array;
}

/** Reads `name.weight` [out, in] and `name.bias` [out]. Throws `file-invalid` where they are missing or of another shape. */
export function readDense(read: ReadTensor, name: string, out: number, inputs: number): Dense {
  return {
    weight: Float64Array.from(read(`${name}.weight`, [out, inputs])),
    bias: read(`${name}.bias`, [out]),
  };
}

export function readLayerNorm(read: ReadTensor, name: string, width: number): LayerNorm {
  return { gain: read(`${name}.weight`, [width]), bias: read(`${name}.bias`, [width]) };
}

// Casts `as number` in this file: every index is a product of lengths that the readers above have checked.

/** [in] -> [out] */
export function applyDense(dense: Dense, x: Float64Array): Float64Array {
  const [y] = applyDenseToRows(dense, [x]);
  return y as Float64Array;
}

/**
 * [in] -> [out] for every row, four rows by two outputs at a time: so many sums fit into registers, a value is read once for several
 * of them, and none waits for its own last addition. Every sum runs over the inputs in order, whatever stands beside it.
 */
export function applyDenseToRows(dense: Dense, rows: readonly Float64Array[]): Float64Array[] {
  const outputs = rows.map(() => new Float64Array(dense.bias.length));
  const whole = rows.length - (rows.length % 4);
  for (let first = 0; first < whole; first += 4)
    applyToFour(dense, rows.slice(first, first + 4) as Four, outputs.slice(first, first + 4) as Four);
  for (let row = whole; row < rows.length; row++)
    applyToOne(dense, rows[row] as Float64Array, outputs[row] as Float64Array);
  return outputs;
}

type Four = [Float64Array, Float64Array, Float64Array, Float64Array];

function applyToFour({ weight, bias }: Dense, [x0, x1, x2, x3]: Four, [y0, y1, y2, y3]: Four): void {
  const inputs = x0.length;
  const last = bias.length - 1;
  for (let o = 0; o <= last; o += 2) {
    // An odd last output is computed twice, into the same place.
    const p = Math.min(o + 1, last);
    const even = o * inputs;
    const odd = p * inputs;
    let a0 = bias[o] as number;
    let a1 = a0;
    let a2 = a0;
    let a3 = a0;
    let b0 = bias[p] as number;
    let b1 = b0;
    let b2 = b0;
    let b3 = b0;
    for (let i = 0; i < inputs; i++) {
      const v = weight[even + i] as number;
      const w = weight[odd + i] as number;
      const r0 = x0[i] as number;
      const r1 = x1[i] as number;
      const r2 = x2[i] as number;
      const r3 = x3[i] as number;
      a0 += v * r0;
      b0 += w * r0;
      a1 += v * r1;
      b1 += w * r1;
      a2 += v * r2;
      b2 += w * r2;
      a3 += v * r3;
      b3 += w * r3;
    }
    y0[o] = a0;
    y1[o] = a1;
    y2[o] = a2;
    y3[o] = a3;
    y0[p] = b0;
    y1[p] = b1;
    y2[p] = b2;
    y3[p] = b3;
  }
}

function applyToOne({ weight, bias }: Dense, x: Float64Array, y: Float64Array): void {
  const inputs = x.length;
  const last = bias.length - 1;
  for (let o = 0; o <= last; o += 4) {
    const [p, q, r] = [Math.min(o + 1, last), Math.min(o + 2, last), Math.min(o + 3, last)] as const;
    const [atO, atP, atQ, atR] = [o * inputs, p * inputs, q * inputs, r * inputs] as const;
    let a = bias[o] as number;
    let b = bias[p] as number;
    let c = bias[q] as number;
    let d = bias[r] as number;
    for (let i = 0; i < inputs; i++) {
      const value = x[i] as number;
      a += (weight[atO + i] as number) * value;
      b += (weight[atP + i] as number) * value;
      c += (weight[atQ + i] as number) * value;
      d += (weight[atR + i] as number) * value;
    }
    y[o] = a;
    y[p] = b;
    y[q] = c;
    y[r] = d;
  }
}

const LAYER_NORM_EPSILON = 1e-5;

/** (x - mean) / sqrt(variance + 1e-5) * gain + bias (Ba et al. 2016). */
export function applyLayerNorm({ gain, bias }: LayerNorm, x: Float64Array): Float64Array {
  let sum = 0;
  for (const value of x) sum += value;
  const mean = sum / x.length;
  let squares = 0;
  for (const value of x) squares += (value - mean) * (value - mean);
  const scale = 1 / Math.sqrt(squares / x.length + LAYER_NORM_EPSILON);
  const y = new Float64Array(x.length);
  for (let i = 0; i < x.length; i++)
    y[i] = ((x[i] as number) - mean) * scale * (gain[i] as number) + (bias[i] as number);
  return y;
}

/** The tanh form of GELU: 0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) (Hendrycks and Gimpel 2016). */
export function gelu(x: number): number {
  return 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));
}
