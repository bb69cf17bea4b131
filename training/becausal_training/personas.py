"""What a user's earlier ratings say about their taste: persona directions and examples of liked and disliked films.

A direction is a genre or an era. Its evidence is how much more often it occurs among the liked films than among what all
users keep, less the same for the disliked ones, in standard deviations of a sample of that size: a user who keeps dramas
as often as everyone has no direction. Films rated 3 or more count as liked, the others as disliked.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from becausal_training.catalogue import Film
from becausal_training.interactions import Dataset
from becausal_training.prompt import ABSENT
from becausal_training.windows import WindowTable

ERAS = (
    ("films before 1960", 0, 1959),
    ("1960s", 1960, 1969),
    ("1970s", 1970, 1979),
    ("1980s", 1980, 1989),
    ("1990s", 1990, 1999),
    ("2000s", 2000, 2009),
    ("2010s", 2010, 2019),
)
MOST_DIRECTIONS = 6
LEAST_EVIDENCE = 1.0
"""Standard deviations below which a direction is silent."""
MOST_EXAMPLES = 4
"""Liked, and disliked, films shown as examples at most."""


def direction_names(films: Sequence[Film]) -> list[str]:
    """Returns the persona's directions in the order in which a prompt names them: genres by name, then eras."""
    genres = sorted({genre.lower() for film in films for genre in film.genres})
    years = [film.year for film in films if film.year is not None]
    return genres + [name for name, first, last in ERAS if any(first <= year <= last for year in years)]


def film_attributes(films: Sequence[Film]) -> Tensor:
    """Returns `[films, directions]`: 1 where a film is of a direction, else 0."""
    names = direction_names(films)
    eras = {name: (first, last) for name, first, last in ERAS}
    attributes = torch.zeros(len(films), len(names))
    for row, film in enumerate(films):
        own = {genre.lower() for genre in film.genres}
        for column, name in enumerate(names):
            if name in eras:
                first, last = eras[name]
                attributes[row, column] = film.year is not None and first <= film.year <= last
            else:
                attributes[row, column] = name in own
    return attributes


@dataclass(frozen=True)
class Tastes:
    """Films' attributes and their mean over what the training users kept, on one device."""

    attributes: Tensor
    expected: Tensor

    @classmethod
    def of(cls, films: Sequence[Film], device: torch.device) -> "Tastes":
        """Takes attributes and popularity from a catalogue; a catalogue nobody has rated yet counts every film once."""
        attributes = film_attributes(films).to(device)
        popularity = torch.tensor([film.popularity for film in films], dtype=torch.float32, device=device)
        if not popularity.any():
            popularity = torch.ones_like(popularity)
        return cls(attributes, popularity @ attributes / popularity.sum())

    def persona(self, opinions: Tensor) -> Tensor:
        """Returns `[users, directions]`: 1 liked, -1 disliked, 0 silent; at most six of them speak.

        `opinions` `[users, films]` is 1 for a liked film, -1 for a disliked one, 0 for one not rated.
        """
        opinions = opinions.float()
        count = opinions.abs().sum(1, keepdim=True)
        evidence = opinions @ self.attributes - opinions.sum(1, keepdim=True) * self.expected
        spread = (count * self.expected * (1 - self.expected)).sqrt().clamp(min=1e-6)
        strength = evidence / spread
        # Of equally strong directions the earlier ones speak, on every device.
        order = strength.abs() - 1e-4 * torch.arange(strength.shape[1], device=strength.device)
        strongest = torch.zeros_like(strength, dtype=torch.bool)
        strongest.scatter_(1, order.topk(min(MOST_DIRECTIONS, strength.shape[1]), 1).indices, True)
        return (strength.sign() * (strongest & (strength.abs() >= LEAST_EVIDENCE))).long()


class Opinions:
    """What the users of a window table thought of the films they had rated before each window's target."""

    def __init__(self, data: Dataset, table: WindowTable, device: torch.device) -> None:
        """Lays the ratings out on `device`."""
        users = sorted(set(table.users.tolist()))
        row = {user: number for number, user in enumerate(users)}
        self._row = torch.tensor([row[user] for user in table.users.tolist()], device=device)
        place = torch.full((len(users), len(data.films)), torch.iinfo(torch.int32).max, dtype=torch.int32)
        sign = torch.zeros(place.shape, dtype=torch.int8)
        for number, user in enumerate(users):
            rated, kept = data.users[user].items, data.users[user].kept
            place[number, rated] = torch.arange(len(rated), dtype=torch.int32)
            sign[number, rated] = torch.from_numpy(kept).to(torch.int8) * 2 - 1
        self._place, self._sign = place.to(device), sign.to(device)
        self._table = table

    def before(self, windows: Tensor) -> Tensor:
        """Returns `[windows, films]`: 1 for a film liked before the target, -1 for one disliked, 0 for one not rated."""
        rows, targets = self._row[windows], self._table.targets(windows)[:, None]
        place = self._place[rows]
        return self._sign[rows] * (place < place.gather(1, targets))

    def examples(self, windows: Tensor, shown: Tensor, noise: Tensor, number: Tensor) -> tuple[Tensor, Tensor]:
        """Draws liked and disliked films that are not in the history `shown`, both `[windows, MOST_EXAMPLES]`.

        How many there are is drawn too, from none to `MOST_EXAMPLES` each; ABSENT stands for the rest. They are in the order
        in which they were rated. `noise` `[windows, films]` and `number` `[windows, 2]` are uniform between 0 and 1.
        """
        opinions = self.before(windows)
        films = opinions.shape[1]
        is_shown = torch.zeros(len(windows), films + 1, dtype=torch.bool, device=shown.device)
        is_shown = is_shown.scatter(1, shown % (films + 1), True)[:, :films]
        place = self._place[self._row[windows]]
        drawn = []
        for sign, column in ((1, 0), (-1, 1)):
            possible = (opinions == sign) & ~is_shown
            best = noise.masked_fill(~possible, -1).topk(min(MOST_EXAMPLES, films), 1)
            wanted = (number[:, column : column + 1] * (MOST_EXAMPLES + 1)).long()
            is_drawn = (best.values >= 0) & (torch.arange(best.values.shape[1], device=shown.device) < wanted)
            when = place.gather(1, best.indices).masked_fill(~is_drawn, -1)
            order = when.argsort(dim=1, stable=True)
            drawn.append(torch.where(is_drawn, best.indices, ABSENT).gather(1, order))
        return drawn[0], drawn[1]
