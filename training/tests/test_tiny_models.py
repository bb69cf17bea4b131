import json
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest
import torch

from becausal_training.embedding_study import next_token_logits
from becausal_training.gguf import read_gguf
from becausal_training.language_model import LanguageModel
from becausal_training.paths import TINY_MODELS
from becausal_training.tiny_models import GGUF_VERSION, REFERENCE, write_tiny_models
from becausal_training.tokenizer import Tokenizer

COMMITTED = json.loads((TINY_MODELS / REFERENCE).read_text(encoding="utf-8"))


def installed_gguf() -> str | None:
    try:
        return version("gguf")
    except PackageNotFoundError:
        return None


@pytest.mark.skipif(
    installed_gguf() != GGUF_VERSION, reason=f"gguf=={GGUF_VERSION} is not installed (pip install gguf=={GGUF_VERSION})"
)
def test_the_fixtures_are_made_again_byte_for_byte_and_predict_the_same(tmp_path: Path):
    write_tiny_models(tmp_path)
    made = json.loads((tmp_path / REFERENCE).read_text(encoding="utf-8"))
    for ours, theirs in zip(made.pop("models"), COMMITTED["models"], strict=True):
        cases, committed_cases = ours.pop("cases"), theirs["cases"]
        assert ours == {key: value for key, value in theirs.items() if key != "cases"}
        for case, committed in zip(cases, committed_cases, strict=True):
            assert case["ids"] == committed["ids"]
            assert [token for token, _ in case["next"]] == [token for token, _ in committed["next"]]
            assert [p for _, p in case["next"]] == pytest.approx([p for _, p in committed["next"]], abs=1e-8)
    assert made == {key: value for key, value in COMMITTED.items() if key != "models"}


@pytest.mark.parametrize("model", [m for m in COMMITTED["models"] if m["file"] == "llama-q4_0.gguf"], ids=lambda m: m["file"])
def test_this_package_reads_and_predicts_the_same(model: dict):
    file = read_gguf((TINY_MODELS / model["file"]).read_bytes())
    lm = LanguageModel(file, rank=1).eval()
    for case in model["cases"]:
        assert Tokenizer.from_gguf(file).encode(case["text"]) == case["ids"]
        with torch.no_grad():
            p = torch.softmax(next_token_logits(lm, torch.tensor([case["ids"]]))[0, -1], -1)
        assert [float(p[token]) for token, _ in case["next"]] == pytest.approx([q for _, q in case["next"]], abs=1e-5)
