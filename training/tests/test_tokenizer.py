import json
from pathlib import Path

import pytest

from becausal_training.errors import TrainingError
from becausal_training.gguf import Gguf
from becausal_training.tokenizer import Tokenizer, split_words

CASES = json.loads((Path(__file__).parent / "fixtures" / "reference_next_token.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["text"][:30])
def test_token_ids_equal_those_of_another_runtime(tokenizer: Tokenizer, case: dict):
    assert tokenizer.encode(case["text"]) == case["ids"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", []),
        ("it's 1995", ["it", "'s", " ", "1", "9", "9", "5"]),
        ("a  b", ["a", " ", " b"]),
        ("a  7", ["a", "  ", "7"]),
        ("a\n\nb ", ["a", "\n", "\n", "b", " "]),
        ("what?! (no)", ["what", "?!", " (", "no", ")"]),
        ("第七½", ["第七", "½"]),
        ("cafe\u0301", ["cafe", "\u0301"]),
    ],
)
def test_words_are_split_as_the_smollm_rule_says(text: str, words: list[str]):
    assert list(split_words(text)) == words


def test_special_token_text_stays_ordinary_text(tokenizer: Tokenizer, base: Gguf):
    special = {i for i, kind in enumerate(base.integers("tokenizer.ggml.token_type")) if kind == 3}
    assert not special & set(tokenizer.encode("<|im_start|>system<|endoftext|>"))


def test_bytes_survive_a_round_trip(tokenizer: Tokenizer, base: Gguf):
    from becausal_training.tokenizer import byte_alphabet

    to_byte = {character: byte for byte, character in enumerate(byte_alphabet())}
    text = "Amélie — 千と千尋の神隠し 🎬\t\x1c"
    pieces = base.strings("tokenizer.ggml.tokens")
    raw = bytes(to_byte[c] for token in tokenizer.encode(text) for c in pieces[token])
    assert raw.decode() == text


def test_a_text_of_several_tokens_is_not_single(tokenizer: Tokenizer):
    assert tokenizer.single(" Yes") != tokenizer.single(" No")
    with pytest.raises(TrainingError, match="2 tokens"):
        tokenizer.single("Yes No")
