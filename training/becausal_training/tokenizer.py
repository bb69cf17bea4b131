"""Byte-level BPE with a GGUF's own vocabulary and merges, and the "smollm" pre-tokenizer.

The pre-tokenizer first splits off every number character (Unicode N) singly, then splits what lies between into
contractions, words and runs of other characters, each with at most one leading space, as GPT-2 does. Text never becomes
a special token: `<|im_start|>` in a title is ordinary characters.
"""

import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from becausal_training.errors import TrainingError
from becausal_training.gguf import Gguf

PRE_TOKENIZER = "smollm"

_CONTRACTIONS = ("'s", "'t", "'re", "'ve", "'m", "'ll", "'d")
# Unicode White_Space, written out: str.isspace also counts the separators 0x1c to 0x1f, regular expressions elsewhere do not.
_SPACES = frozenset("\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B))))


def split_words(text: str) -> Iterator[str]:
    """Yields the pieces that BPE merges within, in order; together they are the text."""
    start = 0
    for index, character in enumerate(text):
        if _kind(character) == "number":
            yield from _split_between_numbers(text[start:index])
            yield character
            start = index + 1
    yield from _split_between_numbers(text[start:])


def _split_between_numbers(text: str) -> Iterator[str]:
    at = 0
    while at < len(text):
        end = _word_end(text, at)
        yield text[at:end]
        at = end


def _word_end(text: str, at: int) -> int:
    for contraction in _CONTRACTIONS:
        if text.startswith(contraction, at):
            return at + len(contraction)
    first = at + 1 if text[at] == " " and at + 1 < len(text) else at
    kind = _kind(text[first])
    if kind != "space":
        return _run_end(text, first, kind)
    end = _run_end(text, at, "space")
    # A run of spaces leaves its last one to the word behind it.
    return end if end == len(text) or end == at + 1 else end - 1


def _run_end(text: str, at: int, kind: str) -> int:
    while at < len(text) and _kind(text[at]) == kind:
        at += 1
    return at


@lru_cache(maxsize=4096)
def _kind(character: str) -> str:
    if character in _SPACES:
        return "space"
    return {"L": "letter", "N": "number"}.get(unicodedata.category(character)[0], "other")


def byte_alphabet() -> list[str]:
    """Returns the printable character that stands for each of the 256 bytes in the vocabulary (GPT-2's table)."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    alphabet, spare = [""] * 256, 256
    for byte in range(256):
        if byte in printable:
            alphabet[byte] = chr(byte)
        else:
            alphabet[byte] = chr(spare)
            spare += 1
    return alphabet


class Tokenizer:
    """Text to token ids."""

    def __init__(self, tokens: list[str], merges: list[str]) -> None:
        """Takes the vocabulary in id order and the merges ("left right") in order of preference."""
        self._ids = {token: index for index, token in enumerate(tokens)}
        self._ranks = {tuple(merge.split(" ", 1)): rank for rank, merge in enumerate(merges)}
        self._alphabet = byte_alphabet()
        self._known: dict[str, list[int]] = {}

    @classmethod
    def from_gguf(cls, file: Gguf) -> "Tokenizer":
        """Takes vocabulary and merges from a GGUF file, which must name the "smollm" pre-tokenizer."""
        found = file.metadata.get("tokenizer.ggml.pre")
        if found is None or found.value != PRE_TOKENIZER.encode():
            raise TrainingError(f"the GGUF file's pre-tokenizer is {found and found.value!r}; only {PRE_TOKENIZER} is known")
        return cls(file.strings("tokenizer.ggml.tokens"), file.strings("tokenizer.ggml.merges"))

    def encode(self, text: str) -> list[int]:
        """Returns the token ids of a text, without a begin-of-sequence token."""
        ids: list[int] = []
        for word in split_words(text):
            if word not in self._known:
                self._known[word] = self._merge(word)
            ids += self._known[word]
        return ids

    def single(self, text: str) -> int:
        """Returns the id of a text that is one token."""
        ids = self.encode(text)
        if len(ids) != 1:
            raise TrainingError(f"{text!r} is {len(ids)} tokens; a single one was expected")
        return ids[0]

    def _merge(self, word: str) -> list[int]:
        parts = [self._alphabet[byte] for byte in word.encode("utf-8")]
        while len(parts) > 1:
            ranked = [(self._ranks.get((parts[i], parts[i + 1]), len(self._ranks)), i) for i in range(len(parts) - 1)]
            rank, at = min(ranked)
            if rank == len(self._ranks):
                break
            parts[at : at + 2] = [parts[at] + parts[at + 1]]
        return [self._ids[part] for part in parts]
