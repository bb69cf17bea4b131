// A Q8_0 block: 32 inputs in 9 words. Word 0 holds the bits of f32 d, words 1 to 8 four int8 q each, first input in the low byte;
// w = d q.

const BLOCK_STRIDE = 9u;

fn blockScale(block : u32) -> vec2<f32> {
  return vec2<f32>(bitcast<f32>(weight[block]), 0.0);
}

fn signedBytes(word : i32) -> vec4<f32> {
  return vec4<f32>((vec4<i32>(word) << vec4<u32>(24u, 16u, 8u, 0u)) >> vec4<u32>(24u));
}

// Inputs 4 part .. 4 part + 3 of the block, then inputs 16 + 4 part .. 16 + 4 part + 3.
fn blockPart(block : u32, part : u32, scale : vec2<f32>) -> Part {
  return Part(
    scale.x * signedBytes(weight[block + 1u + part]),
    scale.x * signedBytes(weight[block + 5u + part]));
}
