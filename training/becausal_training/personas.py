"""What a user's earlier ratings say about their taste, for the prompts of a training batch: persona and examples.

The persona is that of the app (`src/persona`): a direction speaks where the posterior of the taste model is sure by four to
one that the user differs in it from what the training users have in common. It is inferred from a few ratings drawn among
those before the target, so that one from two films is as familiar as one from thirty.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from becausal_training.errors import TrainingError
from becausal_training.interactions import Dataset
from becausal_training.prompt import ABSENT
from becausal_training.taste_evidence import DISLIKE_WEIGHT, LIKE_WEIGHT, TasteSpace, fit_taste_prior
from becausal_training.taste_prior import TastePrior
from becausal_training.windows import WindowTable

MOST_DIRECTIONS = 6
SURE = 0.8
"""A direction speaks where P(for) is at least this, or at most 1 - this."""
MOST_EXAMPLES = 4
"""Liked, and disliked, films shown as examples at most."""
FEW, MANY = 8, 32
"""Half of the personas of a batch come from 0 to `FEW` ratings, half from 0 to `MANY`."""
STEER = 4.0
"""Nats by which a direction of a made-up persona moves a film that is wholly of it, for or against."""
ALONE_SHARE = 0.8
"""Share of made-up personas that speak of one direction; the others of two to `MOST_DIRECTIONS`."""
OF_LEADING = 0.4
"""Share of a steered slate that is of the persona's leading direction: drawn from the whole catalogue, few films would be."""
WHOLLY = 0.75
"""A film is of a direction from this value on."""
_NEWTON_STEPS, _SCALE_STEPS = 4, 3
"""Fewer than the app takes: what is left to move decides no state."""


