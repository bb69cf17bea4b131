"""How well a taste inferred from a few ratings tells what people of whom nothing else is known like next.

Of every held-out user the ratings that say liked or disliked are split in two by time. The first half gives the
interactions: eight of it are drawn, and n of them are shown, the same first n for every larger n. The second half is asked
about. Pairwise accuracy is the share of pairs whose liked film the taste puts first: liked against disliked films, and liked
films against films the user never rated, of like popularity or of like popularity and decade (what was not out yet, or is
long forgotten, could not be seen). Every user counts once; draws are averaged.

The whole taste holds what the training users share, which ranks films before anything is known of a user; the personal part
is what is left of it without that, and is nothing at n = 0. Another user's ratings shown instead are the control.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from becausal_training.interactions import Dataset, Part
from becausal_training.metrics import hit_at_1, user_bootstrap
from becausal_training.prompt import pad_left
from becausal_training.recommender import Recommender
from becausal_training.sampling import evaluation_candidates
from becausal_training.sasrec import Sasrec
from becausal_training.taste_evidence import TasteSpace, like_popular
from becausal_training.taste_prior import Posterior, TastePrior, posterior
from becausal_training.windows import WindowTable

Doubles = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
SHOWN = (0, 1, 2, 4, 8)
DRAWS, HIT_DRAWS = 10, 3
UNSEEN_FOR_A_LIKED = 5
MOST_WINDOWS = 40
"""Windows of a user that HR@1 is measured on, at most."""
PAIRS = ("liked over disliked", "liked over unseen of like popularity", "liked over unseen of like popularity and decade")
WEIGHTS = (0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0)
"""Weights of the taste beside another score, of which the best on validation users is taken."""
GAIN_BAR, WRONG_BAR = 0.02, 0.01


@dataclass(frozen=True)
class HeldOut:
    """One user: the draws of interactions, and what is asked."""

    user: int
    films: Ints
    """`[draws, 8]`."""
    opinions: npt.NDArray[np.int8]
    """`[draws, 8]`: 1 liked, -1 disliked."""
    pairs: tuple[Doubles, ...]
    """For each of `PAIRS` the differences `[pairs, directions]`, liked film first."""
    place: int
    """Rated films before the second half."""


def held_out(data: Dataset, space: TasteSpace, part: Part, seed: int = 0) -> list[HeldOut]:
    """Returns the users of a part who have at least eight opinions in each half and a liked film in the second."""
    rng = np.random.default_rng(seed)
    decades = np.array([0 if film.year is None else film.year // 10 for film in data.films])
    found = []
    for number in data.bounds(part):
        user = data.users[number]
        opinions = user.opinions
        places = np.flatnonzero(opinions)
        first, second = places[: len(places) // 2], places[len(places) // 2 :]
        liked, disliked = user.items[second[opinions[second] > 0]], user.items[second[opinions[second] < 0]]
        if len(first) < SHOWN[-1] or not len(liked):
            continue
        repeated = np.repeat(liked, UNSEEN_FOR_A_LIKED)
        differences = [
            (space.attributes[liked][:, None] - space.attributes[disliked][None]).reshape(-1, space.attributes.shape[1])
        ]
        for kinds in (None, decades):
            unseen = like_popular(space.watched, repeated, user.items, rng, kinds)
            differences.append((space.attributes[repeated] - space.attributes[unseen])[unseen >= 0])
        drawn = np.stack([rng.permutation(first)[: SHOWN[-1]] for _ in range(DRAWS)])
        found.append(HeldOut(number, user.items[drawn], opinions[drawn], tuple(differences), int(second[0])))
    return found


def tastes_after(users: Sequence[HeldOut], space: TasteSpace, prior: TastePrior, n: int) -> Posterior:
    """Returns the posterior of every user and draw after the first n interactions, draws of a user behind one another."""
    films, opinions = (np.concatenate([getattr(user, name) for user in users])[:, :n] for name in ("films", "opinions"))
    rows, weights = space.rating_rows(films.ravel(), opinions.ravel())
    return posterior(prior, rows.reshape(len(films), n, space.attributes.shape[1]), weights.reshape(films.shape))


def pairwise_accuracies(users: Sequence[HeldOut], tastes: Doubles, pair: int) -> Doubles:
    """Returns each user's accuracy on a kind of `PAIRS` `[users]`, not a number without pairs; equal scores count half.

    `tastes` is `[users, draws, directions]`.
    """
    values = np.full(len(users), np.nan)
    for row, user in enumerate(users):
        if len(differences := user.pairs[pair]):
            margins = differences @ tastes[row].T
            values[row] = ((margins > 1e-12) + 0.5 * (np.abs(margins) <= 1e-12)).mean()
    return values


def pairwise_rows(users: Sequence[HeldOut], space: TasteSpace, prior: TastePrior) -> list[dict[str, Any]]:
    """Returns accuracy and gain over n = 0 for every kind of pair, part of the taste and n, with user-bootstrap intervals."""
    curves: dict[tuple[str, str], list[Doubles]] = {}
    for n in SHOWN:
        own = tastes_after(users, space, prior, n).mode.reshape(len(users), DRAWS, -1)
        # The draw of another user, a different one for each draw.
        wrong = np.stack([np.roll(own[:, draw], draw + 1, axis=0) for draw in range(DRAWS)], axis=1)
        parts = {
            "whole": own,
            "personal": own - prior.mean,
            "whole, wrong user": wrong,
            "personal, wrong user": wrong - prior.mean,
        }
        for name, tastes in parts.items():
            for number, pair in enumerate(PAIRS):
                curves.setdefault((pair, name), []).append(pairwise_accuracies(users, tastes, number))
    rows = []
    for (pair, name), values in curves.items():
        there = np.flatnonzero(np.isfinite(values[0]))
        for n, accuracies in zip(SHOWN, values, strict=True):
            row: dict[str, Any] = {"pair": pair, "taste": name, "shown": n}
            row |= user_bootstrap(accuracies[there], there).to_json()
            row["gain"] = user_bootstrap(accuracies[there] - values[0][there], there).to_json()
            rows.append(row | _judged(name, n, row["gain"]))
    return rows


def _judged(taste: str, n: int, gain: dict[str, Any]) -> dict[str, str]:
    if n != 2:
        return {}
    if taste.endswith("wrong user"):
        return {"bar": f"<= {WRONG_BAR:+.3f}", "verdict": "met" if gain["value"] <= WRONG_BAR else "missed"}
    met = gain["value"] >= GAIN_BAR and gain["low"] > 0
    return {"bar": f">= {GAIN_BAR:+.3f}, interval above 0", "verdict": "met" if met else "missed"}


@dataclass(frozen=True)
class HitScores:
    """Scores of the 20 candidates of windows in the second halves, the target first: `[rows, 20]` for every n.

    `taste` is the whole one, `sasrec` and `hybrid` come after a history of the films liked among those shown.
    """

    users: Ints
    taste: dict[int, Doubles]
    sasrec: dict[int, Doubles]
    hybrid: dict[int, Doubles]


@torch.no_grad()
def score_hits(
    data: Dataset,
    part: Part,
    users: Sequence[HeldOut],
    space: TasteSpace,
    prior: TastePrior,
    sasrec: Sasrec,
    model: Recommender | None,
    draws: int = HIT_DRAWS,
) -> HitScores:
    """Scores windows of every user's second half; with a `model` also by the language model, which wants a GPU."""
    rng = np.random.default_rng(1)
    table = WindowTable(data, data.bounds(part), 1, torch.device("cpu"))
    place = {(user, int(film)): at for user in {u.user for u in users} for at, film in enumerate(data.users[user].items)}
    targets = table.targets(torch.arange(len(table))).tolist()
    owner: list[int] = []
    chosen: list[int] = []
    for row, user in enumerate(users):
        own = [w for w in np.flatnonzero(table.users == user.user).tolist() if place[user.user, targets[w]] >= user.place]
        drawn = rng.permutation(own)[:MOST_WINDOWS].tolist()
        owner += [row] * len(drawn)
        chosen += drawn
    candidates = evaluation_candidates(table, torch.tensor(chosen))
    rows = np.array(owner)
    attributes = space.attributes[candidates.numpy()]
    found: dict[str, dict[int, Doubles]] = {name: {} for name in ("taste", "sasrec", "hybrid")}
    for n in SHOWN:
        modes = tastes_after(users, space, prior, n).mode.reshape(len(users), DRAWS, -1)
        lists: dict[str, list[Doubles]] = {name: [] for name in found}
        for draw in range(draws):
            lists["taste"].append(np.einsum("wcd,wd->wc", attributes, modes[rows, draw]))
            liked = [user.films[draw, :n][user.opinions[draw, :n] > 0].tolist() for user in users]
            history = pad_left(liked, sasrec.shape.max_length)
            scores = sasrec.item_scores(sasrec.state(history))
            lists["sasrec"].append(scores[torch.from_numpy(rows)].gather(1, candidates).double().numpy())
            if model is not None:
                lists["hybrid"].append(_hybrid_scores(model, history[torch.from_numpy(rows)], candidates))
        for name, parts in lists.items():
            if parts:
                found[name][n] = np.concatenate(parts)
    return HitScores(np.tile(np.array([user.user for user in users])[rows], draws), **found)


