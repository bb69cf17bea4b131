"""What the taste model learns from: answers of the training users for its prior, a user's ratings for their posterior."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from becausal_training.crossfit import fold_users
from becausal_training.interactions import Dataset
from becausal_training.preference_space import FilmFacts, film_attributes
from becausal_training.taste_prior import TastePrior, exposure_reference, fit_prior, popularity_bucket

Doubles = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
FOLDS = 8
LIKE_WEIGHT, DISLIKE_WEIGHT = 2.0, 1.0
"""How many answers a single rating counts as. The mean film that a like is held against is less noisy than one film; what
someone disliked they had still chosen to watch. Chosen on the validation users of `movies`."""
ANSWERS = 40
"""Liked films of a training user that are held against films not seen, at most; half as many against disliked ones."""
RECENT_SHARE = 1 / 6
"""A training user counts half for every such share of them back in time: what people can have watched drifts with the years,
and the app's users come after all of them."""


@dataclass(frozen=True)
class TasteSpace:
    """A catalogue as the taste model sees it."""

    attributes: Doubles
    """`[films, directions]`."""
    reference: Doubles
    """`[films, directions]`: mean attributes of the films of like popularity."""
    watched: Doubles
    """`[films]`: how often the training users kept each."""

    @classmethod
    def of(cls, data: Dataset, users: "range | list[int]") -> "TasteSpace":
        """Computes everything from the ratings of `users`."""
        facts = FilmFacts.of(data.films, [data.users[user] for user in users])
        attributes = film_attributes(facts)
        return cls(attributes, exposure_reference(attributes, facts.watched), facts.watched)

    def rating_rows(self, films: Ints, opinions: npt.NDArray[np.int8]) -> tuple[Doubles, Doubles]:
        """Returns rows `[n, directions]` and weights `[n]` of single ratings: 1 liked, -1 disliked, 0 says nothing."""
        sign = opinions.astype(np.float64)
        rows = sign[:, None] * (self.attributes[films] - self.reference[films])
        return rows, np.where(sign > 0, LIKE_WEIGHT, np.where(sign < 0, DISLIKE_WEIGHT, 0.0))


def like_popular(watched: Doubles, films: Ints, seen: Ints, rng: np.random.Generator, kinds: Ints | None = None) -> Ints:
    """Draws for each film one of like popularity, and of its kind if given, not among `seen`; -1 where there is none."""
    bucket = popularity_bucket(watched)
    if kinds is not None:
        bucket = bucket * (int(kinds.max()) + 1) + kinds
    is_seen = np.zeros(len(watched), dtype=bool)
    is_seen[seen] = True
    pools = {key: np.flatnonzero((bucket == key) & ~is_seen) for key in np.unique(bucket[films])}
    return np.array([rng.choice(pools[b]) if len(pools[b]) else -1 for b in bucket[films]], dtype=np.int64)


def training_answers(data: Dataset, seed: int = 0) -> tuple[list[Doubles], Doubles]:
    """Returns every training user's answers `[n, directions]` and how much the user counts `[users]`.

    Answers are pairs: liked films against unseen ones of like popularity, and against disliked ones. A user's films are
    described by the ratings of the other folds, or popularity and acclaim would know the answer.
    """
    train = list(data.bounds("train"))
    answers: dict[int, Doubles] = {}
    for fold in fold_users(data, FOLDS):
        own = set(fold)
        space = TasteSpace.of(data, [user for user in train if user not in own])
        for user in fold:
            # A generator of each user's own: what one drew changes no other's answers.
            answers[user] = _answers_of(data, user, space, np.random.default_rng((seed, user)))
    age = len(train) - 1 - np.arange(len(train))
    return [answers[user] for user in train], 2.0 ** (-age / (RECENT_SHARE * len(train)))


def fit_taste_prior(data: Dataset) -> TastePrior:
    """Returns the prior of a data set's training users."""
    answers, shares = training_answers(data)
    return fit_prior(answers, [np.ones(len(rows)) for rows in answers], shares=shares)


def _answers_of(data: Dataset, number: int, space: TasteSpace, rng: np.random.Generator) -> Doubles:
    user = data.users[number]
    opinions = user.opinions
    liked, disliked = user.items[opinions > 0], user.items[opinions < 0]
    drawn = rng.permutation(liked)[:ANSWERS]
    unseen = like_popular(space.watched, drawn, user.items, rng)
    rows = [(space.attributes[drawn] - space.attributes[unseen])[unseen >= 0]]
    if len(liked) and len(disliked):
        count = min(ANSWERS // 2, max(len(liked), len(disliked)))
        rows.append(space.attributes[rng.choice(liked, count)] - space.attributes[rng.choice(disliked, count)])
    return np.concatenate(rows)
