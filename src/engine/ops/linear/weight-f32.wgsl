// Plain floats, read as 4-vectors in "blocks" of 32 inputs so that the product is written once.

const BLOCK_STRIDE = 8u;

fn blockScale(block : u32) -> vec2<f32> {
  return vec2<f32>(1.0, 0.0);
}

// Inputs 4 part .. 4 part + 3 of the block, then inputs 16 + 4 part .. 16 + 4 part + 3.
fn blockPart(block : u32, part : u32, scale : vec2<f32>) -> Part {
  return Part(weight[block + part], weight[block + 4u + part]);
}