def _hybrid_scores(model: Recommender, history: torch.Tensor, candidates: torch.Tensor, batch: int = 128) -> Doubles:
    device = model.null_behaviour.device
    parts = [
        model.score(h.to(device), c.to(device))[0].double().cpu()
        for h, c in zip(history.split(batch), candidates.split(batch), strict=True)
    ]
    return torch.cat(parts).numpy()


def best_weight(scores: HitScores, base: dict[int, Doubles]) -> float:
    """Returns the weight of the taste beside `base` whose HR@1, summed over all n above 0, is highest."""
    totals = [sum(float(hit_at_1(base[n] + w * scores.taste[n]).mean()) for n in SHOWN if n) for w in WEIGHTS]
    return WEIGHTS[int(np.argmax(totals))]


def hit_rows(scores: HitScores, weights: dict[str, float]) -> list[dict[str, Any]]:
    """Returns HR@1 of the taste alone and of it beside every other score, with the paired gain over that score."""
    rows = []
    bases = {name: base for name, base in (("SASRec", scores.sasrec), ("hybrid", scores.hybrid)) if base}
    for n in SHOWN:
        rows.append({"model": "taste alone", "shown": n, **_estimate(hit_at_1(scores.taste[n]), scores)})
        for name, base in bases.items():
            alone, both = hit_at_1(base[n]), hit_at_1(base[n] + weights[name] * scores.taste[n])
            rows.append({"model": name, "shown": n, **_estimate(alone, scores)})
            gain = user_bootstrap(both - alone, scores.users).to_json()
            rows.append({"model": f"{name} + taste", "shown": n, **_estimate(both, scores), "gain": gain})
    return rows


