"""SASRec (Kang & McAuley 2018): a causal Transformer over item ids, pre-norm; its last state ranks the catalogue.

Parameter names are the tensor names of `sasrec.safetensors` (docs/formats.md, section 3).
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from becausal_training.prompt import ABSENT


@dataclass(frozen=True)
class SasrecShape:
    """Sizes of a SASRec."""

    items: int
    dim: int = 64
    max_length: int = 50
    layers: int = 2
    heads: int = 2
    ffn: int = 256


class _Layer(nn.Module):
    def __init__(self, shape: SasrecShape, dropout: float) -> None:
        super().__init__()
        self.heads = shape.heads
        self.attention_norm = nn.LayerNorm(shape.dim)
        self.attention = nn.ModuleDict({"in": nn.Linear(shape.dim, 3 * shape.dim), "out": nn.Linear(shape.dim, shape.dim)})
        self.ffn_norm = nn.LayerNorm(shape.dim)
        self.ffn = nn.ModuleDict({"in": nn.Linear(shape.dim, shape.ffn), "out": nn.Linear(shape.ffn, shape.dim)})
        self.dropout = dropout

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        batch, length, dim = x.shape
        qkv = self.attention["in"](self.attention_norm(x)).view(batch, length, 3, self.heads, dim // self.heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)
        drop = self.dropout if self.training else 0.0
        a = F.scaled_dot_product_attention(q, k, v, attn_mask=mask, dropout_p=drop)
        x = x + F.dropout(self.attention["out"](a.transpose(1, 2).reshape(batch, length, dim)), drop)
        h = F.dropout(F.gelu(self.ffn["in"](self.ffn_norm(x)), approximate="tanh"), drop)
        return x + F.dropout(self.ffn["out"](h), drop)


class Sasrec(nn.Module):
    """Item sequence to states."""

    def __init__(self, shape: SasrecShape, dropout: float = 0.0) -> None:
        """`dropout` acts on embeddings, attention and both sub-layers while training."""
        super().__init__()
        self.shape = shape
        self.dropout = dropout
        self.item_embedding = nn.Embedding(shape.items, shape.dim)
        self.position_embedding = nn.Embedding(shape.max_length, shape.dim)
        self.layers = nn.ModuleList(_Layer(shape, dropout) for _ in range(shape.layers))
        self.final_norm = nn.LayerNorm(shape.dim)
        for embedding in (self.item_embedding, self.position_embedding):
            nn.init.normal_(embedding.weight, std=0.02)

    def forward(self, sequence: Tensor) -> Tensor:
        """Returns the state at every place of `sequence` `[batch, length]` (ABSENT in front): `[batch, length, dim]`."""
        length = sequence.shape[1]
        present = sequence != ABSENT
        x = self.item_embedding(sequence.clamp(min=0)) + self.position_embedding.weight[-length:]
        x = F.dropout(x, self.dropout if self.training else 0.0)
        place = torch.arange(length, device=sequence.device)
        causal = place[:, None] >= place[None, :]
        # A padded place sees itself, or its softmax has nothing to sum.
        mask = (causal & present[:, None, :]) | (place[:, None] == place[None, :])
        for layer in self.layers:
            x = layer(x, mask[:, None])
        return self.final_norm(x)

    def state(self, sequence: Tensor) -> Tensor:
        """Returns the state `[batch, dim]` of each history `[batch, length]`; zero for an empty one."""
        return self(sequence)[:, -1] * (sequence[:, -1:] != ABSENT)

    def item_scores(self, state: Tensor) -> Tensor:
        """Returns `state . item embedding` for the whole catalogue."""
        return state @ self.item_embedding.weight.T

    def round_item_embedding(self) -> None:
        """Rounds the item embedding to float16, the precision a pack stores."""
        with torch.no_grad():
            self.item_embedding.weight.copy_(self.item_embedding.weight.half().float())
