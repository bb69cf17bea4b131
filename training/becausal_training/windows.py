"""Prediction windows as tensors: histories and seen films of any windows, gathered without a Python loop."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from becausal_training.interactions import Dataset
from becausal_training.prompt import ABSENT, HISTORY_ITEMS


class WindowTable:
    """All windows of some users that have at least `min_history` kept films before their target."""

    def __init__(self, data: Dataset, users: Sequence[int], min_history: int, device: torch.device) -> None:
        """Lays the users' films out flat on `device`."""
        self.items = len(data.films)
        self.negatives = data.about.negatives
        kept = [data.users[user].kept_items for user in users]
        starts = np.concatenate([[0], np.cumsum([len(items) for items in kept])])
        # place[user, film] is how many films the user rated before that one; never rated is beyond every place.
        place = torch.full((len(users), self.items), torch.iinfo(torch.int32).max, dtype=torch.int32)
        rows, windows = [], []
        for row, user in enumerate(users):
            rated = torch.from_numpy(data.users[user].items)
            place[row, rated] = torch.arange(len(rated), dtype=torch.int32)
            ends = np.arange(starts[row] + min_history, starts[row + 1])
            windows.append(ends)
            rows.append(np.full(len(ends), row))
        self.users = np.concatenate([np.full(len(w), user) for user, w in zip(users, windows, strict=True)])
        self._kept = torch.from_numpy(np.concatenate(kept)).to(device)
        self._start = torch.from_numpy(starts).to(device)
        self._end = torch.from_numpy(np.concatenate(windows)).to(device)
        self._row = torch.from_numpy(np.concatenate(rows)).to(device)
        self._place = place.to(device)

    def __len__(self) -> int:
        """How many windows there are."""
        return len(self._end)

    def targets(self, windows: Tensor) -> Tensor:
        """Returns the film to predict `[windows]`."""
        return self._kept[self._end[windows]]

    def histories(self, windows: Tensor, length: int, with_target: bool = False) -> Tensor:
        """Returns the last `length` kept films before each target (up to it, if `with_target`), ABSENT in front."""
        end = self._end[windows, None] + int(with_target)
        at = end + torch.arange(-length, 0, device=self._end.device)
        return torch.where(at >= self._start[self._row[windows], None], self._kept[at.clamp(min=0)], ABSENT)

    def unavailable(self, windows: Tensor) -> Tensor:
        """Returns `[windows, items]`: true for the target and for every film rated before it."""
        place = self._place[self._row[windows]]
        return place <= place.gather(1, self.targets(windows)[:, None])

    def not_negatives(self, windows: Tensor) -> Tensor:
        """Returns `[windows, items]`: true for what the 20-candidate protocol never draws as a negative."""
        if self.negatives == "never-rated-before":
            return self.unavailable(windows)
        shown = torch.cat([self.histories(windows, HISTORY_ITEMS), self.targets(windows)[:, None]], 1)
        marked = torch.zeros(len(windows), self.items + 1, dtype=torch.bool, device=windows.device)
        return marked.scatter(1, shown % (self.items + 1), True)[:, : self.items]
