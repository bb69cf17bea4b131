"""Scores of every window by every model, and the table of metrics made of them.

Two protocols on held-out users: the target among 20 candidates (19 drawn uniformly from films not rated before), and the
whole catalogue as the app does it (SASRec's best N, reranked). The weight of the fused score is chosen on validation users.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from becausal_training.interactions import MIN_HISTORY, Dataset, Part
from becausal_training.metrics import hit_at_1, hits_within, ndcg_within, user_bootstrap
from becausal_training.recommender import Recommender
from becausal_training.sampling import CANDIDATES, evaluation_candidates
from becausal_training.sasrec_training import target_ranks
from becausal_training.windows import WindowTable

BETAS = (0.0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.7, 1.0, 1.5, 2.0)
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class CandidateScores:
    """Scores `[windows, 20]` by model, the target in column 0, and the user of each window."""

    hybrid: Floats
    text_only: Floats
    sasrec: Floats
    popularity: Floats
    users: npt.NDArray[np.int64]

    def fused(self, beta: float) -> Floats:
        """Returns verdict + beta * SASRec score."""
        return (self.hybrid + beta * self.sasrec).astype(np.float32)


@dataclass(frozen=True)
class CascadeScores:
    """Per window: the target's rank by SASRec over the catalogue, its place in SASRec's slate (-1 outside), both scores."""

    sasrec_rank: npt.NDArray[np.int64]
    place: npt.NDArray[np.int64]
    verdicts: Floats
    sasrec: Floats
    users: npt.NDArray[np.int64]

    def reranked(self, beta: float, slate: int | None = None) -> npt.NDArray[np.int64]:
        """Returns the target's rank after reranking the first `slate` places by verdict + beta * SASRec score.

        A target outside the slate keeps the rank SASRec gave it.
        """
        width = slate or self.verdicts.shape[1]
        scores = (self.verdicts + beta * self.sasrec)[:, :width]
        inside = (self.place >= 0) & (self.place < width)
        own = np.take_along_axis(scores, np.where(inside, self.place, 0)[:, None], 1)
        return np.where(inside, (scores > own).sum(1), self.sasrec_rank)


def window_table(model: Recommender, data: Dataset, part: Part) -> WindowTable:
    """Returns the evaluated windows of a part on the model's device."""
    return WindowTable(data, data.bounds(part), MIN_HISTORY, model.null_behaviour.device)


def chosen_windows(table: WindowTable, count: int | None, seed: int = 0) -> torch.Tensor:
    """Returns all windows, or `count` drawn at random."""
    every = torch.arange(len(table))
    if count is not None and count < len(table):
        every = torch.randperm(len(table), generator=torch.Generator().manual_seed(seed))[:count].sort().values
    return every


@torch.no_grad()
def score_candidates(
    model: Recommender, data: Dataset, part: Part, count: int | None = None, batch: int = 128, with_text: bool = True
) -> CandidateScores:
    """Scores the 20 candidates of every window (or of `count` of them) by every model."""
    table = window_table(model, data, part)
    device = model.null_behaviour.device
    popularity = torch.tensor([film.popularity for film in data.films], dtype=torch.float32, device=device)
    chosen = chosen_windows(table, count)
    rows: list[list[Floats]] = []
    for windows in chosen.to(device).split(batch):
        history = table.histories(windows, model.sasrec.shape.max_length)
        candidates = evaluation_candidates(table, windows, CANDIDATES - 1)
        hybrid, sasrec = model.score(history, candidates)
        text_only = model.score(history, candidates, behaviour=False)[0] if with_text else torch.zeros_like(hybrid)
        rows.append([t.float().cpu().numpy() for t in (hybrid, text_only, sasrec, popularity[candidates])])
    hybrid, text_only, sasrec, popular = (np.concatenate(column) for column in zip(*rows, strict=True))
    return CandidateScores(hybrid, text_only, sasrec, popular, table.users[chosen.numpy()])


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
    return CascadeScores(ranks, place, verdicts, sasrec, table.users[chosen.numpy()])


