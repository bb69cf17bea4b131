"""Which candidates a window is asked about: sampled negatives for training, fixed ones for evaluation."""

from dataclasses import dataclass

import torch
from torch import Tensor

from becausal_training.windows import WindowTable

CANDIDATES = 20
EVALUATION_SEED = 0x5DEECE66D
_DRAW_STRIDE = 1 << 40
"""More than the windows times the items of any data set, so that no two draws share a number."""


@dataclass(frozen=True)
class Slates:
    """Candidates `[windows, n]`, the target first, and the log of how often each would be drawn as a negative."""

    candidates: Tensor
    log_expected_count: Tensor


def training_slates(
    table: WindowTable,
    windows: Tensor,
    sasrec_scores: Tensor,
    uniform: int,
    hard: int,
    hard_pool: int,
    generator: torch.Generator,
) -> Slates:
    """Draws `uniform` negatives from all films and `hard` ones from SASRec's best `hard_pool`, without replacement.

    Hard negatives are films not rated before the target, uniform ones what the data set's protocol draws.
    `sasrec_scores` is `[windows, items]`. The expected count of a film is
    uniform / available + [film in the pool] hard / pool: what a sampled softmax subtracts the log of, so that its scores
    keep meaning "log p over the whole catalogue" whatever the mix of negatives.
    """
    unavailable = table.unavailable(windows)
    target = table.targets(windows)[:, None]
    noise = torch.rand(unavailable.shape, device=windows.device, generator=generator)
    # After an empty history all scores are equal; the noise makes the pool a uniform draw then.
    sasrec_scores = sasrec_scores + 1e-6 * noise
    pool = sasrec_scores.masked_fill(unavailable, -torch.inf).topk(hard_pool).indices
    order = torch.rand(pool.shape, device=windows.device, generator=generator).argsort(1)
    hard_items = pool.gather(1, order[:, :hard])
    never_drawn = table.not_negatives(windows)
    noise = noise.masked_fill(never_drawn, -1).scatter(1, hard_items, -1)
    candidates = torch.cat([target, hard_items, noise.topk(uniform).indices], 1)

    # The target counts as a member of the pool if its score would have put it there.
    worst_in_pool = sasrec_scores.gather(1, pool[:, -1:])
    in_pool = sasrec_scores.gather(1, candidates) >= worst_in_pool
    available = (~never_drawn).sum(1, keepdim=True)
    expected = uniform / available + in_pool * (hard / hard_pool)
    return Slates(candidates, expected.log())


def evaluation_candidates(
    table: WindowTable, windows: Tensor, negatives: int = CANDIDATES - 1, draw: Tensor | int = 0
) -> Tensor:
    """Returns `[windows, 1 + negatives]`, the target first, then films drawn uniformly from the data set's possible negatives.

    The draw depends on the window and on its number `draw` (one for all, or `[windows]`) alone, so that every model and
    every subset of windows sees the same candidates.
    """
    first = windows * table.items + draw * _DRAW_STRIDE
    keys = _hashed(first[:, None] + torch.arange(table.items, device=windows.device))
    keys = keys.masked_fill(table.not_negatives(windows), -1)
    return torch.cat([table.targets(windows)[:, None], keys.topk(negatives).indices], 1)


def _hashed(numbers: Tensor) -> Tensor:
    """A fixed pseudo-random non-negative integer for each number, the same on every device (splitmix64's mixing)."""
    x = (numbers + EVALUATION_SEED) * -7046029254386353131
    x = (x ^ ((x >> 30) & 0x3FFFFFFFF)) * -4658895280553007687
    x = (x ^ ((x >> 27) & 0x1FFFFFFFFF)) * -7723592293110705685
    return (x ^ ((x >> 31) & 0x1FFFFFFFF)) & 0x7FFFFFFFFFFFFFFF
