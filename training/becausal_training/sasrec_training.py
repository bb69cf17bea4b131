"""Training of the SASRec: full softmax at every place, AdamW, kept where validation HR@1 is best."""

import math
import time
from dataclasses import dataclass, field
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from becausal_training.interactions import Dataset
from becausal_training.metrics import hit_at_1, ndcg_within
from becausal_training.prompt import ABSENT
from becausal_training.sampling import evaluation_candidates
from becausal_training.sasrec import Sasrec, SasrecShape
from becausal_training.windows import WindowTable

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


def train_sasrec(data: Dataset, settings: SasrecSettings, device: torch.device, shape: SasrecShape | None = None) -> SasrecRun:
    """Trains on the training users, evaluates on all windows of the validation users; item vectors end as float16 values."""
    torch.manual_seed(settings.seed)
    shape = shape or SasrecShape(len(data.films))
    model = Sasrec(shape, settings.dropout).to(device)
    train = WindowTable(data, data.bounds("train"), 1, device)
    validation = WindowTable(data, data.bounds("validation"), 3, device)
    optimiser = torch.optim.AdamW(model.parameters(), settings.learning_rate, weight_decay=settings.weight_decay)
    generator = torch.Generator(device).manual_seed(settings.seed)
    run, best_state, started, running = SasrecRun(model), None, time.monotonic(), 0.0
    for step in range(1, settings.steps + 1):
        for group in optimiser.param_groups:
            group["lr"] = settings.learning_rate * 0.5 * (1 + math.cos(math.pi * (step - 1) / settings.steps))
        model.train()
        windows = torch.randint(len(train), (settings.batch,), device=device, generator=generator)
        loss = sequence_loss(model, train.histories(windows, shape.max_length + 1, with_target=True))
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        if step % settings.evaluate_every == 0 or step == settings.steps:
            running = float(loss.detach())
            found = validate_sasrec(model, validation)
            run.curve.append([step, round(running, 4), round(found["HR@1"], 4), round(found["NDCG@10"], 4)])
            if found["HR@1"] > run.validation.get("HR@1", -1.0):
                run.best_step, run.validation = step, found
                best_state = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    if best_state is not None:
        model.load_state_dict(best_state)
    model.round_item_embedding()
    run.seconds = time.monotonic() - started
    model.eval()
    return run


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
