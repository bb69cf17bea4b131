"""Block codecs of GGUF weights: F32, F16, Q4_0, Q4_1 and Q8_0 to float32, and Q8_0 to Q4_1 by least squares.

A block is 32 consecutive weights of a row. Q8_0: f16 `d`, 32 int8 `k`, w = d k. Q4_0: f16 `d`, 16 bytes, w = d (q - 8).
Q4_1: f16 `d`, f16 `m`, 16 bytes, w = d q + m. A byte of 4-bit values holds weight i low and weight i + 16 high.
"""

import numpy as np
import numpy.typing as npt

from becausal_training.errors import TrainingError
from becausal_training.gguf import Tensor, as_bytes

BLOCK = 32
LEVELS = 15
"""Largest 4-bit value."""

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]
Bytes = npt.NDArray[np.uint8]


def dequantise(tensor: Tensor) -> Floats:
    """Returns the weights of a tensor as float32 in its shape."""
    raw = as_bytes(tensor)
    match tensor.type_name:
        case "F32":
            flat = raw.view("<f4").astype(np.float32)
        case "F16":
            flat = raw.view("<f2").astype(np.float32)
        case "Q8_0":
            scale, values = split_q8_0(raw)
            flat = scale[:, None] * values.astype(np.float32)
        case "Q4_0":
            blocks = raw.reshape(-1, 18)
            flat = _half(blocks[:, 0:2])[:, None] * (_unpack_nibbles(blocks[:, 2:]).astype(np.float32) - 8)
        case "Q4_1":
            scale, minimum, values = split_q4_1(raw)
            flat = scale[:, None] * values.astype(np.float32) + minimum[:, None]
        case other:
            raise TrainingError(f"tensor {tensor.name} has type {other}, which has no decoder here")
    return flat.reshape(tensor.shape)


def split_q8_0(raw: Bytes) -> tuple[Floats, npt.NDArray[np.int8]]:
    """Returns the scales `[blocks]` and integers `[blocks, 32]` of Q8_0 bytes."""
    blocks = raw.reshape(-1, 34)
    integers: npt.NDArray[np.int8] = np.ascontiguousarray(blocks[:, 2:]).view(np.dtype(np.int8))
    return _half(blocks[:, 0:2]), integers


def split_q4_1(raw: Bytes) -> tuple[Floats, Floats, Bytes]:
    """Returns the scales `[blocks]`, minima `[blocks]` and integers `[blocks, 32]` of Q4_1 bytes."""
    blocks = raw.reshape(-1, 20)
    return _half(blocks[:, 0:2]), _half(blocks[:, 2:4]), _unpack_nibbles(blocks[:, 4:])


def join_q4_1(scale: Doubles, minimum: Doubles, values: Bytes) -> Bytes:
    """Returns the bytes of Q4_1 blocks; `scale` and `minimum` must already be representable as f16."""
    blocks = np.empty((len(values), 20), dtype=np.uint8)
    blocks[:, 0:2] = scale.astype("<f2").view(np.uint8).reshape(-1, 2)
    blocks[:, 2:4] = minimum.astype("<f2").view(np.uint8).reshape(-1, 2)
    blocks[:, 4:] = values[:, :16] | (values[:, 16:] << 4)
    return blocks.reshape(-1)


def _half(raw: Bytes) -> Floats:
    return np.ascontiguousarray(raw).view("<f2").reshape(-1).astype(np.float32)


def _unpack_nibbles(packed: Bytes) -> Bytes:
    unpacked: Bytes = np.concatenate([packed & 15, packed >> 4], axis=1).astype(np.uint8)
    return unpacked


# The grid is started from ranges shrunk to these fractions of the block's own: clipping an outlier often pays.
_RANGE_FRACTIONS = (1.0, 0.96, 0.92, 0.88, 0.84, 0.8, 0.75, 0.7)
_REFITS = 6


def requantise_q8_0_to_q4_1(raw: Bytes, chunk_blocks: int = 65_536) -> Bytes:
    """Returns Q4_1 bytes of the weights held in Q8_0 bytes, least squares per block.

    From several starting grids, alternates between rounding the weights to the grid of the f16-rounded (d, m) and
    solving (d, m) for those integers, and keeps the best pair met. Every sum runs over integers (a Q8_0 weight is an
    int8 times the block's scale), so the result is the same on every machine, whatever order it adds in.
    """
    scale, values = split_q8_0(raw)
    parts = [
        join_q4_1(*_fit_blocks(scale[i : i + chunk_blocks].astype(np.float64), values[i : i + chunk_blocks]))
        for i in range(0, len(scale), chunk_blocks)
    ]
    return np.concatenate(parts)


def _fit_blocks(unit: Doubles, integers: npt.NDArray[np.int8]) -> tuple[Doubles, Doubles, Bytes]:
    """Fits w = unit k by d q + m for blocks of integers k `[blocks, 32]`; returns f16-exact d, m and q."""
    k = integers.astype(np.float64)
    sum_k, sum_kk = k.sum(1), (k * k).sum(1)
    low, high = k.min(1), k.max(1)
    best_error = np.full(len(k), np.inf)
    best_d, best_m = np.zeros(len(k)), np.zeros(len(k))
    best_q = np.zeros(k.shape, dtype=np.uint8)
    for fraction in _RANGE_FRACTIONS:
        centre, half_range = (low + high) / 2, (high - low) / 2 * fraction
        a, b = 2 * half_range / LEVELS, centre - half_range  # in units of the Q8_0 scale
        for _ in range(_REFITS):
            d, m = _round_half(unit * a), _round_half(unit * b)
            with np.errstate(divide="ignore", invalid="ignore"):
                level = (unit[:, None] * k - m[:, None]) / d[:, None]
            q = np.where(d[:, None] > 0, np.clip(np.rint(level), 0, LEVELS), 0.0)
            sum_q, sum_qq, sum_qk = q.sum(1), (q * q).sum(1), (q * k).sum(1)
            error = (
                unit * unit * sum_kk + d * d * sum_qq + BLOCK * m * m
                - 2 * unit * (d * sum_qk + m * sum_k) + 2 * d * m * sum_q
            )  # fmt: skip
            better = error < best_error
            best_error = np.where(better, error, best_error)
            best_d, best_m = np.where(better, d, best_d), np.where(better, m, best_m)
            best_q[better] = q[better].astype(np.uint8)
            spread = BLOCK * sum_qq - sum_q * sum_q
            with np.errstate(divide="ignore", invalid="ignore"):
                a = np.where(spread > 0, (BLOCK * sum_qk - sum_q * sum_k) / spread, 0.0)
            b = (sum_k - a * sum_q) / BLOCK
    return best_d, best_m, best_q


def _round_half(values: Doubles) -> Doubles:
    return values.astype(np.float16).astype(np.float64)


def relative_rms_error(exact: Floats, approximate: Floats) -> float:
    """Root of sum (approximate - exact)^2 / sum exact^2."""
    difference = approximate.astype(np.float64) - exact
    return float(np.sqrt((difference**2).sum() / (exact.astype(np.float64) ** 2).sum()))
