"""Training of projector, gate, low-rank factors, null vector and verdict head on the frozen base and SASRec."""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch

from becausal_training.adapter_settings import AdapterSettings, learning_rate_at
from becausal_training.averaging import MovingAverage
from becausal_training.batches import Draw, TrainingData
from becausal_training.checkpoints import save_whole
from becausal_training.crossfit import BehaviourSource, own_source
from becausal_training.curriculum import is_hybrid, logged_fractions
from becausal_training.distributed import ALONE, Ranks
from becausal_training.errors import TrainingError
from becausal_training.interactions import Dataset
from becausal_training.objectives import batch_loss
from becausal_training.progress import Progress
from becausal_training.recommender import Recommender

WEIGHTS, OPTIMISER = "checkpoint-weights.pt", "checkpoint-optimiser.pt"
AVERAGED_FROM = 2 / 3
"""The moving average begins at this fraction of the steps."""
_TOKEN_COUNTS = ("titleTokens", "movedTokens")


@dataclass
class AdapterRun:
    """What happened in a run."""

    loss_curve: list[list[float]] = field(default_factory=list)
    term_curves: dict[str, list[list[float]]] = field(default_factory=dict)
    """`[step, mean since the last]` of each term of the loss."""
    moved_tokens: list[list[float]] = field(default_factory=list)
    """`[step, share of the title's tokens that the history makes likelier by more than 0.05]`."""
    hybrid: list[bool] = field(default_factory=list)
    validation: list[dict[str, float]] = field(default_factory=list)
    seconds: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """Returns the record of the run."""
        effects = {"lossTerms": self.term_curves, "movedTokens": self.moved_tokens} if self.moved_tokens else {}
        if "preferenceEffect" in self.term_curves:
            effects["lossTerms"] = self.term_curves
        return {
            "lossCurve": self.loss_curve,
            **effects,
            "curriculum": logged_fractions(self.hybrid),
            "validation": self.validation,
            "wallSeconds": round(self.seconds, 1),
        }


class _Meter:
    """Means of the loss and its terms since the last reading, kept on the device until then."""

    def __init__(self) -> None:
        self._sums: dict[str, torch.Tensor] = {}
        self._steps = 0

    def add(self, values: dict[str, torch.Tensor]) -> None:
        for name, value in values.items():
            self._sums[name] = self._sums[name] + value if name in self._sums else value.clone()

    def step(self) -> None:
        self._steps += 1

    def read(self, ranks: Ranks) -> dict[str, float]:
        names = sorted(self._sums)
        summed = ranks.total(torch.stack([self._sums[name].float() for name in names])).tolist()
        found = dict(zip(names, summed, strict=True))
        divisor = {name: 1 if name in _TOKEN_COUNTS else self._steps * ranks.world for name in names}
        self._sums, self._steps = {}, 0
        return {name: value / divisor[name] for name, value in found.items()}


