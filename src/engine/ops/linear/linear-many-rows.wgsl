// result = x W^T [* gate] [+ inner b^T] [+ residual] for many rows: every invocation keeps $ROWS rows by $OUTS outputs of sums in registers, so
// a weight is decoded once per $ROWS rows and a row of x is read once per $OUTS outputs. $SLICES invocations share these sums, each with
// every $SLICES-th block of the inputs, where there are too few of them to keep a GPU busy.
//
// With SHARED, the workgroup brings each block of x and W through its own memory, so that a weight is decoded once per workgroup.
// With DIRECT they pass through none: a GPU's cache serves the neighbours that read the same lines, and software adapters pay dearly
// for workgroup memory and for barriers.
//
// tfjs adds the bindings, `uniforms` and the ids. `Part`, BLOCK_STRIDE, `blockScale` and `blockPart` come from weight-*.wgsl,
// Rows and outputs past the end repeat the last valid one and are not stored.

const LANES = 8u;

//# if SLICED
const TILE = LANES * LANES * $ROWS * $OUTS;
var<workgroup> parts : array<f32, ($SLICES - 1) * TILE>;
//# end

//# if SHARED
// One more than a block has quads: neighbours' quads then lie in different banks.
const STRIDE = 9u;
var<workgroup> tileX : array<vec4<f32>, $SLICES * LANES * $ROWS * STRIDE>;
var<workgroup> tileW : array<vec4<f32>, $SLICES * LANES * $OUTS * STRIDE>;
//# end

// sum + x . w
fn multiplyAdd(sum : f32, x : vec4<f32>, w : vec4<f32>) -> f32 {
  //# if FUSED
  return fma(x.w, w.w, fma(x.z, w.z, fma(x.y, w.y, fma(x.x, w.x, sum))));
  //# end
  //# if UNFUSED
  return sum + dot(x, w);
  //# end
}

//# if QUADRANK
const RANKS_AT_ONCE = 4u;
fn product(u : vec4<f32>, v : vec4<f32>) -> f32 {
  return dot(u, v);
}
//# end
//# if PLAINRANK
const RANKS_AT_ONCE = 1u;
fn product(u : f32, v : f32) -> f32 {
  return u * v;
}
//# end

fn main() {
  let rows = u32(uniforms.outShape.x);
  let outs = u32(uniforms.outShape.y);
  let quads = u32(uniforms.xShape.y) / 4;
  let blocks = quads / 8;
  let row = (workgroupId.y * LANES + localId.y) * $ROWS;
  // Neighbouring invocations take neighbouring outputs; one invocation's own are LANES apart.
  let out = workgroupId.x * LANES * $OUTS + localId.x;
  //# if RETURNS
  if (row >= rows || out >= outs) { return; }
  //# end

  //# each r < ROWS
  let row_$r = min(row + $r, rows - 1);
  //# end
  //# each o < OUTS
  let out_$o = min(out + $o * LANES, outs - 1);
  //# end
  //# each r < ROWS
  //# each o < OUTS
  var sum_$r_$o = 0.0;
  //# end
  //# end

  //# if DIRECT
  //# each r < ROWS
  var x_$r = row_$r * quads + 8 * localId.z;
  //# end
  //# each o < OUTS
  var block_$o = (out_$o * blocks + localId.z) * BLOCK_STRIDE;
  //# end
  for (var n = localId.z; n < blocks; n += $SLICES) {
    //# each o < OUTS
    let scale_$o = blockScale(block_$o);
    //# end
    //# each p < 4
    {
      //# each o < OUTS
      let w_$o = blockPart(block_$o, $p, scale_$o);
      //# end
      //# each r < ROWS
      {
        let low = x[x_$r + $p];
        let high = x[x_$r + 4 + $p];
        //# each o < OUTS
        sum_$r_$o = multiplyAdd(multiplyAdd(sum_$r_$o, low, w_$o.low), high, w_$o.high);
        //# end
      }
      //# end
    }
    //# end
    //# each r < ROWS
    x_$r += 8 * $SLICES;
    //# end
    //# each o < OUTS
    block_$o += BLOCK_STRIDE * $SLICES;
    //# end
  }
  //# end
  //# if SHARED
  let sliceX = localId.z * LANES * $ROWS;
  let sliceW = localId.z * LANES * $OUTS;
  let firstRow = workgroupId.y * LANES * $ROWS;
  let firstOut = workgroupId.x * LANES * $OUTS;
  let within = localId.y * LANES + localId.x;
  // All slices take as many steps: a barrier waits for the whole workgroup.
  for (var step = 0u; step < blocks; step += $SLICES) {
    let n = step + localId.z;
    if (n < blocks) {
      //# each r < ROWS
      {
        let i = within + $r * LANES * LANES;
        tileX[(sliceX + i / 8) * STRIDE + i % 8] = x[min(firstRow + i / 8, rows - 1) * quads + 8 * n + i % 8];
      }
      //# end
      for (var i = within; i < LANES * $OUTS * 4; i += LANES * LANES) {
        let block = (min(firstOut + i / 4, outs - 1) * blocks + n) * BLOCK_STRIDE;
        let part = blockPart(block, i % 4, blockScale(block));
        tileW[(sliceW + i / 4) * STRIDE + i % 4] = part.low;
        tileW[(sliceW + i / 4) * STRIDE + 4 + i % 4] = part.high;
      }
    }
    workgroupBarrier();
    if (n < blocks) {
      //# each q < 8
      {
        //# each o < OUTS
        let w_$o = tileW[(sliceW + $o * LANES + localId.x) * STRIDE + $q];
        //# end
        //# each r < ROWS
        {
          let u = tileX[(sliceX + localId.y * $ROWS + $r) * STRIDE + $q];
          //# each o < OUTS
          sum_$r_$o = multiplyAdd(sum_$r_$o, u, w_$o);
          //# end
        }
        //# end
      }
      //# end
    }
    workgroupBarrier();
  }
  //# end

  //# if ADAPTER
  // + inner b^T, inner [rows, rank] = (x a^T) * gate.
  let ranks = u32(uniforms.bShape.y) / RANKS_AT_ONCE;
  for (var k = localId.z; k < ranks; k += $SLICES) {
    //# each o < OUTS
    let b_$o = b[out_$o * ranks + k];
    //# end
    //# each r < ROWS
    {
      let u = inner[row_$r * ranks + k];
      //# each o < OUTS
      sum_$r_$o += product(u, b_$o);
      //# end
    }
    //# end
  }
  //# end

  //# if SLICED
  let lane = localId.y * LANES + localId.x;
  if (localId.z > 0) {
    //# each r < ROWS
    //# each o < OUTS
    parts[(localId.z - 1) * TILE + ($r * $OUTS + $o) * LANES * LANES + lane] = sum_$r_$o;
    //# end
    //# end
  }
  workgroupBarrier();
  if (localId.z > 0) { return; }
  for (var slice = 0u; slice < $SLICES - 1; slice++) {
    //# each r < ROWS
    //# each o < OUTS
    sum_$r_$o += parts[slice * TILE + ($r * $OUTS + $o) * LANES * LANES + lane];
    //# end
    //# end
  }
  //# end

  //# each r < ROWS
  //# each o < OUTS
  if (row + $r < rows && out + $o * LANES < outs) {
    let at = row_$r * outs + out_$o;
    //# if GATE
    sum_$r_$o *= gate[at];
    //# end
    //# if RESIDUAL
    sum_$r_$o += residual[at];
    //# end
    result[at] = sum_$r_$o;
  }
  //# end
  //# end
}
