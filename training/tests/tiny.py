"""A two-layer random model, a made-up catalogue and a few users: enough to run every step on a CPU in seconds."""

import numpy as np
import torch

from becausal_training.catalogue import Film
from becausal_training.gguf import Gguf, Tensor, Value
from becausal_training.interactions import Dataset, User
from becausal_training.pack import build_recommender
from becausal_training.recommender import AdapterShape, Recommender
from becausal_training.sasrec import Sasrec, SasrecShape
from becausal_training.tokenizer import byte_alphabet

WIDTH, FFN, LAYERS, HEADS, KV_HEADS = 32, 48, 2, 4, 2
ITEMS = 40


def tiny_gguf(seed: int = 0) -> Gguf:
    rng = np.random.default_rng(seed)
    merges = ["Ġ Y", "ĠY e", "ĠYe s", "Ġ N", "ĠN o"]
    tokens = byte_alphabet() + [merge.replace(" ", "") for merge in merges]

    def floats(*shape: int, scale: float = 0.2, shift: float = 0.0) -> tuple[tuple[int, ...], bytes]:
        return shape, (rng.normal(shift, scale, shape)).astype("<f4").tobytes()

    kv = WIDTH * KV_HEADS // HEADS
    weights = {"token_embd": floats(len(tokens), WIDTH), "output_norm": floats(WIDTH, shift=1)}
    for layer in range(LAYERS):
        for name, shape in {
            "attn_q": (WIDTH, WIDTH),
            "attn_k": (kv, WIDTH),
            "attn_v": (kv, WIDTH),
            "attn_output": (WIDTH, WIDTH),
            "ffn_gate": (FFN, WIDTH),
            "ffn_up": (FFN, WIDTH),
            "ffn_down": (WIDTH, FFN),
        }.items():
            weights[f"blk.{layer}.{name}"] = floats(*shape)
        for name in ("attn_norm", "ffn_norm"):
            weights[f"blk.{layer}.{name}"] = floats(WIDTH, shift=1)
    metadata = {
        "llama.block_count": Value(4, LAYERS),
        "llama.embedding_length": Value(4, WIDTH),
        "llama.feed_forward_length": Value(4, FFN),
        "llama.attention.head_count": Value(4, HEADS),
        "llama.attention.head_count_kv": Value(4, KV_HEADS),
        "llama.rope.freq_base": Value(6, 10000.0),
        "llama.attention.layer_norm_rms_epsilon": Value(6, 1e-5),
        "tokenizer.ggml.pre": Value(8, b"smollm"),
        "tokenizer.ggml.tokens": Value(9, [token.encode() for token in tokens], 8),
        "tokenizer.ggml.merges": Value(9, [merge.encode() for merge in merges], 8),
    }
    named = {f"{name}.weight": Tensor(f"{name}.weight", shape, "F32", data) for name, (shape, data) in weights.items()}
    return Gguf(metadata, named)


def tiny_films() -> list[Film]:
    words = ("oak", "elm", "ash", "fir", "yew")
    return [Film(i, 100 + i, f"{words[i % 5]} {i // 10}", 1980 + i if i else None, ("Drama",), ITEMS - i) for i in range(ITEMS)]


def tiny_dataset(users: int = 20, seed: int = 0) -> Dataset:
    """Every user walks through the films in steps of one or two, so there is something to learn."""
    rng = np.random.default_rng(seed)
    people = []
    for _ in range(users):
        items = (rng.integers(ITEMS) + np.cumsum(rng.integers(1, 3, 15))) % ITEMS
        people.append(User(items, rng.random(15) < 0.9))
    return Dataset(tiny_films(), people, "0" * 64)


def tiny_recommender(seed: int = 0, randomise: bool = True) -> Recommender:
    torch.manual_seed(seed)
    sasrec = Sasrec(SasrecShape(ITEMS, dim=8, max_length=12, ffn=16))
    with torch.no_grad():
        sasrec.item_embedding.weight.normal_()
    sasrec.round_item_embedding()
    model = build_recommender(tiny_gguf(), tiny_films(), "when-ambiguous", sasrec, AdapterShape(rank=8, experts=4))
    if randomise:
        with torch.no_grad():
            for name, parameter in model.named_parameters():
                if "lora_b" in name or name.startswith(("gate", "null", "verdict")):
                    parameter.normal_(std=0.3)
    return model.eval()
