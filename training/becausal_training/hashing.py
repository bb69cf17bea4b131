"""Fixed pseudo-random numbers: the same for the same numbers on every device."""

import torch
from torch import Tensor


def hashed(numbers: Tensor) -> Tensor:
    """Returns a pseudo-random integer of 0 to 2^63 - 1 for each int64 of `numbers` (splitmix64's mixing)."""
    x = numbers * -7046029254386353131
    x = (x ^ ((x >> 30) & 0x3FFFFFFFF)) * -4658895280553007687
    x = (x ^ ((x >> 27) & 0x1FFFFFFFFF)) * -7723592293110705685
    return (x ^ ((x >> 31) & 0x1FFFFFFFF)) & 0x7FFFFFFFFFFFFFFF


def hashed_normal(numbers: Tensor) -> Tensor:
    """Returns a pseudo-random draw from the standard normal distribution for each int64 of `numbers`."""
    fraction = (hashed(numbers) >> 11).double() / 2**52
    return 2**0.5 * torch.erfinv((2 * fraction - 1).clamp(-1 + 2**-40, 1 - 2**-40)).float()
