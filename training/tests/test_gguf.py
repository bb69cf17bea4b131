import numpy as np
import pytest

from becausal_training.errors import TrainingError
from becausal_training.gguf import Gguf, Tensor, Value, read_gguf, write_gguf
from becausal_training.quantise import dequantise


def small_file() -> Gguf:
    metadata = {
        "general.architecture": Value(8, b"llama"),
        "llama.block_count": Value(4, 2),
        "tokenizer.ggml.tokens": Value(9, [b"a", "é".encode(), b""], 8),
        "tokenizer.ggml.token_type": Value(9, [1, 1, 3], 5),
        "llama.rope.freq_base": Value(6, 100000.0),
    }
    odd = np.arange(5, dtype="<f4")
    half = np.arange(32, dtype="<f2")
    return Gguf(
        metadata,
        {
            "odd": Tensor("odd", (5,), "F32", odd.tobytes()),
            "half": Tensor("half", (2, 16), "F16", half.tobytes()),
        },
    )


def test_a_written_file_reads_back_the_same():
    data = write_gguf(small_file())
    read = read_gguf(data)
    assert read.metadata == small_file().metadata
    assert read.tensors["half"].shape == (2, 16)
    assert dequantise(read.tensors["odd"]).tolist() == [0, 1, 2, 3, 4]
    assert write_gguf(read) == data


@pytest.mark.parametrize("length", [0, 3, 20, 60, 200, -1])
def test_a_truncated_file_is_refused(length: int):
    data = write_gguf(small_file())
    with pytest.raises(TrainingError):
        read_gguf(data[:length] if length >= 0 else data[:-64])


def test_an_unknown_tensor_type_is_refused_by_name():
    data = bytearray(write_gguf(small_file()))
    at = data.index(b"odd") + 3 + 4 + 8  # name, dimension count, one dimension
    data[at] = 200
    with pytest.raises(TrainingError, match="odd has type 200"):
        read_gguf(bytes(data))
