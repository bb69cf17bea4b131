import numpy as np
import pytest

from becausal_training.gguf import Tensor
from becausal_training.quantise import dequantise, relative_rms_error, requantise_q8_0_to_q4_1


def q8_0_bytes(scale: np.ndarray, integers: np.ndarray) -> np.ndarray:
    blocks = np.empty((len(scale), 34), dtype=np.uint8)
    blocks[:, :2] = scale.astype("<f2").view(np.uint8).reshape(-1, 2)
    blocks[:, 2:] = integers.astype(np.int8).view(np.uint8)
    return blocks.reshape(-1)


def requantised(scale: np.ndarray, integers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    raw = q8_0_bytes(scale, integers)
    shape = integers.shape
    exact = dequantise(Tensor("x", shape, "Q8_0", raw.tobytes()))
    return exact, dequantise(Tensor("x", shape, "Q4_1", requantise_q8_0_to_q4_1(raw).tobytes()))


def test_sixteen_levels_survive_exactly():
    levels = np.tile(np.arange(-16, 16, 2), 2)[None, :]
    exact, approximate = requantised(np.array([0.5]), levels)
    assert np.array_equal(exact, approximate)


def test_a_constant_block_survives():
    exact, approximate = requantised(np.array([0.25, 0.25]), np.stack([np.full(32, 7), np.zeros(32)]))
    assert np.array_equal(exact, approximate)


def test_least_squares_beats_the_plain_minimum_and_maximum_grid():
    rng = np.random.default_rng(0)
    integers = np.clip(np.rint(rng.normal(0, 40, (500, 32))), -127, 127)
    exact, approximate = requantised(np.full(500, 0.01), integers)
    low, high = exact.min(1, keepdims=True), exact.max(1, keepdims=True)
    step = (high - low) / 15
    plain = np.rint((exact - low) / step) * step + low
    assert relative_rms_error(exact, approximate) < 0.97 * relative_rms_error(exact, plain)


def test_chunking_does_not_change_the_result():
    rng = np.random.default_rng(1)
    raw = q8_0_bytes(rng.uniform(0.01, 0.1, 50), rng.integers(-127, 128, (50, 32)))
    assert np.array_equal(requantise_q8_0_to_q4_1(raw), requantise_q8_0_to_q4_1(raw, chunk_blocks=7))


@pytest.mark.parametrize(("type_name", "expected"), [("Q4_0", -3.0), ("Q4_1", 7.0)])
def test_low_nibbles_come_first(type_name: str, expected: float):
    head = np.array([1.0], "<f2").tobytes() if type_name == "Q4_0" else np.array([1.0, 2.0], "<f2").tobytes()
    data = head + bytes([0x85] * 16)
    values = dequantise(Tensor("x", (32,), type_name, data))
    assert values[0] == expected
    assert values[16] == expected + 3
