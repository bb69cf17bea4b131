// softmax(q k^T / sqrt(headDim)) v over a row's ancestors and itself, for GPUs: one workgroup takes $QUERIES queries, that is $ROWS
// neighbouring rows by $HEADS heads which read the same keys and values. Keys and values come in chunks of $KEYS through workgroup
// memory, each read once for all queries, and the softmax is kept online (Milakov and Gimelshein 2018). $PARTS invocations share a
// query: each takes every $PARTS-th key of a chunk for the logits and every $PARTS-th quad of the output for the weighted sum. A
// chunk begins at a key that one of the rows sees; where a row does not see a key, its weight is 0.
//
// tfjs adds qkv [rows, (heads + 2 kvHeads) * headDim], ends [rows], result and uniforms (qkvShape, outShape, kvHeads, scale).
// headDim is $DIM, $QUADS 4-vectors; $GROUP heads share a kv head, in $CHUNKS chunks of $HEADS.

const THREADS = $QUERIES * $PARTS;
const NONE = 0xffffffffu;
// Far below any logit, and far enough from the end of f32 that differences stay finite.
const MASKED = -1.0e30;
// One more than there are quads: neighbouring rows then lie in different banks.
const STRIDE = $QUADS + 1u;
const WEIGHT_STRIDE = $KEYS + 1u;

var<workgroup> queries : array<vec4<f32>, $QUERIES * STRIDE>;
var<workgroup> keys : array<vec4<f32>, $KEYS * STRIDE>;
var<workgroup> values : array<vec4<f32>, $KEYS * STRIDE>;
var<workgroup> logits : array<f32, $QUERIES * WEIGHT_STRIDE>;
var<workgroup> firstKey : u32;

// Four values of qkv from `column` + 4 `quad` on; beyond the head's last dimension 0.
fn readQuad(row : u32, column : u32, quad : u32) -> vec4<f32> {
  let start = row * u32(uniforms.qkvShape.y) + column;
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
  let outWidth = u32(uniforms.outShape.y);
  let kvHead = workgroupId.x / $CHUNKS;
  let firstOfGroup = workgroupId.x % $CHUNKS * $HEADS;
  let keyColumn = outWidth + kvHead * $DIM;
  let valueColumn = keyColumn + uniforms.kvHeads * $DIM;
  let firstRow = workgroupId.y * $ROWS;
  let lastRow = min(firstRow + $ROWS, rows) - 1;
  let query = localIndex / $PARTS;
  let part = localIndex % $PARTS;
  // Queries past the end repeat the last valid one and are not stored.
  let row = min(firstRow + query / $HEADS, lastRow);

  for (var i = localIndex; i < $QUERIES * $QUADS; i += THREADS) {
    let q = i / $QUADS;
    let head = kvHead * $GROUP + min(firstOfGroup + q % $HEADS, $GROUP - 1);
    queries[q * STRIDE + i % $QUADS] =
      uniforms.scale * readQuad(min(firstRow + q / $HEADS, lastRow), head * $DIM, i % $QUADS);
  }
  var highest = -3.0e38;
  var total = 0.0;
  //# each u < SHARE
  var sum_$u = vec4<f32>(0.0);
  //# end

  var next = 0u;
  loop {
    if (localIndex == 0) {
      // Subtrees that ended before these rows are stepped over.
      while (next <= lastRow && u32(ends[next]) <= firstRow) {
        next = u32(ends[next]);
      }
      firstKey = select(next, NONE, next > lastRow);
    }
    // Waits for all: the chunk before is used up. And a loop with barriers needs a bound that the compiler knows to be uniform.
    let first = workgroupUniformLoad(&firstKey);
    if (first == NONE) {
      break;
    }
    next = first + $KEYS;

    for (var i = localIndex; i < $KEYS * $QUADS; i += THREADS) {
      let key = min(first + i / $QUADS, rows - 1);
      keys[i / $QUADS * STRIDE + i % $QUADS] = readQuad(key, keyColumn, i % $QUADS);
      values[i / $QUADS * STRIDE + i % $QUADS] = readQuad(key, valueColumn, i % $QUADS);
    }
    workgroupBarrier();

    //# each k < SHAREDKEYS
    var logit_$k = 0.0;
    //# end
    for (var d = 0u; d < $QUADS; d++) {
      let q = queries[query * STRIDE + d];
      //# each k < SHAREDKEYS
      logit_$k += dot(q, keys[($k * $PARTS + part) * STRIDE + d]);
      //# end
    }
    //# each k < SHAREDKEYS
    {
      let key = first + $k * $PARTS + part;
      let isSeen = key <= row && u32(ends[min(key, rows - 1)]) > row;
      logits[query * WEIGHT_STRIDE + $k * $PARTS + part] = select(MASKED, logit_$k, isSeen);
    }
    //# end
    workgroupBarrier();

    var peak = highest;
    for (var n = 0u; n < $KEYS; n++) {
      peak = max(peak, logits[query * WEIGHT_STRIDE + n]);
    }
    let shrink = exp(highest - peak);
    total *= shrink;
    //# each u < SHARE
    sum_$u *= shrink;
    //# end
    highest = peak;
    for (var n = 0u; n < $KEYS; n++) {
      let weight = exp(logits[query * WEIGHT_STRIDE + n] - peak);
      total += weight;
      //# each u < SHARE
      sum_$u += weight * values[n * STRIDE + min($u * $PARTS + part, $QUADS - 1)];
      //# end
    }
  }

  let head = firstOfGroup + query % $HEADS;
  if (query >= $ROWS * $HEADS || firstRow + query / $HEADS > lastRow || head >= $GROUP) { return; }
  let out = row * outWidth + (kvHead * $GROUP + head) * $DIM;
  //# each u < SHARE
  {
    let dimension = 4 * ($u * $PARTS + part);
    let mean = sum_$u / total;
    //# each c < 4
    if (dimension + $c < $DIM) {
      result[out + dimension + $c] = mean[$c];
    }
    //# end
  }
  //# end
}