@dataclass(frozen=True)
class Tastes:
    """Attributes `[films, directions]` and the taste model's prior, on one device in 32 bits."""

    attributes: Tensor
    reference: Tensor
    log_watched: Tensor
    """`[films]`, of half a view more than there were."""
    mean: Tensor
    precision: Tensor
    variance: Tensor
    freedom: float

    @classmethod
    def of(cls, data: Dataset, device: torch.device) -> "Tastes":
        """Computes the space from the training users' ratings and fits the prior on them."""
        return cls.with_prior(TasteSpace.of(data, data.bounds("train")), fit_taste_prior(data), device)

    @classmethod
    def with_prior(cls, space: TasteSpace, prior: TastePrior, device: torch.device) -> "Tastes":
        """Lays a space and its prior out on `device`."""
        if prior.freedom is None:
            raise TrainingError("a persona is inferred with a prior whose directions have scales; fit it with fit_prior")
        inverse, variance = np.linalg.inv(prior.covariance), np.diagonal(prior.covariance).copy()
        log_watched = np.log(space.watched + 0.5)
        parts = (space.attributes, space.reference, log_watched, prior.mean, inverse, variance)
        return cls(*(torch.from_numpy(part).float().to(device) for part in parts), prior.freedom)

    def probabilities(self, films: Tensor, signs: Tensor) -> Tensor:
        """Returns P(u > the training users' mean) `[users, directions]` after single ratings.

        `films` `[users, n]` are the films rated, ABSENT for none; `signs` `[users, n]` is 1 for liked, -1 for disliked.
        """
        known = (films != ABSENT).float()
        rows = (self.attributes - self.reference)[films.clamp(min=0)] * (signs * known)[..., None]
        weights = known * torch.where(signs > 0, LIKE_WEIGHT, DISLIKE_WEIGHT)
        mode, precision = self.mean.expand(len(films), -1), self.precision.expand(len(films), -1, -1)
        covariance = factor = precision
        for _ in range(_SCALE_STEPS + 1):
            for _ in range(_NEWTON_STEPS):
                miss = torch.sigmoid(-torch.einsum("und,ud->un", rows, mode))
                gradient = torch.einsum("un,und->ud", weights * miss, rows)
                gradient = gradient - torch.einsum("ude,ue->ud", precision, mode - self.mean)
                curved = (weights * miss * (1 - miss)).sqrt()[..., None] * rows
                factor = torch.linalg.cholesky(precision + curved.transpose(1, 2) @ curved)
                mode = mode + torch.cholesky_solve(gradient[..., None], factor)[..., 0]
            covariance = torch.cholesky_inverse(factor)
            spread = (mode - self.mean) ** 2 + covariance.diagonal(dim1=1, dim2=2)
            root = ((self.freedom + 1) / (self.freedom + spread / self.variance)).sqrt()
            precision = root[:, :, None] * self.precision * root[:, None, :]
        deviation = covariance.diagonal(dim1=1, dim2=2).sqrt()
        return torch.special.ndtr((mode - self.mean) / deviation)

    def persona(self, films: Tensor, signs: Tensor) -> Tensor:
        """Returns `[users, directions]`: 1 for, -1 against, 0 silent; at most the `MOST_DIRECTIONS` surest speak."""
        chance = self.probabilities(films, signs)
        surest = (chance - 0.5).abs().topk(min(MOST_DIRECTIONS, chance.shape[1]), 1).indices
        speaks = torch.zeros_like(chance, dtype=torch.bool).scatter(1, surest, True)
        return ((chance >= SURE).long() - (chance <= 1 - SURE).long()) * speaks

    def made_up(self, uniform: Callable[..., Tensor], users: int) -> Tensor:
        """Returns personas `[users, directions]` of one to six directions drawn at random, for or against."""
        size = self.attributes.shape[1]
        order = uniform(users, size).argsort(1)
        several = 2 + (uniform(users, 1) * (MOST_DIRECTIONS - 1)).long()
        count = torch.where(uniform(users, 1) < ALONE_SHARE, 1, several)
        return torch.where(order < count, torch.where(uniform(users, size) < 0.5, 1, -1), 0)

    def slates(self, persona: Tensor, size: int, uniform: Callable[..., Tensor]) -> Tensor:
        """Returns slates `[users, size]`: `OF_LEADING` of each is of one direction that the persona speaks of, the rest is not.

        Films are drawn by a power of how often they were watched, the power between 0 and 1 and drawn for each slate: some
        slates are like those of the app, others hold what next to nobody has seen. A direction of too few films fills up
        with others.
        """
        leading = (uniform(*persona.shape) * (persona != 0)).argmax(1)
        is_of = (self.attributes.T >= WHOLLY)[leading]
        noise = -(-uniform(*is_of.shape).clamp(min=1e-12).log()).log()
        keys = uniform(len(persona), 1) * self.log_watched + noise
        count = round(OF_LEADING * size)
        own = (keys + 1e3 * is_of).topk(count).indices
        return torch.cat([own, (keys - 1e3 * is_of).scatter(1, own, -torch.inf).topk(size - count).indices], 1)

    def steering(self, persona: Tensor, candidates: Tensor) -> Tensor:
        """Returns by how many nats a persona moves each candidate `[users, n]`: `STEER` for each direction wholly its own."""
        return STEER * torch.einsum("und,ud->un", self.attributes[candidates], persona.float())


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
            rated = data.users[user].items
            place[number, rated] = torch.arange(len(rated), dtype=torch.int32)
            sign[number, rated] = torch.from_numpy(data.users[user].opinions)
        self._place, self._sign = place.to(device), sign.to(device)
        self._table = table

    def before(self, windows: Tensor) -> Tensor:
        """Returns `[windows, films]`: 1 for a film liked before the target, -1 for one disliked, 0 for any other."""
        rows, targets = self._row[windows], self._table.targets(windows)[:, None]
        place = self._place[rows]
        return self._sign[rows] * (place < place.gather(1, targets))

    def drawn(self, windows: Tensor, noise: Tensor, number: Tensor) -> tuple[Tensor, Tensor]:
        """Draws the ratings that a persona is inferred from: films and signs `[windows, MANY]`, ABSENT and 0 for none.

        `noise` `[windows, films]` and `number` `[windows, 2]` are uniform between 0 and 1.
        """
        opinions = self.before(windows)
        best = noise.masked_fill(opinions == 0, -1).topk(min(MANY, opinions.shape[1]), 1)
        most = torch.where(number[:, 1:] < 0.5, FEW, MANY)
        wanted = (number[:, :1] * (most + 1)).long()
        is_drawn = (best.values >= 0) & (torch.arange(best.values.shape[1], device=windows.device) < wanted)
        signs = opinions.gather(1, best.indices) * is_drawn
        return torch.where(is_drawn, best.indices, ABSENT), signs.float()

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