def _estimate(values: Doubles, scores: HitScores) -> dict[str, Any]:
    return user_bootstrap(values, scores.users).to_json()


def few_shot_curve(data: Dataset, prior: TastePrior, sasrec: Sasrec, model: Recommender | None = None) -> dict[str, Any]:
    """Returns the whole record on the test users; the weights are chosen on the validation users."""
    space = TasteSpace.of(data, data.bounds("train"))
    chosen = score_hits(data, "validation", held_out(data, space, "validation"), space, prior, sasrec, model)
    weights = {"SASRec": best_weight(chosen, chosen.sasrec)}
    if model is not None:
        weights["hybrid"] = best_weight(chosen, chosen.hybrid)
    users = held_out(data, space, "test")
    hits = score_hits(data, "test", users, space, prior, sasrec, model)
    return {
        "dataset": data.name,
        "dataSha256": data.data_sha256,
        "users": len(users),
        "weights": weights,
        "pairwise": pairwise_rows(users, space, prior),
        "hits": hit_rows(hits, weights),
    }


def format_curve(record: dict[str, Any]) -> str:
    """Returns the record as aligned text."""
    lines = [f"{record['dataset']}: {record['users']} test users; weights {record['weights']}"]
    for row in record["pairwise"]:
        gain = row["gain"]
        bar = f"  {row['bar']}: {row['verdict']}" if "bar" in row else ""
        lines.append(
            f"{row['pair']:48} {row['taste']:22} n={row['shown']}  {row['value']:.4f} [{row['low']:.4f}, {row['high']:.4f}]"
            f"  gain {gain['value']:+.4f} [{gain['low']:+.4f}, {gain['high']:+.4f}]{bar}"
        )
    for row in record["hits"]:
        gain = (
            f"  gain {row['gain']['value']:+.4f} [{row['gain']['low']:+.4f}, {row['gain']['high']:+.4f}]"
            if "gain" in row
            else ""
        )
        lines.append(f"HR@1 {row['model']:25} n={row['shown']}  {row['value']:.4f} [{row['low']:.4f}, {row['high']:.4f}]{gain}")
    return "\n".join(lines)
