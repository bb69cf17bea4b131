"""The hybrid recommender: frozen base and SASRec, with projector, gate, low-rank factors and verdict head to train."""

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from becausal_training.gguf import Gguf
from becausal_training.hashing import hashed, hashed_normal
from becausal_training.language_model import Block, LanguageModel
from becausal_training.prompt import ABSENT, HISTORY_ITEMS, NO, NO_PIECES, YES, OptionalPieces, PackedPrompts, PromptTemplate
from becausal_training.sasrec import Sasrec
from becausal_training.tokenizer import Tokenizer

PROJECTOR_WIDTH = 256
RANDOM_GATE_SPREAD = 1.5
"""Standard deviation of a random gate's logits; four experts then have a mean entropy of about 0.97 nats."""

Channels = Literal["hybrid", "text", "behaviour"]
"""Which channels tell films apart: both, titles alone (null vectors, uniform gate), or behaviour vectors alone (every title
the same)."""
GateRule = Literal["instance", "uniform", "random"]
"""Where the gate comes from: the SASRec state, nowhere (1 for every expert: a plain LoRA of equal size), or a fixed random
draw for each history."""


@dataclass(frozen=True)
class AdapterShape:
    """Sizes of the adapter: `rank` is shared by `experts` experts, rank / experts each."""

    rank: int = 16
    experts: int = 4
    scale: float = 1.0


