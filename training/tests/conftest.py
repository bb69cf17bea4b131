import pytest
import torch

from becausal_training.base import read_base
from becausal_training.gguf import Gguf
from becausal_training.tokenizer import Tokenizer

# The models under test are so small that threads cost more than they bring, most of all on a busy machine.
torch.set_num_threads(1)


@pytest.fixture(scope="session")
def base() -> Gguf:
    return read_base()


@pytest.fixture(scope="session")
def tokenizer(base: Gguf) -> Tokenizer:
    return Tokenizer.from_gguf(base)
