"""Llama-architecture GGUF files of some tens of kilobytes, and what each must predict: fixtures for the app.

The files come from the Python package `gguf` (its writer, its quantisers), and the probabilities from plain NumPy in
float64 on the weights that the package's own decoders give back: nothing here shares code with the readers and kernels
under test, except that the "smollm" pieces are cut by this package's tokenizer.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from becausal_training.errors import TrainingError
from becausal_training.files import sha256, write_json
from becausal_training.tokenizer import byte_alphabet, split_words

GGUF_VERSION = "0.19.0"
COMMAND = "python -m becausal_training tiny"
REFERENCE = "reference.json"
TOP = 10
_NORMAL = 1
_UNKNOWN = 2
_CONTROL = 3
_BYTE = 6
_DECIMALS = 9

Doubles = npt.NDArray[np.float64]

_CORPUS = """
This user has watched: The Night Train; A Letter from the Harbour; Winter in the Mountains; The Last Garden.
Will the user watch next: The Harbour at Night? The watcher watches what the other watchers have watched, and then the next.
In the winter the train goes through the mountains, and in the night the letter from the garden is read at the harbour.
"""

_MATRICES = ("attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down")


@dataclass(frozen=True)
class TinyModel:
    """One fixture. `types` maps a tensor's role to its GGUF type; "*" is that of every matrix not named."""

    name: str
    summary: str
    seed: int
    types: dict[str, str]
    width: int = 64
    heads: int = 2
    kv_heads: int = 1
    ffn: int = 96
    layers: int = 2
    tied: bool = True
    tokenizer: str = "smollm"
    rope_base: float = 10_000.0
    epsilon: float = 1e-5
    alignment: int | None = None
    texts: tuple[str, ...] = field(
        default=(
            "The night train",
            "This user has watched: The Last Garden; Winter in the Mountains; A Letter from 1987;\nWill the user watch",
            "2049 isn't a film!  <|im_start|>",
        )
    )

    def type_of(self, role: str) -> str:
        """Returns the type that a matrix is stored as."""
        return self.types.get(role, self.types["*"])


TINY_MODELS = (
    TinyModel("llama-q4_0", "every matrix Q4_0, output tied", 1, {"*": "Q4_0"}),
    TinyModel("llama-q4_1", "every matrix Q4_1, an output of its own in Q8_0", 2, {"*": "Q4_1", "output": "Q8_0"}, tied=False),
    TinyModel(
        "llama-q8_0", "every matrix Q8_0, four heads on two, a large rotary base, Llama 3's pre-tokenizer", 3, {"*": "Q8_0"},
        heads=4, kv_heads=2, ffn=64, rope_base=1e6, tokenizer="llama-bpe",
    ),
    TinyModel(
        "llama-f16", "every matrix F16, width 40 and heads of 20, alignment 8, GPT-2's pre-tokenizer", 4, {"*": "F16"},
        width=40, ffn=56, alignment=8, tokenizer="gpt-2",
    ),
    TinyModel(
        "llama-f32", "every matrix F32, width 24, a key head a head, an output of its own, alignment 64, SentencePiece", 5,
        {"*": "F32"},
        width=24, kv_heads=2, ffn=32, tied=False, alignment=64, epsilon=1e-6, tokenizer="llama",
    ),
    TinyModel(
        "llama-mixed", "all five types in one layer: stacks of q, k, v and of gate, up mix them", 6,
        {
            "*": "Q8_0", "attn_q": "Q4_0", "attn_k": "F16", "attn_v": "Q8_0", "attn_output": "Q4_1", "ffn_gate": "Q4_1",
            "ffn_up": "F32", "ffn_down": "F16", "output": "F16",
        },
        width=32, ffn=64, tied=False, rope_base=500_000.0,
    ),
)  # fmt: skip