def choose_beta(candidates: CandidateScores, cascade: CascadeScores) -> tuple[float, list[dict[str, float]]]:
    """Returns the beta whose validation HR@1 (20 candidates) and cascade NDCG@10, each over its best, sum highest."""
    rows = [
        {
            "beta": beta,
            "HR@1": float(hit_at_1(candidates.fused(beta)).mean()),
            "NDCG@10": float(ndcg_within(cascade.reranked(beta), 10).mean()),
        }
        for beta in BETAS
    ]
    best = {name: max(max(row[name] for row in rows), 1e-9) for name in ("HR@1", "NDCG@10")}
    chosen = max(rows, key=lambda row: row["HR@1"] / best["HR@1"] + row["NDCG@10"] / best["NDCG@10"])
    return chosen["beta"], [{name: round(value, 4) for name, value in row.items()} for row in rows]


@dataclass(frozen=True)
class MetricTable:
    """Metrics, and paired differences of a model to another on the same windows."""

    metrics: list[dict[str, Any]]
    differences: list[dict[str, Any]]

    def __add__(self, other: "MetricTable") -> "MetricTable":
        """Returns the rows of both."""
        return MetricTable(self.metrics + other.metrics, self.differences + other.differences)


def candidate_metrics(scores: CandidateScores, beta: float, windows: str = "all windows") -> MetricTable:
    """Returns HR@1 in the 20-candidate protocol; `windows` says which of the test users' windows were scored."""
    protocol = f"{CANDIDATES} candidates, {windows} of the test users"
    hits = {
        "popularity": hit_at_1(scores.popularity),
        "SASRec": hit_at_1(scores.sasrec),
        "text only": hit_at_1(scores.text_only),
        "hybrid iLoRA": hit_at_1(scores.hybrid),
        "fused": hit_at_1(scores.fused(beta)),
    }
    pairs = [("hybrid iLoRA", "SASRec"), ("hybrid iLoRA", "text only"), ("fused", "SASRec"), ("fused", "hybrid iLoRA")]
    return MetricTable(
        [_row("HR@1", model, protocol, values, scores.users) for model, values in hits.items()],
        [_row("HR@1", model, protocol, hits[model] - hits[minus], scores.users, minus) for model, minus in pairs],
    )


def cascade_metrics(scores: CascadeScores, beta: float, slates: Sequence[int], windows: str = "all windows") -> MetricTable:
    """Returns HR@1, HR@10 and NDCG@10 over the whole catalogue for SASRec and for its reranked slates."""
    measures = {
        "HR@1": lambda ranks: hits_within(ranks, 1),
        "HR@10": lambda ranks: hits_within(ranks, 10),
        "NDCG@10": lambda ranks: ndcg_within(ranks, 10),
    }
    protocol = f"whole catalogue, {windows} of the test users"
    table = MetricTable([], [])
    for name, measure in measures.items():
        alone = measure(scores.sasrec_rank)
        table.metrics.append(_row(name, "SASRec", protocol, alone, scores.users))
        for slate in slates:
            reranked = f"{protocol}, SASRec's top {slate} reranked"
            for model, weight in (("hybrid iLoRA", 0.0), ("fused", beta)):
                values = measure(scores.reranked(weight, slate))
                table.metrics.append(_row(name, model, reranked, values, scores.users))
                table.differences.append(_row(name, model, reranked, values - alone, scores.users, "SASRec"))
    return table


def _row(
    name: str, model: str, protocol: str, values: npt.NDArray, users: npt.NDArray, minus: str | None = None
) -> dict[str, Any]:
    row = {"name": name, "model": model, "protocol": protocol, **user_bootstrap(values, users).to_json()}
    return row if minus is None else {**row, "minus": minus}


def format_table(rows: Sequence[dict[str, Any]]) -> str:
    """Returns metric rows as aligned text."""
    lines = []
    for row in rows:
        model = f"{row['model']} - {row['minus']}" if "minus" in row else row["model"]
        interval = f"{row['value']:+.4f} [{row['low']:+.4f}, {row['high']:+.4f}]"
        lines.append(f"{row['name']:8} {model:24} {interval}  n={row['n']}, users={row['users']}  {row['protocol']}")
    return "\n".join(lines)
