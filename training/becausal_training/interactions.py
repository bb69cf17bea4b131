"""Users' ordered ratings: which are kept, which users train, validate and test, and the predictions to make.

Kept = rated 3 or more. Ties in time keep the order of the file. Users are sorted by the time of their first kept
interaction; the first 80 % train, the next 10 % validate, the last 10 % test, so test users are unseen and start later.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypedDict

import numpy as np
import numpy.typing as npt

from becausal_training.catalogue import Film

KEPT_FROM = 3.0
LIKED_FROM, DISLIKED_TO = 4.0, 2.0
"""Stars from which a rating says that a film was liked, and up to which that it was disliked."""
MIN_HISTORY = 3
"""An evaluated or trained window has at least this many kept items before its target."""

Part = Literal["train", "validation", "test"]
Ints = npt.NDArray[np.int64]

NegativeRule = Literal["never-rated-before", "outside-prompt-history"]
"""Which films may stand beside the target in the 20-candidate protocol: those the user had not rated before it, or all
1,682 but the ten of the prompt's history, as LLaRA and iLoRA draw them (so that a film watched longer ago may appear)."""


class Licence(TypedDict):
    """What the manifest of a pack and the app say about the data."""

    name: str
    text: str
    url: str


class Title(TypedDict):
    """A data set's name in both languages of the app."""

    en: str
    ja: str


@dataclass(frozen=True)
class About:
    """What a data set is called, what its licence allows, and how its published protocol differs."""

    name: str
    title: Title
    licence: Licence
    shares_titles: bool = True
    """Whether a pack may carry the films' titles, years and genres."""
    split: tuple[int, int] | None = None
    """Where validation and test users begin, if not at `split_points`."""
    negatives: NegativeRule = "never-rated-before"


MADE_UP = About("made-up", {"en": "Made-up data", "ja": "架空のデータ"}, {"name": "CC0", "text": "Made up.", "url": ""})


@dataclass(frozen=True)
class User:
    """One user's rated films in order of time; `kept` marks those rated 3 or more.

    `stars` are the ratings, half stars from 0.5 to 5; made-up users have none.
    """

    items: Ints
    kept: npt.NDArray[np.bool_]
    stars: npt.NDArray[np.float64] | None = None

    @property
    def kept_items(self) -> Ints:
        """The kept films, oldest first."""
        return self.items[self.kept]

    @property
    def opinions(self) -> npt.NDArray[np.int8]:
        """What the user thought of each film: 1 liked (4 stars or more), -1 disliked (2 or fewer), 0 neither.

        Without stars what was kept counts as liked and the rest as disliked.
        """
        if self.stars is None:
            return (self.kept.astype(np.int8) * 2 - 1).astype(np.int8)
        return (self.stars >= LIKED_FROM).astype(np.int8) - (self.stars <= DISLIKED_TO).astype(np.int8)


@dataclass(frozen=True)
class Window:
    """One prediction to make: the kept films before `target`, and every film rated before it (`seen`)."""

    user: int
    history: Ints
    target: int
    seen: Ints


@dataclass(frozen=True)
class Dataset:
    """All films and users; users are in the order of the split."""

    films: list[Film]
    users: list[User]
    data_sha256: str
    about: About = MADE_UP

    @property
    def name(self) -> str:
        """The name it is loaded by."""
        return self.about.name

    @property
    def title(self) -> Title:
        """Its name in both languages."""
        return self.about.title

    @property
    def licence(self) -> Licence:
        """What may be done with it."""
        return self.about.licence

    @property
    def split(self) -> tuple[int, int]:
        """Where validation and test users begin."""
        return self.about.split or split_points(len(self.users))

    def bounds(self, part: Part) -> range:
        """Returns the user numbers of a part."""
        first, second = self.split
        return {"train": range(first), "validation": range(first, second), "test": range(second, len(self.users))}[part]

    def windows(self, part: Part, min_history: int = MIN_HISTORY) -> Iterator[Window]:
        """Yields every window of the users of a part, in order."""
        for user in self.bounds(part):
            yield from user_windows(user, self.users[user], min_history)


def split_points(users: int) -> tuple[int, int]:
    """Returns where validation and test users begin: 80 % and 90 %, rounded to the nearest user."""
    return round(users * 0.8), round(users * 0.9)


def user_windows(number: int, user: User, min_history: int) -> Iterator[Window]:
    """Yields one window for each kept film that has at least `min_history` kept films before it."""
    places = np.flatnonzero(user.kept)
    for rank in range(min_history, len(places)):
        place = places[rank]
        yield Window(number, user.items[places[:rank]], int(user.items[place]), user.items[:place])