def write_tiny_models(folder: Path) -> None:
    """Writes every model and `reference.json` into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    described = []
    for model in TINY_MODELS:
        vocabulary = Vocabulary.of(model.tokenizer)
        path = folder / f"{model.name}.gguf"
        _write_model(path, model, vocabulary)
        weights = _read_weights(path)
        cases = [_case(model, vocabulary, weights, text) for text in model.texts]
        data = path.read_bytes()
        described.append(
            {
                "file": path.name,
                "summary": model.summary,
                "byteLength": len(data),
                "sha256": sha256(data),
                "seed": model.seed,
                "exact": all(model.type_of(role) in ("F16", "F32") for role in ("token_embd", "output", *_MATRICES)),
                "cases": cases,
            }
        )
    provenance = {"madeBy": COMMAND, "package": f"gguf=={GGUF_VERSION}", "arithmetic": "NumPy, float64", "top": TOP}
    write_json(folder / REFERENCE, {**provenance, "models": described})


def _gguf() -> Any:
    try:
        import gguf

        found = version("gguf")
    except (ImportError, PackageNotFoundError) as error:
        raise TrainingError(f"the Python package gguf is missing; install gguf=={GGUF_VERSION}") from error
    if found != GGUF_VERSION:
        raise TrainingError(f"the fixtures are made with gguf=={GGUF_VERSION}, installed is {found}")
    return gguf


@dataclass(frozen=True)
class Vocabulary:
    """Tokens, their GGUF types, and what joins them: merges (byte-level BPE) or scores (SentencePiece)."""

    tokenizer: str
    tokens: list[str]
    types: list[int]
    merges: list[tuple[str, str]]
    scores: list[float]

    @classmethod
    def of(cls, tokenizer: str) -> "Vocabulary":
        """Trains on the module's few sentences."""
        if tokenizer == "llama":
            words = ["▁" + word for word in _CORPUS.split()]
            merges = _train_merges(words, 28)
            letters = sorted({letter for word in words for letter in word})
            pieces = letters + ["".join(pair) for pair in merges]
            tokens = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256)), *pieces]
            types = [_UNKNOWN, _CONTROL, _CONTROL, *[_BYTE] * 256, *[_NORMAL] * len(pieces)]
            scores = [0.0] * 259 + [-1e6] * len(letters) + [-float(rank) for rank in range(len(merges))]
            return cls(tokenizer, tokens, types, [], scores)
        special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
        merges = _train_merges([_spell(word) for word in _split(tokenizer, _CORPUS)], 41)
        tokens = [*special, *byte_alphabet(), *("".join(pair) for pair in merges)]
        types = [_CONTROL] * len(special) + [_NORMAL] * (len(tokens) - len(special))
        return cls(tokenizer, tokens, types, merges, [])

    def encode(self, text: str) -> list[int]:
        """Returns the ids of a text without special tokens."""
        ids = {token: index for index, token in enumerate(self.tokens) if self.types[index] == _NORMAL}
        if self.tokenizer == "llama":
            pieces = _join(
                ["▁", *text.replace(" ", "▁")], lambda pair: -self.scores[i] if (i := ids.get("".join(pair))) else None
            )
            return [i for piece in pieces for i in ([ids[piece]] if piece in ids else self._bytes(piece))]
        ranks = {pair: float(rank) for rank, pair in enumerate(self.merges)}
        out: list[int] = []
        for word in (_spell(word) for word in _split(self.tokenizer, text)):
            # Llama 3 never takes apart a word that is a token.
            is_whole = self.tokenizer == "llama-bpe" and word in ids
            out += [ids[word]] if is_whole else [ids[piece] for piece in _join([*word], ranks.get)]
        return out

    def _bytes(self, piece: str) -> list[int]:
        return [self.tokens.index(f"<0x{byte:02X}>") for byte in piece.encode()]


def _join(parts: list[str], rank: Callable[[tuple[str, str]], float | None]) -> list[str]:
    """Joins the neighbours of lowest rank, leftmost first, one pair at a time until none is known."""
    while True:
        ranked = [(found, at) for at, pair in enumerate(pairwise(parts)) if (found := rank(pair)) is not None]
        if not ranked:
            return parts
        _, at = min(ranked)
        parts[at : at + 2] = [parts[at] + parts[at + 1]]


