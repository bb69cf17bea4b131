// softmax(q k^T / sqrt(headDim)) v over a row's ancestors and itself, with the softmax kept online (Milakov and Gimelshein 2018): one
// workgroup takes one row and one kv head, that is $GROUP query heads which read the same keys and values. These heads lie in the
// components of 4-vectors ($QUADS of them, the last one padded), so that a key or value is read once for all. Keys come in chunks
// of LANES: one key an invocation for the logits, then one output dimension an invocation for the weighted sum. A chunk begins at a key
// that is seen; those in it that are not get weight 0.
//
// tfjs adds qkv [rows, (heads + 2 kvHeads) * headDim], ends [rows], result and uniforms
// (qkvShape, outShape, kvHeads, scale). headDim is $DIM, in $SLICES slices of LANES.

const LANES = 64u;
const DIM = u32($DIM);
const GROUP = u32($GROUP);
const NONE = 0xffffffffu;
// Far below any logit, and far enough from the end of f32 that differences stay finite.
const MASKED = -1.0e30;

//# each q < QUADS
var<workgroup> queries_$q : array<vec4<f32>, DIM>;
var<workgroup> logits_$q : array<vec4<f32>, LANES>;
var<workgroup> weights_$q : array<vec4<f32>, LANES>;
//# end
var<workgroup> firstKey : u32;

fn main() {
  let width = u32(uniforms.qkvShape.y);
  let outWidth = u32(uniforms.outShape.y);
  let row = workgroupId.y;
  let kvHead = workgroupId.x;
  let keyColumn = outWidth + kvHead * DIM;
  let valueColumn = keyColumn + uniforms.kvHeads * DIM;

  for (var i = localIndex; i < DIM; i += LANES) {
    let query = row * width + kvHead * GROUP * DIM + i;
    //# each q < QUADS
    // Padding heads repeat the last one.
    queries_$q[i] = uniforms.scale * vec4<f32>(
      qkv[query + min(4 * $q, GROUP - 1) * DIM],
      qkv[query + min(4 * $q + 1, GROUP - 1) * DIM],
      qkv[query + min(4 * $q + 2, GROUP - 1) * DIM],
      qkv[query + min(4 * $q + 3, GROUP - 1) * DIM]);
    //# end
  }
  //# each q < QUADS
  var highest_$q = vec4<f32>(-3.0e38);
  var total_$q = vec4<f32>(0.0);
  //# each s < SLICES
  var sum_$q_$s = vec4<f32>(0.0);
  //# end
  //# end
  var next = 0u;
  loop {
    if (localIndex == 0) {
      // Subtrees that ended before this row are stepped over.
      while (next <= row && u32(ends[next]) <= row) {
        next = u32(ends[next]);
      }
      firstKey = select(next, NONE, next > row);
    }
    // A loop with barriers needs a bound that the compiler knows to be uniform; the ids that tfjs copies are not.
    let first = workgroupUniformLoad(&firstKey);
    if (first == NONE) {
      break;
    }
    next = first + LANES;
    let count = min(LANES, row + 1 - first);
    if (localIndex < count) {
      let key = (first + localIndex) * width + keyColumn;
      let isSeen = u32(ends[first + localIndex]) > row;
      //# each q < QUADS
      var logit_$q = vec4<f32>(0.0);
      //# end
      for (var i = 0u; i < DIM; i++) {
        let k = qkv[key + i];
        //# each q < QUADS
        logit_$q += queries_$q[i] * k;
        //# end
      }
      //# each q < QUADS
      logits_$q[localIndex] = select(vec4<f32>(MASKED), logit_$q, isSeen);
      //# end
    }
    workgroupBarrier();

    // Every invocation finds the chunk's maximum for itself; one exp a key and head follows.
    //# each q < QUADS
    var peak_$q = highest_$q;
    for (var n = 0u; n < count; n++) {
      peak_$q = max(peak_$q, logits_$q[n]);
    }
    if (localIndex < count) {
      weights_$q[localIndex] = exp(logits_$q[localIndex] - peak_$q);
    }
    let shrink_$q = exp(highest_$q - peak_$q);
    total_$q *= shrink_$q;
    //# each s < SLICES
    sum_$q_$s *= shrink_$q;
    //# end
    highest_$q = peak_$q;
    //# end
    workgroupBarrier();

    for (var n = 0u; n < count; n++) {
      let value = (first + n) * width + valueColumn;
      //# each s < SLICES
      let v_$s = qkv[value + min($s * LANES + localIndex, DIM - 1)];
      //# end
      //# each q < QUADS
      let weight_$q = weights_$q[n];
      total_$q += weight_$q;
      //# each s < SLICES
      sum_$q_$s += weight_$q * v_$s;
      //# end
      //# end
    }
    // The next chunk writes its logits while others still read these weights; its weights come after a barrier. That is one less.
  }

  let out = row * outWidth + kvHead * GROUP * DIM + localIndex;
  //# each q < QUADS
  //# each s < SLICES
  if ($s * LANES + localIndex < DIM) {
    let mean = sum_$q_$s / total_$q;
    //# each c < 4
    if (4 * $q + $c < GROUP) {
      result[out + (4 * $q + $c) * DIM + $s * LANES] = mean[$c];
    }
    //# end
  }
  //# end
  //# end
}
