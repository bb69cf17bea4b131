"""A world whose tastes are known: how near the inference comes to the best possible one, and to AlignX's rule.

A user is for or against `ACTIVE` of `DIRECTIONS_IN_WORLD` directions, all such users equally likely; a film has each
attribute with chance `ATTRIBUTE_SHARE`; of two films a is chosen over b with probability sigmoid(SHARPNESS u . (a - b)).
So the Bayes-optimal answer is the average over all users that are possible, weighted by what was seen of this one.
"""

import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from becausal_training.metrics import user_bootstrap
from becausal_training.taste_prior import TastePrior, fit_prior, posterior

Doubles = npt.NDArray[np.float64]
DIRECTIONS_IN_WORLD, ACTIVE, ATTRIBUTE_SHARE, SHARPNESS = 20, 3, 0.3, 3.0
SHOWN = (0, 1, 2, 4, 8, 16)
ASKED = 40
BARS = {2: 0.015, 16: 0.02}
"""By how much accuracy may fall short of the Bayes-optimal one after so many pairs."""
TRAINING_USERS, TRAINING_PAIRS = 2_000, 30


@dataclass(frozen=True)
class WorldUsers:
    """Users with their pairs, each as attributes of the chosen film minus those of the other."""

    tastes: Doubles
    """`[users, directions]`, -1, 0 or 1."""
    shown: Doubles
    """`[users, 16, directions]`: what the inference sees, in order."""
    asked: Doubles
    """`[users, 40, directions]`: what it must predict."""
    ties: npt.NDArray[np.bool_]
    """`[users, 40]`: the coin that decides where two films look alike."""


def draw_users(count: int, seed: int, shown: int = SHOWN[-1]) -> WorldUsers:
    """Draws users and the pairs they answered."""
    rng = np.random.default_rng(seed)
    tastes = np.zeros((count, DIRECTIONS_IN_WORLD))
    for user in range(count):
        tastes[user, rng.choice(DIRECTIONS_IN_WORLD, ACTIVE, replace=False)] = rng.choice([-1.0, 1.0], ACTIVE)

    def pairs(number: int) -> Doubles:
        first, second = (rng.random((count, number, DIRECTIONS_IN_WORLD)) < ATTRIBUTE_SHARE for _ in range(2))
        difference = first.astype(np.float64) - second
        chance = _sigmoid(SHARPNESS * np.einsum("und,ud->un", difference, tastes))
        return np.where(rng.random(chance.shape) < chance, 1.0, -1.0)[..., None] * difference

    return WorldUsers(tastes, pairs(shown), pairs(ASKED), rng.random((count, ASKED)) < 0.5)


def learnt_prior(seed: int) -> TastePrior:
    """Returns the prior that empirical Bayes finds on other users of the world."""
    users = draw_users(TRAINING_USERS, seed, TRAINING_PAIRS)
    return fit_prior(list(users.shown), [np.ones(TRAINING_PAIRS)] * TRAINING_USERS)


def possible_tastes() -> Doubles:
    """Returns every taste that a user may have `[tastes, directions]`."""
    found = []
    for columns in itertools.combinations(range(DIRECTIONS_IN_WORLD), ACTIVE):
        for signs in itertools.product((-1.0, 1.0), repeat=ACTIVE):
            taste = np.zeros(DIRECTIONS_IN_WORLD)
            taste[list(columns)] = signs
            found.append(taste)
    return np.array(found)


def bayes_margins(users: WorldUsers, n: int) -> Doubles:
    """Returns P(the chosen film is preferred) - 1/2 for every asked pair `[users, 40]`, after the first n pairs."""
    tastes = possible_tastes()
    margins = np.empty(users.asked.shape[:2])
    for user in range(len(margins)):
        log_likelihood = -np.logaddexp(0.0, -SHARPNESS * (users.shown[user, :n] @ tastes.T)).sum(0)
        weights = np.exp(log_likelihood - log_likelihood.max())
        margins[user] = _sigmoid(SHARPNESS * (users.asked[user] @ tastes.T)) @ (weights / weights.sum()) - 0.5
    return margins


def mean_threshold_margins(users: WorldUsers, n: int) -> Doubles:
    """Returns asked pairs scored by AlignX's rule: a direction is for at a mean of .6 or more, against at .4 or less."""
    if n == 0:
        return np.zeros(users.asked.shape[:2])
    mean = ((np.sign(users.shown[:, :n]) + 1) / 2).mean(1)
    persona = np.where(mean >= 0.6, 1.0, np.where(mean <= 0.4, -1.0, 0.0))
    return np.einsum("und,ud->un", users.asked, persona)


def inferred_margins(users: WorldUsers, n: int, prior: TastePrior) -> Doubles:
    """Returns asked pairs scored by the mode of the posterior after the first n pairs."""
    rows = users.shown[:, :n]
    return np.einsum("und,ud->un", users.asked, posterior(prior, rows, np.ones(rows.shape[:2])).mode)


def accuracies(margins: Doubles, ties: npt.NDArray[np.bool_]) -> Doubles:
    """Returns the share of pairs that each user's margins get right `[users]`; a margin of 0 is decided by the coin."""
    return np.where(np.abs(margins) < 1e-9, ties, margins > 0).mean(1)


def run_world(users: int = 1_500, seed: int = 0) -> list[dict[str, Any]]:
    """Returns a row for each method and number of pairs: accuracy, its interval, and whether its bar is met."""
    drawn, prior = draw_users(users, seed), learnt_prior(seed + 1)
    oracle = accuracies(np.einsum("und,ud->un", drawn.asked, drawn.tastes), drawn.ties)
    rows = []
    for n in SHOWN:
        best = accuracies(bayes_margins(drawn, n), drawn.ties)
        found = {
            "Bayes-optimal": best,
            "inferred": accuracies(inferred_margins(drawn, n, prior), drawn.ties),
            "mean threshold": accuracies(mean_threshold_margins(drawn, n), drawn.ties),
            "oracle": oracle,
        }
        for method, values in found.items():
            row = {"pairs": n, "method": method, **_estimate(values)}
            if method == "inferred" and n in BARS:
                short = float((best - values).mean())
                row |= {"short": round(short, 4), "bar": BARS[n], "verdict": "met" if short <= BARS[n] else "missed"}
            rows.append(row)
    return rows


def format_world(rows: list[dict[str, Any]]) -> str:
    """Returns the table as aligned text."""
    lines = []
    for row in rows:
        bar = f"  {row['short']:+.4f} short of Bayes, at most {row['bar']}: {row['verdict']}" if "bar" in row else ""
        lines.append(
            f"after {row['pairs']:<2} pairs  {row['method']:15} {row['value']:.4f} [{row['low']:.4f}, {row['high']:.4f}]{bar}"
        )
    return "\n".join(lines)


def _estimate(values: Doubles) -> dict[str, Any]:
    return user_bootstrap(values, np.arange(len(values))).to_json()


def _sigmoid(x: Doubles) -> Doubles:
    return 1.0 / (1.0 + np.exp(-x))
