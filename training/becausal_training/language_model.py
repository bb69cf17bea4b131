"""The base language model in PyTorch on exactly the values its GGUF holds, with an instance-wise LoRA in every linear layer.

The frozen weights are buffers, the low-rank factors are parameters. The residual stream is float32; matrix products run in
the dtype of the frozen weights.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from becausal_training.gguf import Gguf
from becausal_training.quantise import dequantise


@dataclass(frozen=True)
class Shape:
    """Hyper-parameters of a Llama-architecture model."""

    layers: int
    width: int
    ffn: int
    heads: int
    kv_heads: int
    rope_base: float
    epsilon: float

    @property
    def head_width(self) -> int:
        """Width of one attention head."""
        return self.width // self.heads

    @classmethod
    def of(cls, file: Gguf) -> "Shape":
        """Reads the hyper-parameters of a GGUF file."""
        return cls(
            layers=int(file.number("llama.block_count")),
            width=int(file.number("llama.embedding_length")),
            ffn=int(file.number("llama.feed_forward_length")),
            heads=int(file.number("llama.attention.head_count")),
            kv_heads=int(file.number("llama.attention.head_count_kv")),
            rope_base=float(file.number("llama.rope.freq_base")),
            epsilon=float(file.number("llama.attention.layer_norm_rms_epsilon")),
        )


def rms_norm(x: Tensor, gain: Tensor, epsilon: float) -> Tensor:
    """x / sqrt(mean(x^2) + epsilon) * gain over the last axis, in float32 at least."""
    x = x.to(torch.promote_types(x.dtype, torch.float32))
    return x * torch.rsqrt(x.square().mean(-1, keepdim=True) + epsilon) * gain


def rotary_angles(position: Tensor, shape: Shape) -> tuple[Tensor, Tensor]:
    """Returns cosine and sine `[prompts, 1, length, head_width / 2]` of the rotary position embedding, in float64."""
    exponent = torch.arange(0, shape.head_width, 2, device=position.device, dtype=torch.float64) / shape.head_width
    angle = position.double()[:, None, :, None] * shape.rope_base**-exponent
    return angle.cos(), angle.sin()


def rotate(x: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:
    """Rotates the interleaved pairs (2i, 2i + 1) of `x` `[prompts, heads, length, head_width]`."""
    even, odd = x[..., 0::2], x[..., 1::2]
    return torch.stack([even * cosine - odd * sine, even * sine + odd * cosine], -1).flatten(-2)


class LowRank(nn.Module):
    """Instance-wise LoRA: B (gate * A x), gate `[prompts, 1, rank]` (Kong et al. 2024, arXiv 2408.10159)."""

    def __init__(self, inputs: int, outputs: int, rank: int) -> None:
        """Starts as zero: A is random, B is zero."""
        super().__init__()
        self.dropout = 0.0
        """Share of the inputs of A that are dropped while training; the frozen weight always sees all."""
        self.lora_a = nn.Parameter(torch.randn(rank, inputs) / inputs**0.5)
        self.lora_b = nn.Parameter(torch.zeros(outputs, rank))

    def forward(self, x: Tensor, gate: Tensor) -> Tensor:
        """Returns the low-rank update for `x` `[prompts, length, inputs]`."""
        if self.dropout and self.training:
            x = F.dropout(x, self.dropout)
        u = F.linear(x, self.lora_a.to(x.dtype)) * gate.to(x.dtype)
        return F.linear(u, self.lora_b.to(x.dtype))


class Block(nn.Module):
    """One layer: attention and SwiGLU, each behind an RMS norm and added to the residual."""

    attn_norm: Tensor
    ffn_norm: Tensor
    w_qkv: Tensor
    w_output: Tensor
    w_gate_up: Tensor
    w_down: Tensor

    def __init__(self, shape: Shape, weights: dict[str, Tensor], rank: int, dtype: torch.dtype) -> None:
        """Takes the layer's weights by their GGUF name without prefix and suffix."""
        super().__init__()
        self.shape = shape
        stacked = {
            "w_qkv": torch.cat([weights["attn_q"], weights["attn_k"], weights["attn_v"]]),
            "w_output": weights["attn_output"],
            "w_gate_up": torch.cat([weights["ffn_gate"], weights["ffn_up"]]),
            "w_down": weights["ffn_down"],
        }
        for name, weight in stacked.items():
            self.register_buffer(name, weight.to(dtype), persistent=False)
        for name in ("attn_norm", "ffn_norm"):
            self.register_buffer(name, weights[name].float(), persistent=False)
        self.attn_qkv = LowRank(shape.width, len(stacked["w_qkv"]), rank)
        self.attn_output = LowRank(shape.width, shape.width, rank)
        self.ffn_gate_up = LowRank(shape.width, 2 * shape.ffn, rank)
        self.ffn_down = LowRank(shape.ffn, shape.width, rank)

    def forward(
        self, x: Tensor, cosine: Tensor, sine: Tensor, mask: Tensor, gate: Tensor, kept: Tensor | None = None
    ) -> Tensor:
        """Returns the residual `[prompts, length, width]` after this layer; `mask` is `[prompts, 1, length, length]`.

        With `kept` `[prompts, n]` it returns the residual at those places only, `[prompts, n, width]`.
        """
        s, dtype = self.shape, self.w_qkv.dtype
        prompts, length, _ = x.shape
        h = rms_norm(x, self.attn_norm, s.epsilon).to(dtype)
        qkv = F.linear(h, self.w_qkv) + self.attn_qkv(h, gate)
        q, k, v = qkv.split([s.width, s.kv_heads * s.head_width, s.kv_heads * s.head_width], -1)
        q = rotate(q.view(prompts, length, s.heads, s.head_width).transpose(1, 2), cosine, sine).to(dtype)
        k = rotate(k.view(prompts, length, s.kv_heads, s.head_width).transpose(1, 2), cosine, sine).to(dtype)
        v = v.view(prompts, length, s.kv_heads, s.head_width).transpose(1, 2)
        k = k.repeat_interleave(s.heads // s.kv_heads, 1)
        v = v.repeat_interleave(s.heads // s.kv_heads, 1)
        if kept is not None:
            at, length = kept[:, None, :, None], kept.shape[1]
            q = q.gather(2, at.expand(-1, s.heads, -1, s.head_width))
            mask = mask.gather(2, at.expand(-1, -1, -1, mask.shape[-1]))
            x = x.gather(1, kept[..., None].expand(-1, -1, s.width))
        a = F.scaled_dot_product_attention(q, k, v, attn_mask=mask).transpose(1, 2).reshape(prompts, length, s.width)
        x = x + (F.linear(a, self.w_output) + self.attn_output(a, gate)).to(x.dtype)
        h = rms_norm(x, self.ffn_norm, s.epsilon).to(dtype)
        gate_branch, up = (F.linear(h, self.w_gate_up) + self.ffn_gate_up(h, gate)).chunk(2, -1)
        h = F.silu(gate_branch) * up
        return x + (F.linear(h, self.w_down) + self.ffn_down(h, gate)).to(x.dtype)


class LanguageModel(nn.Module):
    """Embedding, blocks and output norm of a GGUF file."""

    embedding: Tensor
    output_norm: Tensor

    def __init__(self, file: Gguf, rank: int, dtype: torch.dtype = torch.float32) -> None:
        """Dequantises every weight of `file`; `dtype` is that of the matrix products."""
        super().__init__()
        self.shape = Shape.of(file)
        self.rank = rank
        self.register_buffer("embedding", _tensor(file, "token_embd.weight"), persistent=False)
        self.register_buffer("output_norm", _tensor(file, "output_norm.weight"), persistent=False)
        self.blocks = nn.ModuleList(
            Block(self.shape, _layer_weights(file, layer), rank, dtype) for layer in range(self.shape.layers)
        )

    def forward(self, x: Tensor, position: Tensor, mask: Tensor, gate: Tensor, kept: Tensor | None = None) -> Tensor:
        """Returns the last residual for input embeddings `x` `[prompts, length, width]`; `gate` is `[prompts, rank]`.

        With `kept` `[prompts, n]` the last block computes those places only and the result is `[prompts, n, width]`.
        """
        return self.residuals(x, position, mask, gate, kept)[-1]

    def residuals(self, x: Tensor, position: Tensor, mask: Tensor, gate: Tensor, kept: Tensor | None = None) -> list[Tensor]:
        """Returns the input and the residual after every block; `kept` cuts the last one down as in `forward`."""
        cosine, sine = (angle.to(x.dtype) for angle in rotary_angles(position, self.shape))
        residuals = [x]
        for block in self.blocks[:-1]:
            residuals.append(block(residuals[-1], cosine, sine, mask[:, None], gate[:, None]))
        residuals.append(self.blocks[-1](residuals[-1], cosine, sine, mask[:, None], gate[:, None], kept))
        return residuals

    def read_out(self, residual: Tensor) -> Tensor:
        """Returns the output-normalised residual."""
        return rms_norm(residual, self.output_norm, self.shape.epsilon)

    def token_log_probabilities(self, residual: Tensor, tokens: Tensor) -> Tensor:
        """Returns log p of each of `tokens` `[...]` as the next token after its `residual` `[..., width]` (tied head)."""
        logits = F.linear(self.read_out(residual), self.embedding)
        return logits.gather(-1, tokens[..., None])[..., 0] - logits.logsumexp(-1)


def _tensor(file: Gguf, name: str) -> Tensor:
    return torch.from_numpy(dequantise(file.tensors[name]))


def _layer_weights(file: Gguf, layer: int) -> dict[str, Tensor]:
    prefix = f"blk.{layer}."
    return {
        name.removeprefix(prefix).removesuffix(".weight"): _tensor(file, name)
        for name in file.tensors
        if name.startswith(prefix)
    }
