/** What `swiglu` means: gateUp [rows, 2 width], gate half first -> [rows, width]. */
export function swigluReference(gateUp: Float32Array, width: number): Float32Array {
  const y = new Float32Array(gateUp.length / 2);
  for (let i = 0; i < y.length; i++) {
    const start = Math.floor(i / width) * 2 * width + (i % width);
    const gate = gateUp[start] ?? Number.NaN;
    y[i] = (gate / (1 + Math.exp(-gate))) * (gateUp[start + width] ?? Number.NaN);
  }
  return y;
}
