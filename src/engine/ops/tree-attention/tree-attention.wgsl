// softmax(q k^T / sqrt(headDim)) v over the keys of two spans, with the softmax kept online (Milakov and Gimelshein 2018): one
// workgroup takes one row and one kv head, that is $GROUP query heads which read the same keys and values. These heads lie in the
// components of 4-vectors ($QUADS of them, the last one padded), so that a key or value is read once for all. Keys come in chunks
// of LANES: one key an invocation for the logits, then one output dimension an invocation for the weighted sum.
//
// tfjs adds qkv [rows, (heads + 2 kvHeads) * headDim], spans [rows, 3] = (prefixStart, prefixEnd, ownStart), result and uniforms
// (qkvShape, outShape, kvHeads, scale). headDim is $DIM, in $SLICES slices of LANES.

const LANES = 64u;
const DIM = u32($DIM);
const GROUP = u32($GROUP);

//# each q < QUADS
var<workgroup> queries_$q : array<vec4<f32>, DIM>;
var<workgroup> logits_$q : array<vec4<f32>, LANES>;
var<workgroup> weights_$q : array<vec4<f32>, LANES>;
//# end
var<workgroup> keyCount : u32;

fn main() {
  let width = u32(uniforms.qkvShape.y);
  let outWidth = u32(uniforms.outShape.y);
  let row = workgroupId.y;
  let kvHead = workgroupId.x;
  let keyColumn = outWidth + kvHead * DIM;
  let valueColumn = keyColumn + uniforms.kvHeads * DIM;
  let prefixStart = u32(spans[3 * row]);
  let prefixLength = u32(spans[3 * row + 1]) - prefixStart;
  let ownStart = u32(spans[3 * row + 2]);
  if (localIndex == 0) {
    keyCount = prefixLength + row + 1 - ownStart;
  }

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
  // A loop with barriers needs a bound that the compiler knows to be uniform; the ids that tfjs copies are not.
  let keys = workgroupUniformLoad(&keyCount);

  for (var first = 0u; first < keys; first += LANES) {
    let count = min(LANES, keys - first);
    if (localIndex < count) {
      let key = keyRow(first + localIndex, prefixStart, prefixLength, ownStart) * width + keyColumn;
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
      logits_$q[localIndex] = logit_$q;
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
      let value = keyRow(first + n, prefixStart, prefixLength, ownStart) * width + valueColumn;
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

// The row of the n-th key that is seen: first the prefix span, then the row's own.
fn keyRow(n : u32, prefixStart : u32, prefixLength : u32, ownStart : u32) -> u32 {
  return select(ownStart + n - prefixLength, prefixStart + n, n < prefixLength);
}
