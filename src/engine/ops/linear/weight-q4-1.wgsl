// A Q4_1 block: 32 inputs in 5 words. Word 0 holds f16 d (low half) and f16 m; w = d q + m. The low nibbles of words 1 to 4 are
// inputs 0 to 15, the high nibbles inputs 16 to 31.

const BLOCK_STRIDE = 5u;

fn blockScale(block : u32) -> vec2<f32> {
  return unpack2x16float(bitcast<u32>(weight[block]));
}

// Inputs 4 part .. 4 part + 3 of the block, then inputs 16 + 4 part .. 16 + 4 part + 3.
fn blockPart(block : u32, part : u32, scale : vec2<f32>) -> Part {
  let word = bitcast<u32>(weight[block + 1u + part]);
  let low = (vec4<u32>(word) >> vec4<u32>(0u, 8u, 16u, 24u)) & vec4<u32>(15u);
  let high = (vec4<u32>(word) >> vec4<u32>(4u, 12u, 20u, 28u)) & vec4<u32>(15u);
  return Part(
    fma(vec4<f32>(scale.x), vec4<f32>(low), vec4<f32>(scale.y)),
    fma(vec4<f32>(scale.x), vec4<f32>(high), vec4<f32>(scale.y)));
}
