// result = silu(gate) * up, silu(x) = x / (1 + exp(-x)); one invocation a value.
// tfjs adds gateUp [rows, 2 width] with the gate half first, result [rows, width] and uniforms (outShape).

const LANES = 64u;

fn main() {
  let width = u32(uniforms.outShape.y);
  let row = workgroupId.y;
  let column = workgroupId.x * LANES + localIndex;
  if (column >= width) { return; }
  let gate = gateUp[row * 2 * width + column];
  let up = gateUp[row * 2 * width + width + column];
  // exp(-gate) overflows below -88, where silu is 0 in f32; WGSL leaves the quotient by infinity open.
  result[row * width + column] = gate / (1.0 + exp(min(-gate, 87.0))) * up;
}
