"""The table of metrics made of scores (`scoring`), with user-clustered intervals, paired differences and ratios.

The weight of the fused score is chosen on validation users.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from becausal_training.metrics import Doubles, Ints, hit_at_1, hits_within, ndcg_within, ratio_bootstrap, user_bootstrap
from becausal_training.sampling import CANDIDATES
from becausal_training.scoring import CandidateScores, CascadeScores

BETAS = tuple(
    round(float(beta), 3) for beta in (*np.arange(0, 0.6, 0.025), *np.arange(0.6, 1.2, 0.05), *np.arange(1.2, 2.01, 0.1))
)
PAIRS = (("hybrid iLoRA", "SASRec"), ("hybrid iLoRA", "text only"), ("fused", "SASRec"), ("fused", "hybrid iLoRA"))
WITHOUT_WATCHED = "films rated before ranked last"
"""LLaRA's protocol draws candidates that the user rated longer ago than the prompt reaches; nobody watches those next in
these data, and the app never recommends them. SASRec sees 50 films back, the language model ten."""
CATALOGUE_MEASURES: dict[str, Callable[[Ints], Doubles]] = {
    "HR@1": lambda ranks: hits_within(ranks, 1),
    "HR@10": lambda ranks: hits_within(ranks, 10),
    "NDCG@10": lambda ranks: ndcg_within(ranks, 10),
}


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
    """Metrics; paired differences (`minus`) and paired ratios (`over`) of a model to another on the same windows."""

    metrics: list[dict[str, Any]] = field(default_factory=list)
    differences: list[dict[str, Any]] = field(default_factory=list)
    ratios: list[dict[str, Any]] = field(default_factory=list)

    def __add__(self, other: "MetricTable") -> "MetricTable":
        """Returns the rows of both."""
        return MetricTable(self.metrics + other.metrics, self.differences + other.differences, self.ratios + other.ratios)

    def rows(self) -> list[dict[str, Any]]:
        """Returns all rows."""
        return self.metrics + self.differences + self.ratios


def candidate_metrics(scores: CandidateScores, beta: float, windows: str = "all windows") -> MetricTable:
    """Returns HR@1 in the 20-candidate protocol; `windows` says which of the test users' windows were scored."""
    return _hit_table(scores, beta, f"{CANDIDATES} candidates, {windows} of the test users")


def last_target_metrics(scores: CandidateScores, beta: float) -> MetricTable:
    """Returns HR@1 of each user's last target as the mean over the draws of its candidates; n is the number of users."""
    return _hit_table(scores, beta, f"{CANDIDATES} candidates, last targets of the test users, mean of {scores.draws} draws")


def _hit_table(scores: CandidateScores, beta: float, protocol: str) -> MetricTable:
    """The protocol's table; where it draws films that the user had rated before, also without them, as the app ranks."""
    table = MetricTable()
    for without_watched in (False, True) if scores.watched.any() else (False,):
        hits = scores.hits_by_model(beta, without_watched)
        name = f"{protocol}, {WITHOUT_WATCHED}" if without_watched else protocol
        table += MetricTable(
            [metric_row("HR@1", model, name, values, scores.users) for model, values in hits.items()],
            [metric_row("HR@1", model, name, hits[model] - hits[minus], scores.users, minus) for model, minus in PAIRS],
        )
    return table


def cascade_metrics(scores: CascadeScores, beta: float, slates: Sequence[int], windows: str = "all windows") -> MetricTable:
    """Returns HR@1, HR@10 and NDCG@10 over the whole catalogue for SASRec and for its reranked slates.

    Each slate's recall is the share of targets within it: no reranking can hit more.
    """
    protocol = f"whole catalogue, {windows} of the test users"
    table = MetricTable()
    for slate in slates:
        table.metrics.append(metric_row(f"Recall@{slate}", "SASRec", protocol, scores.recalled(slate), scores.users))
    for name, measure in CATALOGUE_MEASURES.items():
        alone = measure(scores.sasrec_rank)
        table.metrics.append(metric_row(name, "SASRec", protocol, alone, scores.users))
        for slate in slates:
            reranked = f"{protocol}, SASRec's top {slate} reranked"
            for model, weight in (("hybrid iLoRA", 0.0), ("fused", beta)):
                values = measure(scores.reranked(weight, slate))
                table.metrics.append(metric_row(name, model, reranked, values, scores.users))
                table.differences.append(metric_row(name, model, reranked, values - alone, scores.users, "SASRec"))
                if (ratio := ratio_bootstrap(values, alone, scores.users)).is_finite():
                    row = {"name": name, "model": model, "protocol": reranked, **ratio.to_json(), "over": "SASRec"}
                    table.ratios.append(row)
    return table


def metric_row(
    name: str, model: str, protocol: str, values: npt.NDArray, users: npt.NDArray, minus: str | None = None
) -> dict[str, Any]:
    """Returns the mean of `values` over windows with its interval; they are paired differences where `minus` names a model."""
    row = {"name": name, "model": model, "protocol": protocol, **user_bootstrap(values, users).to_json()}
    return row if minus is None else {**row, "minus": minus}


def format_table(rows: Sequence[dict[str, Any]]) -> str:
    """Returns metric rows as aligned text."""

    def model(row: dict[str, Any]) -> str:
        other = f" - {row['minus']}" if "minus" in row else f" / {row['over']}" if "over" in row else ""
        return row["model"] + other

    width = max((len(model(row)) for row in rows), default=0)
    lines = []
    for row in rows:
        interval = f"{row['value']:+.4f} [{row['low']:+.4f}, {row['high']:+.4f}]"
        lines.append(f"{row['name']:10} {model(row):{width}} {interval}  n={row['n']}, users={row['users']}  {row['protocol']}")
    return "\n".join(lines)
