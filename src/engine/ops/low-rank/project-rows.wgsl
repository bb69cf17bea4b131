// y = x / sqrt(mean(x^2) + epsilon) * gain, or silu(gate) * up, or x itself, and inner = (y a^T) * gate from the same reading of the
// row: one workgroup a row, whose invocations stride over it in quads and keep all $RANKS sums. For GPUs.
//
// tfjs adds the inputs, `result` and `inner` in quads of the row and of the ranks, and uniforms (aShape, epsilon).

const LANES = u32($LANES);
const QUARTER = LANES / 4u;

// The ranks' sums, and with NORM the sum of squares.
var<workgroup> sums : array<f32, LANES * $VALUES>;
var<workgroup> quarters : array<vec4<f32>, $VALUES>;

fn main() {
  let quads = u32(uniforms.aShape.y) / 4;
  let row = workgroupId.y;
  //# each k < RANKS
  var sum_$k = 0.0;
  //# end
  //# if NORM
  var squares = 0.0;
  //# end
  for (var q = localIndex; q < quads; q += LANES) {
    //# if NORM
    let raw = x[row * quads + q];
    squares += dot(raw, raw);
    let y = raw * gain[q];
    //# end
    //# if SWIGLU
    let g = x[2 * row * quads + q];
    // exp(-g) overflows below -88, where silu is 0 in f32; WGSL leaves the quotient by infinity open.
    let y = g / (1.0 + exp(min(-g, vec4<f32>(87.0)))) * x[(2 * row + 1) * quads + q];
    result[row * quads + q] = y;
    //# end
    //# if PLAIN
    let y = x[row * quads + q];
    //# end
    //# each k < RANKS
    sum_$k += dot(y, a[$k * quads + q]);
    //# end
  }
  //# each k < RANKS
  sums[$k * LANES + localIndex] = sum_$k;
  //# end
  //# if NORM
  sums[$RANKS * LANES + localIndex] = squares;
  //# end
  workgroupBarrier();
  for (var i = localIndex; i < 4 * $VALUES; i += LANES) {
    // Neighbours begin at other places, or they would all read from the same few banks.
    var part = 0.0;
    for (var n = 0u; n < QUARTER; n++) {
      part += sums[i * QUARTER + (n + i) % QUARTER];
    }
    quarters[i / 4][i % 4] = part;
  }
  workgroupBarrier();
  var scale = 1.0;
  //# if NORM
  scale = 1.0 / sqrt(dot(quarters[$RANKS], vec4<f32>(1.0)) / f32(4 * quads) + uniforms.epsilon);
  for (var q = localIndex; q < quads; q += LANES) {
    result[row * quads + q] = x[row * quads + q] * scale * gain[q];
  }
  //# end
  if (localIndex < $RANKS) {
    let at = row * $RANKS + localIndex;
    inner[at] = dot(quarters[localIndex], vec4<f32>(1.0)) * scale * gate[at];
  }
}
