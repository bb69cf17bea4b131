"""Simulated readers of real films for the app's Lab: how likely each rates each film 4 or more, by a factorisation of ratings.

`python -m becausal_training.reader_model` writes the fixture.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from becausal_training.movies import ABOUT, PACKAGE, read_movies
from becausal_training.ratings import RatingTable

FIXTURE = Path(__file__).parents[2] / "src" / "adapt" / "lab" / "movie-readers.json"
SEED = 9
RANK = 6
READERS = 24
POPULAR, MIDDLE, NICHE = 7, 6, 7
LIKED_FROM = 4.0
# At 4 the factorisation is worse on held-out ratings than effects alone.
_TASTE_PRIOR = 12


@dataclass(frozen=True)
class LikeModel:
    """Log-odds that a user rates a film 4 or more: base + user + film + p . q."""

    base: float
    user: npt.NDArray[np.float64]
    film: npt.NDArray[np.float64]
    p: npt.NDArray[np.float64]
    q: npt.NDArray[np.float64]

    def log_odds(self, users: npt.NDArray[np.int64], films: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        """Returns one number per pair."""
        return self.base + self.user[users] + self.film[films] + (self.p[users] * self.q[films]).sum(axis=1)


def fit_likes(
    user: npt.NDArray[np.int64], film: npt.NDArray[np.int64], liked: npt.NDArray[np.bool_], rank: int, steps: int = 250
) -> LikeModel:
    """Fits by Adam on all pairs at once, with a Gaussian prior on every effect."""
    generator = torch.Generator().manual_seed(SEED)
    users, films = int(user.max()) + 1, int(film.max()) + 1
    rows = [torch.from_numpy(column) for column in (user, film, liked.astype(np.float32))]
    shapes = ((1,), (users,), (films,), (users, rank), (films, rank))
    parameters = [(0.1 * torch.randn(shape, generator=generator)).requires_grad_() for shape in shapes]
    base, of_user, of_film, p, q = parameters
    optimiser = torch.optim.Adam(parameters, lr=0.05)
    for _ in range(steps):
        optimiser.zero_grad()
        logits = base + of_user[rows[0]] + of_film[rows[1]] + (p[rows[0]] * q[rows[1]]).sum(dim=1)
        loss = torch.nn.functional.binary_cross_entropy_with_logits(logits, rows[2], reduction="sum")
        prior = 0.5 * (
            of_user.square().sum() + 2 * of_film.square().sum() + _TASTE_PRIOR * (p.square().sum() + q.square().sum())
        )
        ((loss + prior) / len(user)).backward()
        optimiser.step()
    values = [value.detach().double().numpy() for value in parameters]
    return LikeModel(float(values[0][0]), *values[1:])


def held_out_scores(table: RatingTable) -> dict[str, float]:
    """Returns what the model is worth on a tenth of the ratings that it did not see, beside effects of user and film alone."""
    liked = table.rating >= LIKED_FROM
    held = np.random.default_rng(SEED).random(len(liked)) < 0.1
    scores = {"ratings": int(held.sum())}
    users, films = int(table.user.max()) + 1, int(table.item.max()) + 1
    for name, rank in (("effects alone", 0), ("factorisation", RANK)):
        # The last user and film appear on both sides, so that the tables are as long as all of the data.
        model = fit_likes(table.user[~held], table.item[~held], liked[~held], rank)
        padded = LikeModel(
            model.base,
            _padded(model.user, users),
            _padded(model.film, films),
            _padded(model.p, users),
            _padded(model.q, films),
        )
        probability = 1 / (1 + np.exp(-padded.log_odds(table.user[held], table.item[held])))
        truth = liked[held]
        scores[f"log loss, {name}"] = round(float(-np.log(np.where(truth, probability, 1 - probability)).mean()), 4)
        scores[f"AUC, {name}"] = round(_auc(probability, truth), 4)
    return scores


def _padded(values: npt.NDArray[np.float64], length: int) -> npt.NDArray[np.float64]:
    return np.concatenate([values, np.zeros((length - len(values), *values.shape[1:]))])


def _auc(score: npt.NDArray[np.float64], truth: npt.NDArray[np.bool_]) -> float:
    rank = np.empty(len(score))
    rank[np.argsort(score, kind="stable")] = np.arange(1, len(score) + 1)
    positive = int(truth.sum())
    return float((rank[truth].sum() - positive * (positive + 1) / 2) / (positive * (len(truth) - positive)))


def choose(table: RatingTable) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Returns readers, drawn among those with 50 to 500 ratings, and films: the most rated, and drawn ones of fewer ratings."""
    random = np.random.default_rng(SEED)
    of_user, of_film = np.bincount(table.user), np.bincount(table.item)
    readers = random.choice(np.flatnonzero((of_user >= 50) & (of_user <= 500)), READERS, replace=False)
    between = [np.flatnonzero((of_film >= low) & (of_film <= high)) for low, high in ((60, 120), (25, 40))]
    drawn = [random.choice(films, count, replace=False) for films, count in zip(between, (MIDDLE, NICHE), strict=True)]
    popular = np.argsort(-of_film, kind="stable")[:POPULAR]
    return np.sort(readers), np.concatenate([popular, *drawn])


def build() -> dict[str, Any]:
    """Returns the fixture's document."""
    table = read_movies()
    readers, films = choose(table)
    counts = np.bincount(table.item)
    model = fit_likes(table.user, table.item, table.rating >= LIKED_FROM, RANK)
    log_odds = [model.log_odds(np.full(len(films), reader), films).round(3).tolist() for reader in readers]
    groups = ["popular"] * POPULAR + ["middle"] * MIDDLE + ["niche"] * NICHE
    return {
        "made_by": "python -m becausal_training.reader_model",
        "data": "==".join(PACKAGE),
        "licence": ABOUT.licence["name"],
        "seed": SEED,
        "rank": RANK,
        "heldOut": held_out_scores(table),
        "films": [
            {
                "title": table.films[film].title,
                "year": table.films[film].year,
                "ratings": int(counts[film]),
                "group": group,
            }
            for film, group in zip(films, groups, strict=True)
        ],
        "logOdds": log_odds,
    }


def main() -> None:
    """Writes the fixture."""
    document = build()
    lists = {key: document.pop(key) for key in ("films", "logOdds")}
    head = json.dumps(document, indent=1, ensure_ascii=False)[:-2]
    body = ",\n".join(
        f' "{key}": [\n' + ",\n".join(f"  {json.dumps(row, ensure_ascii=False)}" for row in rows) + "\n ]"
        for key, rows in lists.items()
    )
    FIXTURE.write_text(f"{head},\n{body}\n}}\n", encoding="utf-8")
    print(json.dumps(document["heldOut"], indent=1))


if __name__ == "__main__":
    main()
