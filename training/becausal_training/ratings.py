"""A table of ratings as its source publishes it, and the users made of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from becausal_training.catalogue import Film
from becausal_training.interactions import KEPT_FROM, About, User


@dataclass(frozen=True)
class RatingTable:
    """Ratings in the order of the file, `item` as the film's row; the films' popularity is not counted yet."""

    films: Sequence[Film]
    user: npt.NDArray[np.int64]
    item: npt.NDArray[np.int64]
    rating: npt.NDArray[np.float64]
    timestamp: npt.NDArray[np.int64]


@dataclass(frozen=True)
class Source:
    """Where a data set comes from."""

    about: About
    package: tuple[str, str]
    read: Callable[[], RatingTable]


def ordered_users(table: RatingTable) -> list[User]:
    """Returns the users by the time of their first kept rating, then by number; those who kept nothing are left out."""
    users: list[tuple[int, int, User]] = []
    for user_id in np.unique(table.user):
        places = np.flatnonzero(table.user == user_id)
        places = places[np.argsort(table.timestamp[places], kind="stable")]
        kept = table.rating[places] >= KEPT_FROM
        if kept.any():
            user = User(table.item[places], kept, table.rating[places])
            users.append((int(table.timestamp[places][kept][0]), int(user_id), user))
    return [user for _, _, user in sorted(users, key=lambda entry: entry[:2])]
