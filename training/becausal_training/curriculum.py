"""Text-to-hybrid curriculum (Liao et al. 2024, arXiv 2312.02445): batch t of T is hybrid with probability t / T."""

from collections.abc import Sequence

import torch

DECILES = 10


def is_hybrid(step: int, steps: int, generator: torch.Generator) -> bool:
    """Draws whether batch `step` (from 0) of `steps` shows behaviour vectors; `generator` is on the CPU."""
    return bool(torch.rand((), generator=generator) < (step + 1) / steps)


def logged_fractions(hybrid: Sequence[bool]) -> list[list[float]]:
    """Returns `[fraction of training, fraction of hybrid batches]` for each decile, named by its middle."""
    steps = len(hybrid)
    rows = []
    for decile in range(DECILES):
        batches = hybrid[decile * steps // DECILES : (decile + 1) * steps // DECILES]
        if batches:
            rows.append([round((decile + 0.5) / DECILES, 2), round(sum(batches) / len(batches), 4)])
    return rows
