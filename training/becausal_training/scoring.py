"""Scores of held-out predictions by every model, which metrics are computed from and which can be stored.

Three protocols: every window's target among 20 candidates; each user's last target among 20 candidates, drawn many times;
and the whole catalogue as the app does it (SASRec's best N, reranked). Scores of separately trained models on the same
predictions can be compared pair by pair, so stored scores carry the number of each window.
"""

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from becausal_training.errors import TrainingError
from becausal_training.interactions import MIN_HISTORY, Dataset, Part
from becausal_training.metrics import hit_at_1
from becausal_training.recommender import Recommender
from becausal_training.sampling import CANDIDATES, evaluation_candidates
from becausal_training.sasrec_training import target_ranks
from becausal_training.windows import WindowTable

LAST_TARGET_DRAWS = 50
Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class CandidateScores:
    """Scores `[windows * draws, 20]` by model, the target in column 0; the draws of a window lie behind one another.

    `windows` are the numbers of the windows in the part's `WindowTable`, `users` the user of each.
    """

    hybrid: Floats
    text_only: Floats
    sasrec: Floats
    popularity: Floats
    watched: npt.NDArray[np.bool_]
    """`[windows * draws, 20]`: films that the user had rated before, where the protocol draws such."""
    users: Ints
    windows: Ints
    draws: int = 1

    def fused(self, beta: float) -> Floats:
        """Returns verdict + beta * SASRec score."""
        return (self.hybrid + beta * self.sasrec).astype(np.float32)

    def hits(self, scores: Floats) -> Doubles:
        """Returns HR@1 of each window `[windows]`, as the mean over its draws."""
        return hit_at_1(scores).reshape(-1, self.draws).mean(1)

    def hits_by_model(self, beta: float, without_watched: bool = False) -> dict[str, Doubles]:
        """Returns HR@1 of each window by every model; `without_watched` no model ranks a film the user had rated before."""
        scores = {
            "popularity": self.popularity,
            "SASRec": self.sasrec,
            "text only": self.text_only,
            "hybrid iLoRA": self.hybrid,
            "fused": self.fused(beta),
        }
        out = self.watched & without_watched
        return {model: self.hits(np.where(out, -np.inf, values)) for model, values in scores.items()}


@dataclass(frozen=True)
class CascadeScores:
    """Per window: the target's rank by SASRec over the catalogue, its place in SASRec's slate (-1 outside), both scores."""

    sasrec_rank: Ints
    place: Ints
    verdicts: Floats
    sasrec: Floats
    users: Ints
    windows: Ints

    def reranked(self, beta: float, slate: int | None = None) -> Ints:
        """Returns the target's rank after reranking the first `slate` places by verdict + beta * SASRec score.

        A target outside the slate keeps the rank SASRec gave it.
        """
        width = slate or self.verdicts.shape[1]
        scores = (self.verdicts + beta * self.sasrec)[:, :width]
        inside = (self.place >= 0) & (self.place < width)
        own = np.take_along_axis(scores, np.where(inside, self.place, 0)[:, None], 1)
        return np.where(inside, (scores > own).sum(1), self.sasrec_rank)

    def recalled(self, slate: int) -> Doubles:
        """Returns 1 for each window whose target is among SASRec's best `slate`, else 0."""
        return ((self.place >= 0) & (self.place < slate)).astype(np.float64)


def window_table(model: Recommender, data: Dataset, part: Part) -> WindowTable:
    """Returns the evaluated windows of a part on the model's device."""
    return WindowTable(data, data.bounds(part), MIN_HISTORY, model.null_behaviour.device)


def chosen_windows(table: WindowTable, count: int | None, seed: int = 0) -> Tensor:
    """Returns all windows, or `count` drawn at random."""
    every = torch.arange(len(table))
    if count is not None and count < len(table):
        every = torch.randperm(len(table), generator=torch.Generator().manual_seed(seed))[:count].sort().values
    return every


def last_windows(table: WindowTable) -> Tensor:
    """Returns the last window of every user who has one."""
    is_last = np.append(table.users[1:] != table.users[:-1], True)
    return torch.from_numpy(np.flatnonzero(is_last))


def score_candidates(
    model: Recommender, data: Dataset, part: Part, count: int | None = None, batch: int = 128, with_text: bool = True
) -> CandidateScores:
    """Scores the 20 candidates of every window (or of `count` of them) by every model."""
    table = window_table(model, data, part)
    return _score(model, data, table, chosen_windows(table, count), 1, batch, with_text)


