/** @file The few dense operations SASRec and the projector need, on plain arrays: f32 weights, f64 sums. */
import { floatsOf, type SafetensorsFile } from "../../model/safetensors.ts";

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
export function readDense(file: SafetensorsFile, name: string, out: number, inputs: number): Dense {
  return {
    weight: Float64Array.from(floatsOf(file, `${name}.weight`, [out, inputs])),
    bias: floatsOf(file, `${name}.bias`, [out]),
  };
}

export function readLayerNorm(file: SafetensorsFile, name: string, width: number): LayerNorm {
  return { gain: floatsOf(file, `${name}.weight`, [width]), bias: floatsOf(file, `${name}.bias`, [width]) };
}

// Casts `as number` in this file: every index is a product of lengths that the readers above have checked.

/** [in] -> [out] */
export function applyDense(dense: Dense, x: Float64Array): Float64Array {
  const [y] = applyDenseToRows(dense, [x]);
  return y as Float64Array;
}

/** [in] -> [out] for every row, four rows at a time: a weight is read once for them, and no sum waits for its own last addition. */
export function applyDenseToRows({ weight, bias }: Dense, rows: readonly Float64Array[]): Float64Array[] {
  const outputs = rows.map(() => new Float64Array(bias.length));
  for (let first = 0; first < rows.length; first += 4) {
    // Past the end the last row is computed again, into the same place.
    const at = (n: number) => Math.min(first + n, rows.length - 1);
    const [x0, x1, x2, x3] = [rows[at(0)], rows[at(1)], rows[at(2)], rows[at(3)]] as Four;
    const [y0, y1, y2, y3] = [outputs[at(0)], outputs[at(1)], outputs[at(2)], outputs[at(3)]] as Four;
    const inputs = x0.length;
    for (let o = 0, from = 0; o < bias.length; o++, from += inputs) {
      let a = bias[o] as number;
      let b = a;
      let c = a;
      let d = a;
      for (let i = 0; i < inputs; i++) {
        const w = weight[from + i] as number;
        a += w * (x0[i] as number);
        b += w * (x1[i] as number);
        c += w * (x2[i] as number);
        d += w * (x3[i] as number);
      }
      y0[o] = a;
      y1[o] = b;
      y2[o] = c;
      y3[o] = d;
    }
  }
  return outputs;
}

type Four = [Float64Array, Float64Array, Float64Array, Float64Array];

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
