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
from becausal_training.metrics import Estimate, hit_at_1, hits_within, ndcg_within, user_bootstrap
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


def candidate_metrics(scores: CandidateScores, beta: float) -> list[dict[str, Any]]:
    """Returns the HR@1 rows of the 20-candidate protocol, with paired differences to SASRec."""
    protocol = f"{CANDIDATES} candidates, all windows of the test users"
    hits = {
        "popularity": hit_at_1(scores.popularity),
        "SASRec": hit_at_1(scores.sasrec),
        "text only": hit_at_1(scores.text_only),
        "hybrid iLoRA": hit_at_1(scores.hybrid),
        "fused": hit_at_1(scores.fused(beta)),
    }
    hits["hybrid iLoRA - SASRec"] = hits["hybrid iLoRA"] - hits["SASRec"]
    hits["hybrid iLoRA - text only"] = hits["hybrid iLoRA"] - hits["text only"]
    hits["fused - SASRec"] = hits["fused"] - hits["SASRec"]
    return [_metric("HR@1", name, protocol, user_bootstrap(values, scores.users)) for name, values in hits.items()]


def cascade_metrics(scores: CascadeScores, beta: float, slates: Sequence[int]) -> list[dict[str, Any]]:
    """Returns HR@1, HR@10 and NDCG@10 over the whole catalogue for SASRec and its reranked slates."""
    ranks = {("SASRec", 0): scores.sasrec_rank}
    for slate in slates:
        ranks[("hybrid iLoRA", slate)] = scores.reranked(0.0, slate)
        ranks[("fused", slate)] = scores.reranked(beta, slate)
    measures = {
        "HR@1": lambda r: hits_within(r, 1),
        "HR@10": lambda r: hits_within(r, 10),
        "NDCG@10": lambda r: ndcg_within(r, 10),
    }
    rows = []
    for name, measure in measures.items():
        sasrec = measure(scores.sasrec_rank)
        for (model, slate), model_ranks in ranks.items():
            values = measure(model_ranks)
            protocol = "whole catalogue, windows of the test users" + (f", SASRec's top {slate} reranked" if slate else "")
            rows.append(_metric(name, model, protocol, user_bootstrap(values, scores.users)))
            if slate:
                rows.append(_metric(name, f"{model} - SASRec", protocol, user_bootstrap(values - sasrec, scores.users)))
    return rows


def _metric(name: str, model: str, protocol: str, estimate: Estimate) -> dict[str, Any]:
    return {"name": name, "model": model, "protocol": protocol, **estimate.to_json()}


def format_table(rows: Sequence[dict[str, Any]]) -> str:
    """Returns metric rows as aligned text."""
    lines = []
    for row in rows:
        interval = f"{row['value']:+.4f} [{row['low']:+.4f}, {row['high']:+.4f}]"
        lines.append(f"{row['name']:8} {row['model']:24} {interval}  n={row['n']}, users={row['users']}  {row['protocol']}")
    return "\n".join(lines)