# Letters and digits of ASCII stand for Unicode's: the fixtures' texts have no others.
_SPLITTERS = {
    "gpt-2": re.compile(r"'(?:s|t|re|ve|m|ll|d)| ?[A-Za-z]+| ?[0-9]+| ?[^\sA-Za-z0-9]+|\s+(?!\S)|\s+"),
    "llama-bpe": re.compile(
        r"'(?i:s|t|re|ve|m|ll|d)|[^\r\nA-Za-z0-9]?[A-Za-z]+|[0-9]{1,3}| ?[^\sA-Za-z0-9]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
    ),
}


def _split(tokenizer: str, text: str) -> Iterable[str]:
    return split_words(text) if tokenizer == "smollm" else _SPLITTERS[tokenizer].findall(text)


def _spell(word: str) -> str:
    alphabet = byte_alphabet()
    return "".join(alphabet[byte] for byte in word.encode())


def _train_merges(words: list[str], count: int) -> list[tuple[str, str]]:
    """Byte-pair encoding (Sennrich et al. 2016): the most frequent pair first, ties by the pair itself."""
    counts = Counter(tuple(word) for word in words)
    merges: list[tuple[str, str]] = []
    while len(merges) < count:
        pairs: Counter[tuple[str, str]] = Counter()
        for word, times in counts.items():
            for pair in pairwise(word):
                pairs[pair] += times
        best = min(pairs, key=lambda pair: (-pairs[pair], pair))
        merges.append(best)
        joined: Counter[tuple[str, ...]] = Counter()
        for word, times in counts.items():
            parts = list(word)
            for at in reversed(range(len(parts) - 1)):
                if at + 1 < len(parts) and (parts[at], parts[at + 1]) == best:
                    parts[at : at + 2] = ["".join(best)]
            joined[tuple(parts)] += times
        counts = joined
    return merges


