import pytest
import torch
from safetensors.torch import load_file

from becausal_training.adapter_file import adapter_tensor_names
from becausal_training.catalogue import title_tokens, title_tokens_sha256
from becausal_training.files import read_json, sha256
from becausal_training.gguf import Gguf
from becausal_training.pack import load_catalogue, load_pack
from becausal_training.paths import BASE_12, GOLDEN, PACKS
from becausal_training.prompt import pad_left
from becausal_training.tokenizer import Tokenizer

PACK = PACKS / "movies"
MANIFEST = read_json(PACK / "manifest.json")
WEIGHTS_LIMIT = 50 * 1024 * 1024


def test_all_committed_weights_together_stay_under_fifty_mebibytes():
    weights = [*BASE_12.glob("*.bin"), *PACKS.glob("*/*.safetensors")]
    assert sum(file.stat().st_size for file in weights) < WEIGHTS_LIMIT


def test_every_file_is_the_one_the_manifest_names():
    for part in ("adapter", "sasrec", "catalogue"):
        data = (PACK / MANIFEST[part]["file"]).read_bytes()
        assert (len(data), sha256(data)) == (MANIFEST[part]["byteLength"], MANIFEST[part]["sha256"])
    assert MANIFEST["base"]["sha256"] == read_json(BASE_12 / "manifest.json")["sha256"]


def test_titles_tokenise_as_the_manifest_says(tokenizer: Tokenizer):
    tokens = title_tokens(load_catalogue(PACK), MANIFEST["prompt"]["year"], tokenizer)
    assert title_tokens_sha256(tokens) == MANIFEST["catalogue"]["titleTokensSha256"]


def test_the_adapter_is_trained_and_whole():
    tensors = load_file(PACK / "adapter.safetensors")
    assert {name.removesuffix(".scale") for name in tensors} == set(adapter_tensor_names(MANIFEST["base"]["layers"]))
    for name, tensor in tensors.items():
        assert torch.isfinite(tensor.float()).all(), name
        assert tensor.float().std() > 1e-5, f"{name} is as it began"


@pytest.fixture(scope="module")
def model(base: Gguf):
    return load_pack(PACK, base)


def score(model, history: list[int], candidates: list[int], **options) -> torch.Tensor:
    with torch.no_grad():
        return model.score(pad_left([history], 50), torch.tensor([candidates]), **options)[0][0]


def test_the_pack_still_answers_its_probe(model):
    probe = MANIFEST["probe"]
    got = score(model, probe["history"], probe["candidates"])
    assert got.tolist() == pytest.approx(probe["verdictLogOdds"], abs=1e-3)


def test_shuffling_candidates_changes_no_score(model):
    history, candidates = MANIFEST["probe"]["history"], MANIFEST["probe"]["candidates"]
    backwards = score(model, history, candidates[::-1]).flip(0)
    assert torch.allclose(backwards, score(model, history, candidates), atol=1e-4)


def test_golden_slates_are_of_this_pack(model):
    slates = read_json(GOLDEN / "slates.json")["slates"]
    assert len(slates) == 50
    for slate in (slates[0], slates[-1]):
        got = score(model, slate["history"], slate["candidates"])
        assert got.tolist() == pytest.approx(slate["verdictLogOdds"], abs=2e-3)
