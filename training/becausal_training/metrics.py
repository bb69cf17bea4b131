"""Ranking metrics for one relevant film a window, and their user-clustered bootstrap interval."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Doubles = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

RESAMPLES = 2_000


@dataclass(frozen=True)
class Estimate:
    """A mean over windows with its 95 % interval, by resampling users."""

    value: float
    low: float
    high: float
    n: int
    users: int

    def is_finite(self) -> bool:
        """Whether value and interval are numbers."""
        return bool(np.isfinite([self.value, self.low, self.high]).all())

    def to_json(self) -> dict[str, Any]:
        """Returns the fields of a manifest's metric, rounded to 4 decimals."""
        rounded = {"value": round(self.value, 4), "n": self.n, "users": self.users}
        return {**rounded, "low": round(self.low, 4), "high": round(self.high, 4)}


def hit_at_1(scores: npt.NDArray, target: int = 0) -> Doubles:
    """Returns the chance `[n]` that column `target` of `scores` `[n, candidates]` ranks first, ties broken at random."""
    own = scores[:, target : target + 1]
    ties = (scores == own).sum(1)  # counts the target itself
    return np.where((scores > own).any(1), 0.0, 1.0 / ties)


def hits_within(ranks: Ints, k: int) -> Doubles:
    """HR@k `[n]` of ranks that start at 0."""
    return (ranks < k).astype(np.float64)


def ndcg_within(ranks: Ints, k: int) -> Doubles:
    """NDCG@k `[n]` of one relevant item: 1 / log2(rank + 2) within the first k, else 0; ranks start at 0."""
    return np.where(ranks < k, 1.0 / np.log2(np.minimum(ranks, k) + 2.0), 0.0)


def user_bootstrap(values: Doubles, users: Sequence[int] | Ints, resamples: int = RESAMPLES, seed: int = 0) -> Estimate:
    """Mean of `values` over windows with a percentile interval from resampling whole users with replacement.

    For a paired difference pass the differences.
    """
    return ratio_bootstrap(values, np.ones(len(values)), users, resamples, seed)


def ratio_bootstrap(
    values: Doubles, others: Doubles, users: Sequence[int] | Ints, resamples: int = RESAMPLES, seed: int = 0
) -> Estimate:
    """sum(values) / sum(others) over paired windows with a percentile interval from resampling whole users.

    Not finite where all of `others`, in the data or in a resample, are zero.
    """
    _, user = np.unique(np.asarray(users), return_inverse=True)
    count = int(user.max()) + 1
    above, below = np.bincount(user, values, count), np.bincount(user, others, count)
    drawn = np.random.default_rng(seed).multinomial(count, np.full(count, 1 / count), size=resamples)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = (drawn @ above) / (drawn @ below)
        value = np.float64(values.mean()) / others.mean()
        low, high = np.quantile(ratios, [0.025, 0.975])
    return Estimate(float(value), float(low), float(high), len(values), count)