def score_last_targets(
    model: Recommender, data: Dataset, part: Part, draws: int = LAST_TARGET_DRAWS, batch: int = 128, with_text: bool = True
) -> CandidateScores:
    """Scores each user's last target among `draws` draws of candidates, by every model."""
    table = window_table(model, data, part)
    return _score(model, data, table, last_windows(table), draws, batch, with_text)


@torch.no_grad()
def _score(
    model: Recommender, data: Dataset, table: WindowTable, chosen: Tensor, draws: int, batch: int, with_text: bool
) -> CandidateScores:
    device = model.null_behaviour.device
    popularity = torch.tensor([film.popularity for film in data.films], dtype=torch.float32, device=device)
    rows: list[list[npt.NDArray]] = []
    repeated = chosen.repeat_interleave(draws).to(device)
    draw = torch.arange(draws, device=device).repeat(len(chosen))
    for windows, numbers in zip(repeated.split(batch), draw.split(batch), strict=True):
        history = table.histories(windows, model.sasrec.shape.max_length)
        candidates = evaluation_candidates(table, windows, CANDIDATES - 1, numbers)
        hybrid, sasrec = model.score(history, candidates)
        text_only = model.score(history, candidates, behaviour=False)[0] if with_text else torch.zeros_like(hybrid)
        watched = table.unavailable(windows).gather(1, candidates)
        watched[:, 0] = False
        scores = [t.float().cpu().numpy() for t in (hybrid, text_only, sasrec, popularity[candidates])]
        rows.append([*scores, watched.cpu().numpy()])
    columns = (np.concatenate(column) for column in zip(*rows, strict=True))
    return CandidateScores(*columns, table.users[chosen.numpy()], chosen.numpy(), draws)


@torch.no_grad()
def score_cascade(
    model: Recommender, data: Dataset, part: Part, slate: int, count: int | None = None, batch: int = 64
) -> CascadeScores:
    """Scores SASRec's best `slate` films of every window (or of `count` of them)."""
    table = window_table(model, data, part)
    device = model.null_behaviour.device
    chosen = chosen_windows(table, count)
    rows: list[list[npt.NDArray]] = []
    for windows in chosen.to(device).split(batch):
        history = table.histories(windows, model.sasrec.shape.max_length)
        scores = model.sasrec.item_scores(model.sasrec.state(history))
        target = table.targets(windows)[:, None]
        # The target is a candidate like any other film not rated before.
        unavailable = table.unavailable(windows).scatter(1, target, False)
        best = scores.masked_fill(unavailable, -torch.inf).topk(slate)
        verdicts, _ = model.score(history, best.indices)
        is_target = best.indices == target
        place = torch.where(is_target.any(1), is_target.int().argmax(1), -1)
        ranks = target_ranks(scores, table, windows)
        rows.append([t.cpu().numpy() for t in (ranks, place, verdicts.float(), best.values)])
    ranks, place, verdicts, sasrec = (np.concatenate(column) for column in zip(*rows, strict=True))
    return CascadeScores(ranks, place, verdicts, sasrec, table.users[chosen.numpy()], chosen.numpy())


def save_scores(path: Path, scores: CandidateScores | CascadeScores, data: Dataset, part: Part) -> None:
    """Stores scores with what they are of, as `npz`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(path, **vars(scores), data_sha256=np.array(data.data_sha256), part=np.array(part))


def load_candidate_scores(path: Path) -> CandidateScores:
    """Loads what `save_scores` stored."""
    found = _fields(path, CandidateScores)
    return CandidateScores(**{**found, "draws": int(found["draws"])})


def load_cascade_scores(path: Path) -> CascadeScores:
    """Loads what `save_scores` stored."""
    return CascadeScores(**_fields(path, CascadeScores))


def _fields(path: Path, kind: type) -> dict[str, Any]:
    with np.load(path) as stored:
        found = {name: stored[name] for name in stored.files if name not in ("data_sha256", "part")}
    if set(found) != {field.name for field in fields(kind)}:
        raise TrainingError(f"{path} does not hold these scores but {sorted(found)}; score the model again")
    return found


def check_same_windows(paths: tuple[Path, Path]) -> None:
    """Raises unless two stored scores are of the same windows, draws and data, so that they may be paired."""
    first, second = (np.load(path) for path in paths)
    for name in ("data_sha256", "part", "windows", "draws"):
        if (name in first) != (name in second) or (name in first and not np.array_equal(first[name], second[name])):
            raise TrainingError(f"{paths[0]} and {paths[1]} differ in {name}; only scores of the same windows can be paired")
