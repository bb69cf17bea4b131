// softmax(q k^T / sqrt(headDim)) v over a row's ancestors and itself, for software adapters, where a read costs as much as dozens of
// products and a barrier stops everything: an invocation keeps $ROWS neighbouring rows by $HEADS heads of one kv head, queries and
// sums, in registers and takes every LANES-th key, so that a key or value is read once for all of them. Each keeps its own online
// softmax (Milakov and Gimelshein 2018); LANES of them are merged at the end. A workgroup is as wide as such an adapter's vectors.
//
// tfjs adds qkv [rows, (heads + 2 kvHeads) * headDim], ends [rows], result and uniforms (qkvShape, outShape, kvHeads, scale).
// headDim is $DIM, $QUADS 4-vectors; $GROUP heads share a kv head, in $CHUNKS chunks of $HEADS.

const LANES = 4u;
// Far below any logit, and far enough from the end of f32 that differences stay finite.
const MASKED = -1.0e30;
const QUERIES = $ROWS * $HEADS;

var<workgroup> sums : array<vec4<f32>, LANES * QUERIES * $QUADS>;
var<workgroup> highests : array<f32, LANES * QUERIES>;
var<workgroup> totals : array<f32, LANES * QUERIES>;

// Four values of qkv from `start` + 4 `quad` on; beyond the head's last dimension 0.
fn readQuad(start : u32, quad : u32) -> vec4<f32> {
  //# if ALIGNED
  return qkv[start / 4 + quad];
  //# end
  //# if RAGGED
  var found = vec4<f32>(0.0);
  for (var i = 0u; i < 4 && 4 * quad + i < $DIM; i++) {
    found[i] = qkv[start + 4 * quad + i];
  }
  return found;
  //# end
}

fn main() {
  let rows = u32(uniforms.qkvShape.x);
  let width = u32(uniforms.qkvShape.y);
  let outWidth = u32(uniforms.outShape.y);
  let kvHead = workgroupId.x / $CHUNKS;
  let firstOfGroup = workgroupId.x % $CHUNKS * $HEADS;
  let keyColumn = outWidth + kvHead * $DIM;
  let valueColumn = keyColumn + uniforms.kvHeads * $DIM;
  let firstRow = workgroupId.y * $ROWS;
  let lastRow = min(firstRow + $ROWS, rows) - 1;

  //# each r < ROWS
  let row_$r = min(firstRow + $r, lastRow);
  //# each h < HEADS
  let query_$r_$h = row_$r * width + (kvHead * $GROUP + min(firstOfGroup + $h, $GROUP - 1)) * $DIM;
  //# each u < QUADS
  let q_$r_$h_$u = uniforms.scale * readQuad(query_$r_$h, $u);
  var sum_$r_$h_$u = vec4<f32>(0.0);
  //# end
  var highest_$r_$h = -3.0e38;
  var total_$r_$h = 0.0;
  //# end
  //# end

  var next = 0u;
  loop {
    // Subtrees that ended before these rows are stepped over.
    while (next <= lastRow && u32(ends[next]) <= firstRow) {
      next = u32(ends[next]);
    }
    if (next > lastRow) {
      break;
    }
    let key = next + localIndex;
    next += LANES;
    let at = min(key, rows - 1);
    let end = u32(ends[at]);
    let keyStart = at * width + keyColumn;
    //# each u < QUADS
    let k_$u = readQuad(keyStart, $u);
    //# end
    //# each r < ROWS
    let isSeen_$r = key <= row_$r && end > row_$r;
    //# each h < HEADS
    var logit_$r_$h = 0.0;
    //# each u < QUADS
    logit_$r_$h += dot(q_$r_$h_$u, k_$u);
    //# end
    let seen_$r_$h = select(MASKED, logit_$r_$h, isSeen_$r);
    let peak_$r_$h = max(highest_$r_$h, seen_$r_$h);
    let shrink_$r_$h = exp(highest_$r_$h - peak_$r_$h);
    let weight_$r_$h = exp(seen_$r_$h - peak_$r_$h);
    total_$r_$h = total_$r_$h * shrink_$r_$h + weight_$r_$h;
    highest_$r_$h = peak_$r_$h;
    //# end
    //# end
    let valueStart = at * width + valueColumn;
    //# each u < QUADS
    {
      let v = readQuad(valueStart, $u);
      //# each r < ROWS
      //# each h < HEADS
      sum_$r_$h_$u = sum_$r_$h_$u * shrink_$r_$h + weight_$r_$h * v;
      //# end
      //# end
    }
    //# end
  }

  //# each r < ROWS
  //# each h < HEADS
  highests[($r * $HEADS + $h) * LANES + localIndex] = highest_$r_$h;
  totals[($r * $HEADS + $h) * LANES + localIndex] = total_$r_$h;
  //# each u < QUADS
  sums[(($r * $HEADS + $h) * $QUADS + $u) * LANES + localIndex] = sum_$r_$h_$u;
  //# end
  //# end
  //# end
  workgroupBarrier();

  for (var i = localIndex; i < QUERIES * $QUADS; i += LANES) {
    let query = i / $QUADS;
    let row = firstRow + query / $HEADS;
    let head = firstOfGroup + query % $HEADS;
    if (row > lastRow || head >= $GROUP) { continue; }
    var peak = highests[query * LANES];
    for (var lane = 1u; lane < LANES; lane++) {
      peak = max(peak, highests[query * LANES + lane]);
    }
    var total = 0.0;
    var sum = vec4<f32>(0.0);
    for (var lane = 0u; lane < LANES; lane++) {
      let share = exp(highests[query * LANES + lane] - peak);
      total += share * totals[query * LANES + lane];
      sum += share * sums[i * LANES + lane];
    }
    let mean = sum / total;
    let dimension = 4 * (i % $QUADS);
    let out = row * outWidth + (kvHead * $GROUP + head) * $DIM + dimension;
    //# each c < 4
    if (dimension + $c < $DIM) {
      result[out + $c] = mean[$c];
    }
    //# end
  }
}
