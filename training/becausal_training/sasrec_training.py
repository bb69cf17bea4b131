"""Training of the SASRec: full softmax at every place, AdamW, kept where validation HR@1 is best."""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from becausal_training.averaging import MovingAverage
from becausal_training.checkpoints import save_whole
from becausal_training.errors import TrainingError
from becausal_training.interactions import Dataset
from becausal_training.metrics import hit_at_1, ndcg_within
from becausal_training.progress import Progress
from becausal_training.prompt import ABSENT
from becausal_training.sampling import evaluation_candidates
from becausal_training.sasrec import Sasrec, SasrecShape
from becausal_training.windows import WindowTable

SASREC_CHECKPOINT = "checkpoint-sasrec.pt"
_EVALUATION_BATCH = 1_024


@dataclass(frozen=True)
class SasrecSettings:
    """Hyper-parameters of a SASRec run."""

    steps: int = 1_000
    batch: int = 128
    learning_rate: float = 1e-3
    """Falls along a cosine to zero."""
    weight_decay: float = 0.05
    dropout: float = 0.3
    evaluate_every: int = 50
    ema: float = 0.0
    """Decay per step of a moving average of the parameters, which then is what is validated and kept; 0 is none."""
    dim: int = 64
    """Size of item vectors and states."""
    seed: int = 0


@dataclass
class SasrecRun:
    """A trained SASRec at its best validation step."""

    model: Sasrec
    best_step: int = 0
    validation: dict[str, float] = field(default_factory=dict)
    curve: list[list[float]] = field(default_factory=list)
    seconds: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """Returns the record of the run."""
        return {
            "bestStep": self.best_step,
            "validation": {name: round(value, 4) for name, value in self.validation.items()},
            "lossCurve": self.curve,
            "wallSeconds": round(self.seconds, 1),
        }


def train_sasrec(
    data: Dataset,
    settings: SasrecSettings,
    device: torch.device,
    shape: SasrecShape | None = None,
    folder: Path | None = None,
    checkpoint_seconds: float = 30.0,
    log: Callable[[str], None] = lambda _: None,
    users: Sequence[int] | None = None,
    last_step: int | None = None,
) -> SasrecRun:
    """Trains on the training users, evaluates on all windows of the validation users; item vectors end as float16 values.

    With a `folder`, checkpoints into it and goes on from a checkpoint found there; a finished run is loaded from it.
    `users` are those to train on instead of all training users. With a `last_step` the run ends there and keeps that step's
    parameters, the only ones it validates; the learning rate falls as if it went on.
    """
    shape = shape or SasrecShape(len(data.films), settings.dim)
    users = data.bounds("train") if users is None else users
    training = _Training(data, settings, device, shape, folder, users, last_step)
    run, first, steps = training.run, training.step, training.steps
    if first:
        log(f"resumed the SASRec at step {first}")
    started, saved = time.monotonic() - run.seconds, time.monotonic()
    progress = Progress("SASRec ", steps, first)
    while training.step < steps:
        training.take_step()
        step = training.step
        if step == steps or (last_step is None and step % settings.evaluate_every == 0):
            training.evaluate()
            if step % (10 * settings.evaluate_every) == 0 or step == steps:
                progress.clear()
                log(f"SASRec, step {step}: best validation HR@1 {run.validation['HR@1']:.4f} at step {run.best_step}")
        progress.show(step)
        run.seconds = time.monotonic() - started
        if folder is not None and (step == steps or time.monotonic() - saved > checkpoint_seconds):
            training.save(folder)
            saved = time.monotonic()
    progress.clear()
    training.keep_best()
    return run


