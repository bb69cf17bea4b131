"""When batches show behaviour vectors: the text-to-hybrid curriculum (Liao et al. 2024, arXiv 2312.02445) and what it is
compared with.
"""

from collections.abc import Sequence
from typing import Literal

import torch

DECILES = 10
TEXT_STAGE = 0.4
"""Share of the steps that "two-stage" trains on text: two of LLaRA's five epochs."""

ChannelSchedule = Literal["curriculum", "direct", "two-stage"]
"""Batch t of T is hybrid with probability t / (end T), always, or always behind the text stage."""


def is_hybrid(
    step: int, steps: int, generator: torch.Generator, schedule: ChannelSchedule = "curriculum", end: float = 1.0
) -> bool:
    """Draws whether batch `step` (from 0) of `steps` shows behaviour vectors; `generator` is on the CPU.

    From share `end` of the steps on, a curriculum shows nothing else; the paper's is 1.
    """
    if schedule == "direct":
        return True
    if schedule == "two-stage":
        return step >= TEXT_STAGE * steps
    return bool(torch.rand((), generator=generator) * end * steps < step + 1)


def logged_fractions(hybrid: Sequence[bool]) -> list[list[float]]:
    """Returns `[fraction of training, fraction of hybrid batches]` for each decile, named by its middle."""
    steps = len(hybrid)
    rows = []
    for decile in range(DECILES):
        batches = hybrid[decile * steps // DECILES : (decile + 1) * steps // DECILES]
        if batches:
            rows.append([round((decile + 0.5) / DECILES, 2), round(sum(batches) / len(batches), 4)])
    return rows