class Recommender(nn.Module):
    """Scores candidates after a history: verdict log-odds at each candidate's "?"."""

    verdict_direction: Tensor
    item_unit: Tensor
    embedding_unit: Tensor

    def __init__(
        self,
        file: Gguf,
        tokenizer: Tokenizer,
        template: PromptTemplate,
        sasrec: Sasrec,
        shape: AdapterShape,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        """Starts with a uniform gate, a zero verdict head and low-rank factors that change nothing."""
        super().__init__()
        self.shape = shape
        self.template = template
        self.channels: Channels = "hybrid"
        self.gate_rule: GateRule = "instance"
        self.sasrec = sasrec.requires_grad_(False).eval()
        self.lm = LanguageModel(file, shape.rank, dtype)
        width, dim = self.lm.shape.width, sasrec.shape.dim
        self.projector = nn.Sequential(
            nn.Linear(dim, PROJECTOR_WIDTH), nn.GELU(approximate="tanh"), nn.Linear(PROJECTOR_WIDTH, width)
        )
        self.null_behaviour = nn.Parameter(torch.zeros(width))
        self.verdict_head = nn.Parameter(torch.zeros(width))
        self.gate = nn.Linear(dim, shape.experts)
        nn.init.zeros_(self.gate.weight)
        nn.init.zeros_(self.gate.bias)
        yes, no = tokenizer.single(YES), tokenizer.single(NO)
        self.register_buffer("verdict_direction", self.lm.embedding[yes] - self.lm.embedding[no], persistent=False)
        # Vectors reach the projector at unit size and leave it at the size of token embeddings; export folds both in.
        self.register_buffer("item_unit", sasrec.item_embedding.weight.detach().std())
        self.register_buffer("embedding_unit", self.lm.embedding.std())

    def fold_units(self) -> None:
        """Moves the two unit factors into projector and null vector, leaving them 1; the function is unchanged."""
        with torch.no_grad():
            first, last = self.projector[0], self.projector[2]
            assert isinstance(first, nn.Linear) and isinstance(last, nn.Linear)
            first.weight.div_(self.item_unit)
            last.weight.mul_(self.embedding_unit)
            last.bias.mul_(self.embedding_unit)
            self.null_behaviour.mul_(self.embedding_unit)
            self.item_unit.fill_(1)
            self.embedding_unit.fill_(1)

    def trained_parameters(self) -> list[nn.Parameter]:
        """Returns every parameter that training changes."""
        return [parameter for parameter in self.parameters() if parameter.requires_grad]

    def gate_weights(self, state: Tensor) -> Tensor:
        """Returns the gate `[prompts, experts]` = experts * softmax(W z + b): uniform is 1."""
        return self.shape.experts * torch.softmax(self.gate(state), -1)

    def gates(self, history: Tensor, state: Tensor) -> Tensor:
        """Returns the gate `[prompts, experts]` of each history with its SASRec state, by the model's rules."""
        if self.gate_rule == "uniform" or self.channels == "text":
            return state.new_ones(len(state), self.shape.experts)
        return self.random_gate(history) if self.gate_rule == "random" else self.gate_weights(state)

    def random_gate(self, history: Tensor) -> Tensor:
        """Returns a gate drawn from the hash of each history: always the same for it, and telling nothing about it."""
        age = torch.arange(history.shape[1], 0, -1, device=history.device)
        key = (hashed(history * 1_000 + age) * (history != ABSENT)).sum(1, keepdim=True)
        logits = hashed_normal(key + torch.arange(1, self.shape.experts + 1, device=history.device))
        return self.shape.experts * torch.softmax(RANDOM_GATE_SPREAD * logits, -1)

    def set_lora_dropout(self, share: float) -> None:
        """Drops this share of the inputs of every low-rank update while training."""
        for block in self.lm.blocks:
            assert isinstance(block, Block)
            for site in (block.attn_qkv, block.attn_output, block.ffn_gate_up, block.ffn_down):
                site.dropout = share

    def train(self, mode: bool = True) -> "Recommender":
        """Sets training mode everywhere but in the SASRec, which is frozen."""
        super().train(mode)
        self.sasrec.eval()
        return self

    def gate_ranks(self, gate: Tensor) -> Tensor:
        """Returns the gate of every rank `[prompts, rank]`, scale included: expert k owns a run of rank / experts ranks."""
        return self.shape.scale * gate.repeat_interleave(self.shape.rank // self.shape.experts, -1)

    def input_embeddings(self, prompts: PackedPrompts, null_slot: Tensor | None = None, items: Tensor | None = None) -> Tensor:
        """Returns the input embeddings; where `null_slot` `[prompts, length]` is true a slot holds the null vector.

        `items` `[items, dim]` are the vectors that the slots show, by default the SASRec's own.
        """
        words = self.lm.embedding[prompts.tokens]
        vectors = self.sasrec.item_embedding.weight if items is None else items
        projected = self.projector(vectors[prompts.behaviour.clamp(min=0)] / self.item_unit) * self.embedding_unit
        if null_slot is not None:
            projected = torch.where(null_slot[..., None], self.null_behaviour * self.embedding_unit, projected)
        return torch.where((prompts.behaviour != ABSENT)[..., None], projected, words)

    def residual_at(
        self,
        prompts: PackedPrompts,
        gate: Tensor,
        places: Tensor,
        null_slot: Tensor | None = None,
        items: Tensor | None = None,
    ) -> Tensor:
        """Returns the last residual at `places` `[prompts, n]`: `[prompts, n, width]`; `gate` is `[prompts, experts]`."""
        x = self.input_embeddings(prompts, null_slot, items)
        return self.lm(x, prompts.position, prompts.attention_mask(), self.gate_ranks(gate), places)

    def verdicts(self, prompts: PackedPrompts, gate: Tensor, null_slot: Tensor | None = None) -> Tensor:
        """Returns verdict log-odds `[prompts, candidates]`; `gate` is `[prompts, experts]`."""
        return self.verdicts_of(self.residual_at(prompts, gate, prompts.readout, null_slot))

    def verdicts_of(self, residual: Tensor) -> Tensor:
        """Returns h . (e(Yes) - e(No) + head) of residuals `[..., width]` at read-out places."""
        return self.lm.read_out(residual) @ (self.verdict_direction + self.verdict_head)

    def read_verdicts(self, residual: Tensor, readout: Tensor) -> Tensor:
        """Returns the verdict log-odds of whole residuals `[prompts, length, width]` at the read-out places."""
        return self.verdicts_of(residual.gather(1, readout[..., None].expand(-1, -1, residual.shape[-1])))

    def pack(
        self, history: Tensor, candidates: Tensor, length: int | None = None, pieces: OptionalPieces = NO_PIECES
    ) -> PackedPrompts:
        """Packs the last items of `history` with `candidates`; titles are neutral where behaviour alone is read."""
        return self.template.pack(
            history[:, -HISTORY_ITEMS:], candidates, length, pieces, neutral_titles=self.channels == "behaviour"
        )

    def score(
        self, history: Tensor, candidates: Tensor, behaviour: bool = True, pieces: OptionalPieces = NO_PIECES
    ) -> tuple[Tensor, Tensor]:
        """Returns verdict log-odds and SASRec scores, both `[prompts, candidates]`.

        `history` is `[prompts, sasrec max_length]`, ABSENT in front. Without `behaviour`, or where the model's channels are
        text alone, the model reads text alone: the null vector in every slot and a uniform gate.
        """
        state = self.sasrec.state(history)
        prompts = self.pack(history, candidates, pieces=pieces)
        gate = self.gates(history, state)
        reads_text_alone = not behaviour or self.channels == "text"
        null_slot = torch.ones_like(prompts.tokens, dtype=torch.bool) if reads_text_alone else None
        verdicts = self.verdicts(prompts, torch.ones_like(gate) if reads_text_alone else gate, null_slot)
        return verdicts, self.sasrec.item_scores(state).gather(1, candidates)