class _Training:
    """The state of a run between two steps."""

    def __init__(
        self,
        data: Dataset,
        settings: SasrecSettings,
        device: torch.device,
        shape: SasrecShape,
        folder: Path | None,
        users: Sequence[int],
        last_step: int | None,
    ) -> None:
        torch.manual_seed(settings.seed)
        self.settings, self.device, self.shape = settings, device, shape
        self.steps = settings.steps if last_step is None else last_step
        self.identity = {"settings": asdict(settings), "shape": asdict(shape), "data": data.data_sha256}
        if list(users) != list(data.bounds("train")) or last_step is not None:
            self.identity |= {"users": list(users), "lastStep": self.steps}
        self.model = Sasrec(shape, settings.dropout).to(device)
        self.train = WindowTable(data, users, 1, device)
        self.validation = WindowTable(data, data.bounds("validation"), 3, device)
        self.optimiser = torch.optim.AdamW(
            self.model.parameters(), settings.learning_rate, weight_decay=settings.weight_decay, fused=device.type == "cuda"
        )
        self.average = MovingAverage(list(self.model.parameters()), settings.ema)
        self.run, self.step = SasrecRun(self.model), 0
        self.best: dict[str, Tensor] | None = None
        self.loss = torch.zeros((), device=device)
        if folder is not None and (folder / SASREC_CHECKPOINT).exists():
            self._resume(folder / SASREC_CHECKPOINT)

    def take_step(self) -> None:
        """Trains on one batch; it and the dropout depend on seed and step alone, so that a resumed run goes on the same."""
        settings, seed = self.settings, self.settings.seed * 10_000_019 + self.step
        for group in self.optimiser.param_groups:
            group["lr"] = settings.learning_rate * 0.5 * (1 + math.cos(math.pi * self.step / settings.steps))
        self.model.train()
        torch.manual_seed(seed)
        generator = torch.Generator(self.device).manual_seed(seed)
        windows = torch.randint(len(self.train), (settings.batch,), device=self.device, generator=generator)
        films = self.train.histories(windows, self.shape.max_length + 1, with_target=True)
        loss = sequence_loss(self.model, films)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        self.optimiser.step()
        if settings.ema:
            self.average.update()
        self.loss = loss.detach()
        self.step += 1

    def evaluate(self) -> None:
        """Validates, and remembers the parameters if they are the best so far."""
        with self.average.in_place():
            found = validate_sasrec(self.model, self.validation)
            self.run.curve.append([self.step, round(float(self.loss), 4), round(found["HR@1"], 4), round(found["NDCG@10"], 4)])
            if found["HR@1"] > self.run.validation.get("HR@1", -1.0):
                self.run.best_step, self.run.validation = self.step, found
                self.best = {name: tensor.clone() for name, tensor in self.model.state_dict().items()}

    def keep_best(self) -> None:
        """Leaves the model with the best parameters, rounded as a pack stores them."""
        if self.best is not None:
            self.model.load_state_dict(self.best)
        self.model.round_item_embedding()
        self.model.eval()

    def save(self, folder: Path) -> None:
        run = self.run
        record = {"best_step": run.best_step, "validation": run.validation, "curve": run.curve, "seconds": run.seconds}
        checkpoint = {
            "identity": self.identity,
            "step": self.step,
            "model": self.model.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "average": self.average.state(),
            "best": self.best,
            "run": record,
        }
        save_whole(folder / SASREC_CHECKPOINT, checkpoint)

    def _resume(self, path: Path) -> None:
        stored = torch.load(path, map_location=self.device, weights_only=True)
        if stored["identity"] != self.identity:
            raise TrainingError(f"{path} is of a SASRec with other settings; delete it to start anew")
        self.model.load_state_dict(stored["model"])
        self.optimiser.load_state_dict(stored["optimiser"])
        self.average.load(stored["average"])
        self.best, self.step = stored["best"], stored["step"]
        self.run = SasrecRun(self.model, **stored["run"])


def sequence_loss(model: Sasrec, films: Tensor) -> Tensor:
    """Cross-entropy over the whole catalogue of every next film in `films` `[batch, length + 1]`, ABSENT in front."""
    states = model(films[:, :-1])
    is_predicted = films[:, :-1] != ABSENT
    return F.cross_entropy(model.item_scores(states[is_predicted]), films[:, 1:][is_predicted])


@torch.no_grad()
def validate_sasrec(model: Sasrec, table: WindowTable) -> dict[str, float]:
    """Returns HR@1 among 20 candidates and NDCG@10 over the whole catalogue, as means over all windows."""
    model.eval()
    hits, gains = [], []
    every = torch.arange(len(table), device=model.item_embedding.weight.device)
    for windows in every.split(_EVALUATION_BATCH):
        scores = model.item_scores(model.state(table.histories(windows, model.shape.max_length)))
        candidates = evaluation_candidates(table, windows)
        hits.append(hit_at_1(scores.gather(1, candidates).cpu().numpy()).mean() * len(windows))
        gains.append(ndcg_within(target_ranks(scores, table, windows).cpu().numpy(), 10).mean() * len(windows))
    return {"HR@1": float(sum(hits)) / len(table), "NDCG@10": float(sum(gains)) / len(table)}


def target_ranks(scores: Tensor, table: WindowTable, windows: Tensor) -> Tensor:
    """Returns the rank (from 0) of each target in `scores` `[windows, items]` among the films not rated before."""
    targets = table.targets(windows)[:, None]
    is_rival = ~table.unavailable(windows)
    return ((scores > scores.gather(1, targets)) & is_rival).sum(1)
