"""Training of projector, gate, low-rank factors, null vector and verdict head on the frozen base and SASRec.

Loss: softmax cross-entropy of the watched film within a slate of sampled candidates, each score lowered by the log of how
often sampling would draw that film (sampled softmax, Bengio & Senecal 2008). Without that correction the hard negatives
teach the model to distrust whatever the SASRec likes.

A softmax does not see a constant added to all scores, so alone it would leave the level of the verdict log-odds free: taking
a film out of the history could move every candidate by the same arbitrary amount. The squared log of the estimated partition
function is added to the loss (self-normalisation, Devlin et al. 2014): a verdict is then close to log p(film | history) over
the whole catalogue.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from becausal_training.curriculum import is_hybrid, logged_fractions
from becausal_training.errors import TrainingError
from becausal_training.interactions import Dataset
from becausal_training.prompt import ABSENT, HISTORY_ITEMS, PackedPrompts
from becausal_training.recommender import Recommender
from becausal_training.sampling import training_slates
from becausal_training.windows import WindowTable

WEIGHTS, OPTIMISER = "checkpoint-weights.pt", "checkpoint-optimiser.pt"


@dataclass(frozen=True)
class AdapterSettings:
    """Hyper-parameters of an adapter run."""

    steps: int = 3_000
    batch: int = 64
    learning_rate: float = 1.5e-3
    warmup: int = 100
    schedule: Literal["cosine", "trapezoid"] = "trapezoid"
    weight_decay: float = 0.01
    clip: float = 1.0
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
    seed: int = 0


@dataclass
class AdapterRun:
    """What happened in a run."""

    loss_curve: list[list[float]] = field(default_factory=list)
    hybrid: list[bool] = field(default_factory=list)
    validation: list[dict[str, float]] = field(default_factory=list)
    seconds: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """Returns the record of the run."""
        return {
            "lossCurve": self.loss_curve,
            "curriculum": logged_fractions(self.hybrid),
            "validation": self.validation,
            "wallSeconds": round(self.seconds, 1),
        }


def learning_rate_at(step: int, settings: AdapterSettings) -> float:
    """Returns the learning rate of batch `step` (from 0): warm-up, then cosine, or flat with a linear last third."""
    done = step / settings.steps
    if settings.schedule == "cosine":
        factor = 0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * done))
    else:
        factor = min(1.0, 0.02 + (1 - done) * 3)
    return settings.learning_rate * factor * min(1.0, (step + 1) / settings.warmup)


@dataclass(frozen=True)
class TrainingBatch:
    """One batch, ready for the model."""

    prompts: PackedPrompts
    state: Tensor
    null_slot: Tensor
    uniform_gate: Tensor
    correction: Tensor
    self_normalisation: float


def draw_batch(model: Recommender, table: WindowTable, settings: AdapterSettings, step: int, hybrid: bool) -> TrainingBatch:
    """Draws batch `step`; it depends on seed and step alone, so that a resumed run goes on as the first would have."""
    device = model.null_behaviour.device
    generator = torch.Generator(device).manual_seed(settings.seed * 10_000_019 + step)

    def uniform(*shape: int) -> Tensor:
        return torch.rand(shape, device=device, generator=generator)

    windows = torch.randint(len(table), (settings.batch,), device=device, generator=generator)
    history = table.histories(windows, model.sasrec.shape.max_length)
    shown = (1 + uniform(settings.batch) * HISTORY_ITEMS).long()
    chance = uniform(settings.batch)
    limit = torch.where(chance < settings.truncated, shown, history.shape[1])
    limit = torch.where(chance > 1 - settings.emptied, 0, limit)
    age = torch.arange(history.shape[1], 0, -1, device=device)
    history = history.masked_fill(age > limit[:, None], ABSENT)
    with torch.no_grad():
        state = model.sasrec.state(history)
        scores = model.sasrec.item_scores(state)
    negatives = (settings.uniform_negatives, settings.hard_negatives, settings.hard_pool)
    slates = training_slates(table, windows, scores, *negatives, generator)
    prompts = model.template.pack(history[:, -HISTORY_ITEMS:], slates.candidates)
    muted = uniform(*prompts.tokens.shape) < settings.slot_dropout
    return TrainingBatch(
        prompts=prompts,
        state=state,
        null_slot=muted if hybrid else torch.ones_like(muted),
        # Text alone is also asked for without the gate knowing the history: half of the text batches' examples.
        uniform_gate=(uniform(settings.batch) < 0.5) & (not hybrid),
        correction=settings.correction * slates.log_expected_count,
        self_normalisation=settings.self_normalisation,
    )


def batch_loss(model: Recommender, batch: TrainingBatch) -> Tensor:
    """Sampled-softmax cross-entropy of a batch whose targets are the first candidates, and its self-normalisation term."""
    gate = torch.where(batch.uniform_gate[:, None], 1.0, model.gate_weights(batch.state))
    scores = model.verdicts(batch.prompts, gate, batch.null_slot) - batch.correction
    fit = F.cross_entropy(scores, torch.zeros(len(scores), dtype=torch.long, device=scores.device))
    return fit + batch.self_normalisation * scores.logsumexp(1).square().mean()


def train_adapter(
    model: Recommender,
    data: Dataset,
    settings: AdapterSettings,
    folder: Path | None = None,
    validate: Callable[[Recommender], dict[str, float]] | None = None,
    validations: int = 4,
    checkpoint_seconds: float = 60.0,
    log: Callable[[str], None] = print,
) -> AdapterRun:
    """Trains on the training users; with a `folder`, checkpoints into it and goes on from a checkpoint found there."""
    device = model.null_behaviour.device
    table = WindowTable(data, data.bounds("train"), settings.min_history, device)
    parameters = model.trained_parameters()
    optimiser = torch.optim.AdamW(
        parameters, settings.learning_rate, betas=(0.9, 0.98), weight_decay=settings.weight_decay, fused=device.type == "cuda"
    )
    run, first = AdapterRun(), 0
    if folder is not None and (folder / OPTIMISER).exists():
        first, run = _resume(folder, model, optimiser)
        log(f"resumed at step {first}")
    started, saved = time.monotonic() - run.seconds, time.monotonic()
    coin = torch.Generator().manual_seed(settings.seed)
    curriculum = [is_hybrid(step, settings.steps, coin) for step in range(settings.steps)]
    log_every, validate_every = max(1, settings.steps // 100), max(1, settings.steps // max(1, validations))
    running = torch.zeros((), device=device)
    for step in range(first, settings.steps):
        for group in optimiser.param_groups:
            group["lr"] = learning_rate_at(step, settings)
        loss = batch_loss(model, draw_batch(model, table, settings, step, curriculum[step]))
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, settings.clip)
        optimiser.step()
        running += loss.detach()
        run.hybrid.append(curriculum[step])
        done = step + 1
        if done % log_every == 0:
            run.loss_curve.append([done, round(float(running) / log_every, 4)])
            running.zero_()
            run.seconds = time.monotonic() - started
            if done % (10 * log_every) == 0 or done <= 3 * log_every:
                log(f"step {done}: loss {run.loss_curve[-1][1]:.3f}, {run.seconds:.0f} s")
        if validate is not None and done % validate_every == 0:
            run.validation.append({"step": done, **{k: round(v, 4) for k, v in validate(model).items()}})
            log(str(run.validation[-1]))
        if folder is not None and time.monotonic() - saved > checkpoint_seconds:
            _save(folder, done, model, optimiser, run)
            saved = time.monotonic()
    run.seconds = time.monotonic() - started
    if folder is not None:
        _save(folder, settings.steps, model, optimiser, run)
    return run


def _save(folder: Path, step: int, model: Recommender, optimiser: torch.optim.Optimizer, run: AdapterRun) -> None:
    """Writes weights and optimiser state as two files, each whole or not at all; both name the step."""
    folder.mkdir(parents=True, exist_ok=True)
    trained = {name: p.detach() for name, p in model.named_parameters() if p.requires_grad}
    parts = {WEIGHTS: {"trained": trained, "run": run.__dict__}, OPTIMISER: {"optimiser": optimiser.state_dict()}}
    for name, part in parts.items():
        temporary = folder / f"{name}.partial"
        torch.save({"step": step, **part}, temporary)
        temporary.replace(folder / name)


def _resume(folder: Path, model: Recommender, optimiser: torch.optim.Optimizer) -> tuple[int, AdapterRun]:
    device = model.null_behaviour.device
    weights, state = (torch.load(folder / n, map_location=device, weights_only=True) for n in (WEIGHTS, OPTIMISER))
    if weights["step"] != state["step"]:
        raise TrainingError(f"the checkpoint files in {folder} are of different steps; delete both to start anew")
    with torch.no_grad():
        for name, tensor in weights["trained"].items():
            model.get_parameter(name).copy_(tensor)
    optimiser.load_state_dict(state["optimiser"])
    return weights["step"], AdapterRun(**weights["run"])
