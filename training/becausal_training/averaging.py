"""Exponential moving average of parameters (Polyak & Juditsky 1992), for use in place of the last step's."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor


class MovingAverage:
    """The average of some tensors over the steps since it began."""

    def __init__(self, tensors: Sequence[Tensor], decay: float) -> None:
        """Follows `tensors`; there is no average before the first `update`."""
        self.tensors = [tensor.detach() for tensor in tensors]
        self.decay = decay
        self.average: list[Tensor] | None = None
        self.updates = 0

    @torch.no_grad()
    def update(self) -> None:
        """Takes the tensors' present values in; early on every step weighs about the same."""
        self.updates += 1
        if self.average is None:
            self.average = [tensor.clone() for tensor in self.tensors]
        else:
            decay = min(self.decay, self.updates / (self.updates + 9))
            for average, tensor in zip(self.average, self.tensors, strict=True):
                average.lerp_(tensor, 1 - decay)

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """Puts the average where the tensors are, and the tensors back afterwards; does nothing before the first update."""
        if self.average is None:
            yield
            return
        kept = [tensor.clone() for tensor in self.tensors]
        self.keep()
        try:
            yield
        finally:
            _copy(kept, self.tensors)

    def keep(self) -> None:
        """Puts the average where the tensors are, for good."""
        if self.average is not None:
            _copy(self.average, self.tensors)

    def state(self) -> dict[str, object]:
        """Returns what a checkpoint needs."""
        return {"average": self.average, "updates": self.updates}

    def load(self, state: dict) -> None:
        """Takes up what `state` returned."""
        self.average, self.updates = state["average"], state["updates"]


@torch.no_grad()
def _copy(sources: Sequence[Tensor], targets: Sequence[Tensor]) -> None:
    for source, target in zip(sources, targets, strict=True):
        target.copy_(source)
