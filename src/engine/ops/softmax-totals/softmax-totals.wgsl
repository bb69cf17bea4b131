// result = largest value of the row, sum(exp(x - largest)), one workgroup a row: LANES invocations stride over the row twice.
// tfjs adds x, result and uniforms (xShape).

const LANES = u32($LANES);

var<workgroup> shares : array<vec4<f32>, LANES / 4>;

fn main() {
  let width = u32(uniforms.xShape.y);
  let start = workgroupId.y * width;

  // A lane beyond a short row looks at its first value again.
  var most = x[start];
  for (var i = localIndex; i < width; i += LANES) {
    most = max(most, x[start + i]);
  }
  shares[localIndex / 4][localIndex % 4] = most;
  workgroupBarrier();
  // Every invocation goes through the same few numbers: cheaper than log2(LANES) more barriers.
  var tops = shares[0];
  for (var quad = 1u; quad < LANES / 4; quad++) {
    tops = max(tops, shares[quad]);
  }
  let largest = max(max(tops.x, tops.y), max(tops.z, tops.w));
  workgroupBarrier();

  var sum = 0.0;
  for (var i = localIndex; i < width; i += LANES) {
    sum += exp(x[start + i] - largest);
  }
  shares[localIndex / 4][localIndex % 4] = sum;
  workgroupBarrier();
  if (localIndex > 0) { return; }
  var total = vec4<f32>(0.0);
  for (var quad = 0u; quad < LANES / 4; quad++) {
    total += shares[quad];
  }
  result[2 * workgroupId.y] = largest;
  result[2 * workgroupId.y + 1] = dot(total, vec4<f32>(1.0));
}
