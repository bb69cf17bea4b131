// result = x / sqrt(mean(x^2) + epsilon) * gain, one workgroup a row: LANES invocations stride over the row twice.
// tfjs adds x, gain, result and uniforms (xShape, epsilon).

const LANES = 64u;

var<workgroup> squares : array<f32, LANES>;

fn main() {
  let width = u32(uniforms.xShape.y);
  let start = workgroupId.y * width;

  var sum = 0.0;
  for (var i = localIndex; i < width; i += LANES) {
    let value = x[start + i];
    sum += value * value;
  }
  squares[localIndex] = sum;
  workgroupBarrier();
  // Every invocation adds up the same few numbers: cheaper than log2(LANES) more barriers.
  var total = 0.0;
  for (var lane = 0u; lane < LANES; lane++) {
    total += squares[lane];
  }
  let scale = 1.0 / sqrt(total / f32(width) + uniforms.epsilon);

  for (var i = localIndex; i < width; i += LANES) {
    result[start + i] = x[start + i] * scale * gain[i];
  }
}
