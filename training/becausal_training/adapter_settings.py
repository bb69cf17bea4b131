"""Hyper-parameters of an adapter run; the defaults are what the packs are trained with."""

import math
from dataclasses import dataclass
from typing import Literal

from becausal_training.curriculum import ChannelSchedule
from becausal_training.errors import TrainingError
from becausal_training.recommender import Channels, GateRule


@dataclass(frozen=True)
class AdapterSettings:
    """Hyper-parameters of an adapter run."""

    steps: int = 3_000
    batch: int = 64
    learning_rate: float = 1.5e-3
    gate_rate: float = 1.0
    """Factor on the learning rate of the gate."""
    warmup: int = 100
    schedule: Literal["cosine", "trapezoid"] = "trapezoid"
    weight_decay: float = 0.01
    lora_dropout: float = 0.0
    """Share of the inputs of every low-rank update that are dropped while training."""
    ema: float = 0.0
    """Decay per step of a moving average of the parameters over the last third, which then is the result; 0 is none."""
    clip: float = 1.0
    micro_batches: int = 1
    """In how many parts a batch goes through the model, sorted by length: less padding and memory, more passes."""
    uniform_negatives: int = 10
    hard_negatives: int = 9
    hard_pool: int = 150
    correction: float = 1.0
    """How much of the log expected count is subtracted: 1 is the sampled softmax, 0 none."""
    self_normalisation: float = 0.02
    """Weight of the squared log partition function, which pins the level of the verdicts."""
    truncated: float = 0.25
    """Share of examples whose history is cut to 1 to 10 items."""
    emptied: float = 0.03
    """Share of examples whose history is cut to nothing, so that leaving out the last item is in-distribution."""
    min_history: int = 1
    """An example has at least this many kept films before the one to predict."""
    slot_dropout: float = 0.05
    """Share of behaviour slots in a hybrid batch that hold the null vector, so that a single muted slot is too."""
    channels: Channels = "hybrid"
    """Which channels tell films apart, in training and in evaluation."""
    gate: GateRule = "instance"
    """Where the gate comes from, in training and in evaluation."""
    schedule_of_channels: ChannelSchedule = "curriculum"
    """When batches are hybrid; for `channels` other than hybrid all batches are alike."""
    curriculum_end: float = 1.0
    """Share of the steps after which every batch of a curriculum is hybrid."""
    title_loss: float = 0.0
    """Weight of the token loss on the target's title (NextQuill's L_n)."""
    preference_effect: float = 0.0
    """Weight of the loss on what the history changes about each candidate (NextQuill's alpha, at candidate level)."""
    detach_without_history: bool = True
    """Whether the preference effect leaves alone what the model says without history."""
    effect_share: float = 0.25
    """Share of each batch's examples that the title loss and the preference effect are computed on."""
    cross_fit: int = 0
    """In how many folds the training users are split, each shown a SASRec that was trained without it; 0 shows them the one
    of the pack."""
    persona: float = 0.0
    """Share of examples whose prompt carries the persona."""
    steered: float = 0.0
    """Share of examples whose persona is made up, over a slate on which it has something to say (`personas.py`); the model is
    to say what it says without persona, moved by the persona's nats."""
    steered_first: float = 0.0
    """Share of the steps, from the first, in which every example is steered: what a word of a persona has to do with a film is
    hard to find among all else."""
    steering_weight: float = 1.0
    """Weight of the steered examples' loss; that of the others is 1."""
    in_context: float = 0.0
    """Share of examples whose prompt carries liked and disliked films as examples."""
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuses values that mean nothing."""
        shares = ("lora_dropout", "truncated", "emptied", "slot_dropout", "effect_share", "ema")
        for name in (*shares, "persona", "steered", "steered_first", "in_context"):
            if not 0 <= getattr(self, name) <= 1:
                raise TrainingError(f"{name} is {getattr(self, name)}; a share lies between 0 and 1")
        if self.steps < 1 or self.batch < 1 or self.micro_batches < 1 or self.batch % self.micro_batches:
            raise TrainingError(f"{self.steps} steps of {self.batch} examples cannot be run in {self.micro_batches} parts")
        if self.cross_fit < 0 or self.cross_fit == 1:
            raise TrainingError(f"cross_fit is {self.cross_fit}; it is 0 or at least 2 folds")
        if self.steered and self.steered + self.persona > 1:
            raise TrainingError(f"persona {self.persona} and steered {self.steered} are shares of the same examples")
        if self.steered_first and not self.steered:
            raise TrainingError("steered_first has no steered examples to begin with where steered is 0")
        if not 0 < self.curriculum_end <= 1:
            raise TrainingError(f"curriculum_end is {self.curriculum_end}; it is a share of the steps above 0")
        if self.title_loss and self.channels == "behaviour":
            raise TrainingError("title_loss has no titles to learn where behaviour is the only channel")

    @property
    def asks_without_history(self) -> bool:
        """Whether a second, shorter pass without history is needed."""
        return self.title_loss > 0 or self.preference_effect > 0


def learning_rate_at(step: int, settings: AdapterSettings) -> float:
    """Returns the learning rate of batch `step` (from 0): warm-up, then cosine, or flat with a linear last third."""
    done = step / settings.steps
    if settings.schedule == "cosine":
        factor = 0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * done))
    else:
        factor = min(1.0, 0.02 + (1 - done) * 3)
    return settings.learning_rate * factor * min(1.0, (step + 1) / settings.warmup)
