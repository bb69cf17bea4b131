import pytest

from becausal_training.base import read_base
from becausal_training.gguf import Gguf
from becausal_training.tokenizer import Tokenizer


@pytest.fixture(scope="session")
def base() -> Gguf:
    return read_base()


@pytest.fixture(scope="session")
def tokenizer(base: Gguf) -> Tokenizer:
    return Tokenizer.from_gguf(base)