def _write_model(path: Path, model: TinyModel, vocabulary: Vocabulary) -> None:
    gguf = _gguf()
    writer = gguf.GGUFWriter(path, "llama")
    if model.alignment is not None:
        writer.add_custom_alignment(model.alignment)
    writer.add_name(model.name)
    writer.add_block_count(model.layers)
    writer.add_context_length(256)
    writer.add_embedding_length(model.width)
    writer.add_feed_forward_length(model.ffn)
    writer.add_head_count(model.heads)
    writer.add_head_count_kv(model.kv_heads)
    writer.add_rope_dimension_count(model.width // model.heads)
    writer.add_rope_freq_base(model.rope_base)
    writer.add_layer_norm_rms_eps(model.epsilon)
    writer.add_vocab_size(len(vocabulary.tokens))
    writer.add_tokenizer_model("llama" if model.tokenizer == "llama" else "gpt2")
    writer.add_tokenizer_pre("default" if model.tokenizer == "llama" else model.tokenizer)
    writer.add_token_list(vocabulary.tokens)
    if vocabulary.scores:
        writer.add_token_scores(vocabulary.scores)
    writer.add_token_types(vocabulary.types)
    if vocabulary.merges:
        writer.add_token_merges([" ".join(pair) for pair in vocabulary.merges])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)

    rng = np.random.default_rng(model.seed)

    def add_matrix(name: str, role: str, rows: int, cols: int, scale: float) -> None:
        values = (rng.standard_normal((rows, cols)) * scale).astype(np.float32)
        kind = gguf.GGMLQuantizationType[model.type_of(role)]
        writer.add_tensor(name, gguf.quants.quantize(values, kind), raw_dtype=kind)

    def add_gain(name: str) -> None:
        writer.add_tensor(name, (1 + 0.2 * rng.standard_normal(model.width)).astype(np.float32))

    # Logits of a spread of about 3 nats: probabilities that a wrong product would visibly move.
    tokens, width, kv_width = len(vocabulary.tokens), model.width, model.kv_heads * (model.width // model.heads)
    shapes = {
        "attn_q": (width, width), "attn_k": (kv_width, width), "attn_v": (kv_width, width), "attn_output": (width, width),
        "ffn_gate": (model.ffn, width), "ffn_up": (model.ffn, width), "ffn_down": (width, model.ffn),
    }  # fmt: skip
    add_matrix("token_embd.weight", "token_embd", tokens, width, 3 / width**0.5)
    for layer in range(model.layers):
        add_gain(f"blk.{layer}.attn_norm.weight")
        for role in _MATRICES:
            if role == "ffn_gate":
                add_gain(f"blk.{layer}.ffn_norm.weight")
            rows, cols = shapes[role]
            add_matrix(f"blk.{layer}.{role}.weight", role, rows, cols, 1.5 / cols**0.5)
    add_gain("output_norm.weight")
    if not model.tied:
        add_matrix("output.weight", "output", tokens, width, 3 / width**0.5)

    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _read_weights(path: Path) -> dict[str, Doubles]:
    gguf = _gguf()
    tensors = gguf.GGUFReader(path).tensors
    return {tensor.name: gguf.quants.dequantize(tensor.data, tensor.tensor_type).astype(np.float64) for tensor in tensors}


def _case(model: TinyModel, vocabulary: Vocabulary, weights: dict[str, Doubles], text: str) -> dict[str, Any]:
    ids = vocabulary.encode(text)
    p = next_token_probabilities(model, weights, ids)
    likeliest = np.argsort(-p, kind="stable")[:TOP]
    return {"text": text, "ids": ids, "next": [[int(token), round(float(p[token]), _DECIMALS)] for token in likeliest]}


def next_token_probabilities(model: TinyModel, weights: dict[str, Doubles], ids: list[int]) -> Doubles:
    """Returns the next-token distribution `[vocabulary]` after `ids`; rotary angles turn interleaved pairs of q and k."""
    head_width = model.width // model.heads
    group = model.heads // model.kv_heads
    angle = np.arange(len(ids))[:, None] * float(np.float32(model.rope_base)) ** (-np.arange(0, head_width, 2) / head_width)
    cosine, sine = np.cos(angle)[:, None], np.sin(angle)[:, None]
    epsilon = float(np.float32(model.epsilon))

    def normalised(x: Doubles, name: str) -> Doubles:
        return x / np.sqrt((x**2).mean(-1, keepdims=True) + epsilon) * weights[name]

    def rotated(x: Doubles) -> Doubles:
        heads = x.reshape(len(ids), -1, head_width)
        even, odd = heads[..., 0::2], heads[..., 1::2]
        return np.stack([even * cosine - odd * sine, even * sine + odd * cosine], -1).reshape(heads.shape)

    x = weights["token_embd.weight"][ids]
    for layer in range(model.layers):
        w = {role: weights[f"blk.{layer}.{role}.weight"] for role in _MATRICES}
        h = normalised(x, f"blk.{layer}.attn_norm.weight")
        q, k = rotated(h @ w["attn_q"].T), rotated(h @ w["attn_k"].T)
        v = (h @ w["attn_v"].T).reshape(len(ids), -1, head_width)
        logits = np.einsum("thd,shd->hts", q, np.repeat(k, group, 1)) / head_width**0.5
        logits[:, np.triu_indices(len(ids), 1)[0], np.triu_indices(len(ids), 1)[1]] = -np.inf
        attention = np.exp(logits - logits.max(-1, keepdims=True))
        attention /= attention.sum(-1, keepdims=True)
        x = x + np.einsum("hts,shd->thd", attention, np.repeat(v, group, 1)).reshape(len(ids), -1) @ w["attn_output"].T
        h = normalised(x, f"blk.{layer}.ffn_norm.weight")
        gate = h @ w["ffn_gate"].T
        x = x + (gate / (1 + np.exp(-gate)) * (h @ w["ffn_up"].T)) @ w["ffn_down"].T
    out = weights["token_embd.weight" if model.tied else "output.weight"]
    scores = out @ normalised(x[-1], "output_norm.weight")
    p = np.exp(scores - scores.max())
    return p / p.sum()
