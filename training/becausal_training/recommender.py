"""The hybrid recommender: frozen base and SASRec, with projector, gate, low-rank factors and verdict head to train."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from becausal_training.gguf import Gguf
from becausal_training.language_model import LanguageModel
from becausal_training.prompt import ABSENT, HISTORY_ITEMS, NO, YES, PackedPrompts, PromptTemplate
from becausal_training.sasrec import Sasrec
from becausal_training.tokenizer import Tokenizer

PROJECTOR_WIDTH = 256


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

    def gate_ranks(self, gate: Tensor) -> Tensor:
        """Returns the gate of every rank `[prompts, rank]`, scale included: expert k owns a run of rank / experts ranks."""
        return self.shape.scale * gate.repeat_interleave(self.shape.rank // self.shape.experts, -1)

    def input_embeddings(self, prompts: PackedPrompts, null_slot: Tensor | None = None) -> Tensor:
        """Returns the input embeddings; where `null_slot` `[prompts, length]` is true a slot holds the null vector."""
        words = self.lm.embedding[prompts.tokens]
        items = self.sasrec.item_embedding.weight[prompts.behaviour.clamp(min=0)]
        projected = self.projector(items / self.item_unit) * self.embedding_unit
        if null_slot is not None:
            projected = torch.where(null_slot[..., None], self.null_behaviour * self.embedding_unit, projected)
        return torch.where((prompts.behaviour != ABSENT)[..., None], projected, words)

    def verdicts(self, prompts: PackedPrompts, gate: Tensor, null_slot: Tensor | None = None) -> Tensor:
        """Returns verdict log-odds `[prompts, candidates]`; `gate` is `[prompts, experts]`."""
        x = self.input_embeddings(prompts, null_slot)
        residual = self.lm(x, prompts.position, prompts.attention_mask(), self.gate_ranks(gate))
        return self.read_verdicts(residual, prompts.readout)

    def read_verdicts(self, residual: Tensor, readout: Tensor) -> Tensor:
        """h . (e(Yes) - e(No) + head) at the read-out places."""
        at = readout[..., None].expand(-1, -1, residual.shape[-1])
        return self.lm.read_out(residual.gather(1, at)) @ (self.verdict_direction + self.verdict_head)

    def score(self, history: Tensor, candidates: Tensor, behaviour: bool = True) -> tuple[Tensor, Tensor]:
        """Returns verdict log-odds and SASRec scores, both `[prompts, candidates]`.

        `history` is `[prompts, sasrec max_length]`, ABSENT in front. Without `behaviour` the model reads text alone: the
        null vector in every slot and a uniform gate.
        """
        state = self.sasrec.state(history)
        prompts = self.template.pack(history[:, -HISTORY_ITEMS:], candidates)
        gate = self.gate_weights(state)
        null_slot = None if behaviour else torch.ones_like(prompts.tokens, dtype=torch.bool)
        verdicts = self.verdicts(prompts, gate if behaviour else torch.ones_like(gate), null_slot)
        return verdicts, self.sasrec.item_scores(state).gather(1, candidates)
