import pytest

from becausal_training.base import EMBEDDING, LAYERS, keep_first_layers, published_file, read_base
from becausal_training.errors import TrainingError
from becausal_training.gguf import Gguf, read_gguf
from becausal_training.paths import BASE_12


@pytest.fixture(scope="module")
def committed() -> Gguf:
    return read_base()


@pytest.fixture(scope="module")
def published() -> Gguf:
    try:
        return read_gguf(published_file())
    except TrainingError as error:
        pytest.skip(f"the published file cannot be had here: {error}")


def test_the_committed_file_is_a_twelve_layer_model(committed: Gguf):
    assert committed.number("llama.block_count") == LAYERS
    assert len(committed.tensors) == 2 + 9 * LAYERS
    assert committed.tensors[EMBEDDING].type_name == "Q4_1"
    assert max((BASE_12 / f"part-{i:02d}.bin").stat().st_size for i in range(3)) <= 20 * 1024 * 1024


def test_layer_tensors_are_byte_for_byte_those_published(committed: Gguf, published: Gguf):
    for name, tensor in committed.tensors.items():
        if name != EMBEDDING:
            assert bytes(tensor.data) == bytes(published.tensors[name].data), name
            assert tensor.shape == published.tensors[name].shape


def test_metadata_is_kept_but_for_the_depth(committed: Gguf, published: Gguf):
    expected = keep_first_layers(published, LAYERS).metadata
    assert committed.metadata == expected
    assert {key for key in expected if expected[key] != published.metadata[key]} == {"llama.block_count"}


def test_keeping_more_layers_than_there_are_is_refused(committed: Gguf):
    with pytest.raises(TrainingError, match="cannot keep 13"):
        keep_first_layers(committed, 13)