def train_adapter(
    model: Recommender,
    data: Dataset,
    settings: AdapterSettings,
    folder: Path | None = None,
    validate: Callable[[Recommender], dict[str, float]] | None = None,
    validations: int = 4,
    checkpoint_seconds: float = 60.0,
    log: Callable[[str], None] = print,
    ranks: Ranks = ALONE,
    sources: Sequence[BehaviourSource] = (),
) -> AdapterRun:
    """Trains on the training users; with a `folder`, checkpoints into it and goes on from a checkpoint found there.

    `sources` are what `crossfit.cross_fit` returns where the settings ask for it. The model takes its channels and its gate
    rule from the settings, and keeps them. With several processes the first one validates, logs and writes; all end with the
    same parameters.
    """
    if settings.batch % (ranks.world * settings.micro_batches):
        parts = f"{ranks.world} processes with {settings.micro_batches} parts each"
        raise TrainingError(f"a batch of {settings.batch} cannot be split among {parts}")
    present(model, settings)
    training = _Training(model, data, settings, folder, ranks, sources)
    run, first = training.run, training.step
    if first:
        log(f"resumed at step {first}")
    started, saved = time.monotonic() - run.seconds, time.monotonic()
    log_every, validate_every = max(1, settings.steps // 100), max(1, settings.steps // max(1, validations))
    progress = Progress("adapter", settings.steps if ranks.is_first else 1, first)
    draw = training.draw(first) if first < settings.steps else None
    while draw is not None:
        draw = training.take_step(draw)
        done = training.step
        if done % log_every == 0:
            training.record()
            run.seconds = time.monotonic() - started
            if ranks.is_first and (done % (10 * log_every) == 0 or done <= 3 * log_every):
                progress.clear()
                log(f"step {done}: loss {run.loss_curve[-1][1]:.3f}, {run.seconds:.0f} s")
        if ranks.is_first:
            progress.show(done, f"loss {run.loss_curve[-1][1]:.3f}" if run.loss_curve else "")
        if validate is not None and done % validate_every == 0 and ranks.is_first:
            found = training.validated(validate)
            run.validation.append({"step": done, **{name: round(value, 4) for name, value in found.items()}})
            progress.clear()
            log(str(run.validation[-1]))
        if folder is not None and ranks.is_first and time.monotonic() - saved > checkpoint_seconds:
            training.save(folder)
            saved = time.monotonic()
    progress.clear()
    run.seconds = time.monotonic() - started
    if folder is not None and ranks.is_first:
        training.save(folder)
    training.average.keep()
    model.eval()
    ranks.wait()
    return run


def present(model: Recommender, settings: AdapterSettings) -> None:
    """Makes a model show films, and take its gate, as the settings say."""
    model.channels, model.gate_rule = settings.channels, settings.gate
    model.set_lora_dropout(settings.lora_dropout)


class _Training:
    """The state of a run between two steps."""

    def __init__(
        self,
        model: Recommender,
        data: Dataset,
        settings: AdapterSettings,
        folder: Path | None,
        ranks: Ranks,
        sources: Sequence[BehaviourSource],
    ) -> None:
        self.model, self.settings, self.ranks = model, settings, ranks
        self.device = model.null_behaviour.device
        if len(sources) != settings.cross_fit:
            raise TrainingError(f"cross_fit asks for {settings.cross_fit} folds, {len(sources)} were given")
        self.data = TrainingData.of(data, settings, sources or [own_source(data, model.sasrec)], self.device)
        self.identity = {"settings": asdict(settings), "data": data.data_sha256, "layers": len(model.lm.blocks)}
        self.parameters = model.trained_parameters()
        ranks.share_first(self.parameters)
        gate = list(model.gate.parameters())
        others = [p for p in self.parameters if not any(p is own for own in gate)]
        self.optimiser = torch.optim.AdamW(
            [{"params": others, "rate": 1.0}, {"params": gate, "rate": settings.gate_rate}],
            settings.learning_rate,
            betas=(0.9, 0.98),
            weight_decay=settings.weight_decay,
            fused=self.device.type == "cuda",
        )
        self.average = MovingAverage(self.parameters, settings.ema)
        self.run, self.step = AdapterRun(), 0
        self.meter = _Meter()
        if folder is not None and (folder / OPTIMISER).exists():
            self._resume(folder)
        coin = torch.Generator().manual_seed(settings.seed)
        schedule, end = settings.schedule_of_channels, settings.curriculum_end
        drawn = [is_hybrid(step, settings.steps, coin, schedule, end) for step in range(settings.steps)]
        fixed = {"text": False, "behaviour": True}.get(settings.channels)
        self.hybrid = drawn if fixed is None else [fixed] * settings.steps
        model.train()

    def draw(self, step: int) -> Draw:
        return Draw(self.model, self.data, self.settings, step, self.hybrid[step], self.ranks)

    def take_step(self, draw: Draw) -> Draw | None:
        """Trains on `draw` and returns the next one, which is under way on the device before this step's work begins."""
        settings, done = self.settings, self.step + 1
        following = self.draw(done) if done < settings.steps else None
        for group in self.optimiser.param_groups:
            group["lr"] = group["rate"] * learning_rate_at(self.step, settings)
        if settings.lora_dropout:
            torch.manual_seed((settings.seed * 10_000_019 + self.step) * 1_009 + self.ranks.rank)
        self.optimiser.zero_grad(set_to_none=True)
        for batch in draw.batches():
            losses = batch_loss(self.model, batch, settings, self.ranks)
            losses.total.backward()
            self.meter.add({"loss": losses.total.detach(), **losses.terms})
        self.meter.step()
        self.ranks.average_gradients(self.parameters)
        torch.nn.utils.clip_grad_norm_(self.parameters, settings.clip)
        self.optimiser.step()
        self.run.hybrid.append(self.hybrid[self.step])
        self.step = done
        if settings.ema and done > AVERAGED_FROM * settings.steps:
            self.average.update()
        return following

    def record(self) -> None:
        found = self.meter.read(self.ranks)
        self.run.loss_curve.append([self.step, round(found.pop("loss"), 4)])
        tokens, moved = (found.pop(name, 0.0) for name in _TOKEN_COUNTS)
        if tokens:
            self.run.moved_tokens.append([self.step, round(moved / tokens, 4)])
        for name, value in found.items():
            self.run.term_curves.setdefault(name, []).append([self.step, round(value, 4)])

    def validated(self, validate: Callable[[Recommender], dict[str, float]]) -> dict[str, float]:
        self.model.eval()
        try:
            with self.average.in_place():
                return validate(self.model)
        finally:
            self.model.train()

    def save(self, folder: Path) -> None:
        """Writes weights and optimiser state as two files, each whole or not at all; both name the step."""
        folder.mkdir(parents=True, exist_ok=True)
        trained = {name: p.detach() for name, p in self.model.named_parameters() if p.requires_grad}
        parts = {
            WEIGHTS: {"trained": trained, "run": self.run.__dict__, "identity": self.identity},
            OPTIMISER: {"optimiser": self.optimiser.state_dict(), "average": self.average.state()},
        }
        for name, part in parts.items():
            save_whole(folder / name, {"step": self.step, **part})

    def _resume(self, folder: Path) -> None:
        weights, state = (torch.load(folder / n, map_location=self.device, weights_only=True) for n in (WEIGHTS, OPTIMISER))
        if weights["step"] != state["step"]:
            raise TrainingError(f"the checkpoint files in {folder} are of different steps; delete both to start anew")
        if weights.get("identity") != self.identity:
            raise TrainingError(f"the checkpoint in {folder} is of a run with other settings; delete it to start anew")
        with torch.no_grad():
            for name, tensor in weights["trained"].items():
                self.model.get_parameter(name).copy_(tensor)
        self.optimiser.load_state_dict(state["optimiser"])
        self.average.load(state["average"])
        self.run, self.step = AdapterRun(**weights["run"]), weights["step"]
