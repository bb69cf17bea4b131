// result = x W^T [* gate] [+ inner b^T] [+ residual] where there are few rows or few outputs: LANES invocations share one output's
// blocks, for up to $ROWS rows at a time, and add their parts up through shared memory. It serves the head's one position and the
// LoRA's inner product x a^T * gate.
//
// tfjs adds the bindings, `uniforms` and the ids. `Part`, BLOCK_STRIDE, `blockScale` and `blockPart` come from weight-*.wgsl.

const LANES = 8u;
const OUTS = 8u;

var<workgroup> parts : array<f32, OUTS * $ROWS * LANES>;

fn main() {
  let rows = u32(uniforms.outShape.x);
  let outs = u32(uniforms.outShape.y);
  let quads = u32(uniforms.xShape.y) / 4;
  let blocks = quads / 8;
  let firstRow = workgroupId.y * $ROWS;
  let firstOut = workgroupId.x * OUTS;
  let out = min(firstOut + localId.y, outs - 1);

  //# each r < ROWS
  let x_$r = min(firstRow + $r, rows - 1) * quads;
  var sum_$r = 0.0;
  //# end
  for (var n = localId.x; n < blocks; n += LANES) {
    let block = (out * blocks + n) * BLOCK_STRIDE;
    let scale = blockScale(block);
    for (var p = 0u; p < 4; p++) {
      let w = blockPart(block, p, scale);
      //# each r < ROWS
      sum_$r += dot(x[x_$r + 8 * n + p], w.low) + dot(x[x_$r + 8 * n + 4 + p], w.high);
      //# end
    }
  }
  //# each r < ROWS
  parts[($r * OUTS + localId.y) * LANES + localId.x] = sum_$r;
  //# end
  workgroupBarrier();

  for (var i = localIndex; i < OUTS * $ROWS; i += LANES * OUTS) {
    let row = firstRow + i / OUTS;
    let ownOut = firstOut + i % OUTS;
    if (row >= rows || ownOut >= outs) { continue; }
    let at = row * outs + ownOut;
    var sum = 0.0;
    for (var lane = 0u; lane < LANES; lane++) {
      sum += parts[i * LANES + lane];
    }
    //# if GATE
    sum *= gate[at];
    //# end
    //# if ADAPTER
    let rank = u32(uniforms.bShape.y);
    for (var k = 0u; k < rank; k++) {
      sum += inner[row * rank + k] * b[ownOut * rank + k];
    }
    //# end
    //# if RESIDUAL
    sum += residual[at];
    //# end
    result[at] = sum;
  }
}
