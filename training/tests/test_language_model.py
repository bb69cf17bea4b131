import json
from pathlib import Path

import pytest
import torch

from becausal_training.base import published_file
from becausal_training.embedding_study import next_token_logits
from becausal_training.errors import TrainingError
from becausal_training.gguf import read_gguf
from becausal_training.language_model import LanguageModel

# Another runtime's answers on the published file; it rounds activations to 8 bits.
CASES = json.loads((Path(__file__).parent / "fixtures" / "reference_next_token.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def published() -> LanguageModel:
    try:
        return LanguageModel(read_gguf(published_file()), rank=1).eval()
    except TrainingError as error:
        pytest.skip(f"the published file cannot be had here: {error}")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["text"][:30])
def test_all_thirty_layers_predict_what_another_runtime_does(published: LanguageModel, case: dict):
    with torch.no_grad():
        p = torch.softmax(next_token_logits(published, torch.tensor([case["ids"]]))[0, -1], -1)
    assert int(p.argmax()) == case["next"][0][0]
    assert [float(p[token]) for token, _ in case["next"]] == pytest.approx([q for _, q in case["next"]], abs=0.03)
