// result = x / sqrt(mean(x^2) + epsilon) * gain, one workgroup a row: LANES invocations stride over the row twice.
// tfjs adds x, gain, result and uniforms (xShape, epsilon).

const LANES = u32($LANES);

var<workgroup> squares : array<vec4<f32>, LANES / 4>;

fn main() {
  let width = u32(uniforms.xShape.y);
  let start = workgroupId.y * width;

  var sum = 0.0;
  for (var i = localIndex; i < width; i += LANES) {
    let value = x[start + i];
    sum += value * value;
  }
  squares[localIndex / 4][localIndex % 4] = sum;
  workgroupBarrier();
  // Every invocation adds up the same few numbers: cheaper than log2(LANES) more barriers.
  var total = vec4<f32>(0.0);
  for (var quad = 0u; quad < LANES / 4; quad++) {
    total += squares[quad];
  }
  let scale = 1.0 / sqrt(dot(total, vec4<f32>(1.0)) / f32(width) + uniforms.epsilon);

  for (var i = localIndex; i < width; i += LANES) {
    result[start + i] = x[start + i] * scale * gain[i];
  }
}
