// Rotates the pairs (2i, 2i + 1) of queries and keys by the row's angle i and copies the values; one invocation a pair.
// tfjs adds qkv, result, cosine and sine [rows, headDim / 2] and uniforms (qkvShape, cosineShape, rotated).

const LANES = 64u;

fn main() {
  let width = u32(uniforms.qkvShape.y);
  let pairs = u32(uniforms.cosineShape.y);
  let row = workgroupId.y;
  let pair = workgroupId.x * LANES + localIndex;
  if (2 * pair >= width) { return; }

  let at = row * width + 2 * pair;
  let even = qkv[at];
  let odd = qkv[at + 1];
  // Queries and keys fill the first `rotated` columns.
  if (2 * pair >= uniforms.rotated) {
    result[at] = even;
    result[at + 1] = odd;
    return;
  }
  let c = cosine[row * pairs + pair % pairs];
  let s = sine[row * pairs + pair % pairs];
  result[at] = even * c - odd * s;
  result[at + 1] = even * s + odd * c;
}
