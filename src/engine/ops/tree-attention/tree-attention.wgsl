// softmax(q k^T / sqrt(headDim)) v over the keys of two spans, with the softmax kept online (Milakov and Gimelshein 2018): one
// workgroup takes one row and one kv head, that is $GROUP query heads which read the same keys and values. Keys come in chunks of
// LANES: one key an invocation for the logits, then one output dimension an invocation for the weighted sum.
//
// tfjs adds qkv [rows, (heads + 2 kvHeads) * headDim], spans [rows, 3] = (prefixStart, prefixEnd, ownStart), result and uniforms
// (qkvShape, outShape, kvHeads, scale). headDim is $DIM, in $SLICES slices of LANES.

const LANES = 64u;
const DIM = u32($DIM);
const GROUP = u32($GROUP);

var<workgroup> queries : array<f32, GROUP * DIM>;
var<workgroup> logits : array<f32, GROUP * LANES>;
var<workgroup> weights : array<f32, GROUP * LANES>;
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

  for (var i = localIndex; i < GROUP * DIM; i += LANES) {
    queries[i] = qkv[row * width + kvHead * GROUP * DIM + i] * uniforms.scale;
  }
  //# each h < GROUP
  var highest_$h = -3.0e38;
  var total_$h = 0.0;
  //# each s < SLICES
  var sum_$h_$s = 0.0;
  //# end
  //# end
  // A loop with barriers needs a bound that the compiler knows to be uniform; the ids that tfjs copies are not.
  let keys = workgroupUniformLoad(&keyCount);

  for (var first = 0u; first < keys; first += LANES) {
    let count = min(LANES, keys - first);
    if (localIndex < count) {
      let n = first + localIndex;
      let key = keyRow(n, prefixStart, prefixLength, ownStart) * width + keyColumn;
      //# each h < GROUP
      var logit_$h = 0.0;
      //# end
      for (var i = 0u; i < DIM; i++) {
        let k = qkv[key + i];
        //# each h < GROUP
        logit_$h += queries[$h * DIM + i] * k;
        //# end
      }
      //# each h < GROUP
      logits[$h * LANES + localIndex] = logit_$h;
      //# end
    }
    workgroupBarrier();

    // Every invocation finds the chunk's maximum for itself; one exp a key and head follows.
    //# each h < GROUP
    var peak_$h = highest_$h;
    for (var n = 0u; n < count; n++) {
      peak_$h = max(peak_$h, logits[$h * LANES + n]);
    }
    if (localIndex < count) {
      weights[$h * LANES + localIndex] = exp(logits[$h * LANES + localIndex] - peak_$h);
    }
    let shrink_$h = exp(highest_$h - peak_$h);
    total_$h *= shrink_$h;
    //# each s < SLICES
    sum_$h_$s *= shrink_$h;
    //# end
    highest_$h = peak_$h;
    //# end
    workgroupBarrier();

    for (var n = 0u; n < count; n++) {
      let value = keyRow(first + n, prefixStart, prefixLength, ownStart) * width + valueColumn;
      //# each s < SLICES
      let v_$s = qkv[value + min($s * LANES + localIndex, DIM - 1)];
      //# end
      //# each h < GROUP
      let weight_$h = weights[$h * LANES + n];
      total_$h += weight_$h;
      //# each s < SLICES
      sum_$h_$s += weight_$h * v_$s;
      //# end
      //# end
    }
    // The next chunk's logits may be written while a slow invocation still reads these weights, not these logits: one barrier less.
  }

  //# each h < GROUP
  //# each s < SLICES
  if ($s * LANES + localIndex < DIM) {
    result[row * outWidth + (kvHead * GROUP + $h) * DIM + $s * LANES + localIndex] = sum_$h_$s / total_$h;
  }
  //# end
  //# end
}

// The row of the n-th key that is seen: first the prefix span, then the row's own.
fn keyRow(n : u32, prefixStart : u32, prefixLength : u32, ownStart : u32) -> u32 {
  return select(ownStart + n - prefixLength, prefixStart + n, n < prefixLength);
}
