"""Prompt template `watch-next-v1` (docs/formats.md, section 2), packed for many users at once.

A batch of prompts is built with tensor operations only, so that it costs no time next to a training step. Each prompt is
a row of segments: opening, history items, question, candidates; a missing history item is a segment of length 0.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from becausal_training.catalogue import MAX_TITLE_TOKENS
from becausal_training.tokenizer import Tokenizer

TEMPLATE = "watch-next-v1"
OPENING = "This user has watched:"
SEPARATOR = ";"
QUESTION = "\nWill the user watch next:"
MARK = "?"
YES, NO = " Yes", " No"
HISTORY_ITEMS = 10

ABSENT = -1
"""Stands for a missing history item, for a position without a behaviour slot, and for the branch of padding."""
_SEGMENT = MAX_TITLE_TOKENS + 2
_LENGTH_MULTIPLE = 32


@dataclass(frozen=True)
class PackedPrompts:
    """Prompts as arrays `[prompts, length]`, padded at the end.

    `behaviour` is the film whose vector replaces the token embedding, or ABSENT. `branch` is 0 in the prefix, 1 + index
    of the candidate behind it, and ABSENT in the padding. `readout` `[prompts, candidates]` is each branch's last place.
    """

    tokens: Tensor
    behaviour: Tensor
    branch: Tensor
    position: Tensor
    readout: Tensor

    def attention_mask(self) -> Tensor:
        """Tree attention `[prompts, length, length]`: true where the row's token may attend to the column's."""
        place = torch.arange(self.tokens.shape[1], device=self.tokens.device)
        key, query = self.branch[:, None, :], self.branch[:, :, None]
        visible = (place[:, None] >= place[None, :]) & ((key == 0) | (key == query)) & (key != ABSENT)
        return visible | (place[:, None] == place[None, :])  # padding attends to itself, or softmax has nothing


class PromptTemplate(torch.nn.Module):
    """The template's pieces and all titles as tensors; packs histories and candidates into prompts."""

    title_length: Tensor
    segments: Tensor
    fixed_length: Tensor

    def __init__(self, tokenizer: Tokenizer, titles: Sequence[Sequence[int]]) -> None:
        """Takes the tokens of every film's title (`catalogue.title_tokens`)."""
        super().__init__()
        items = len(titles)
        fixed = [tokenizer.encode(OPENING), tokenizer.encode(QUESTION)]
        ends = (tokenizer.single(SEPARATOR), tokenizer.single(MARK))
        # Rows: every film as history item, every film as candidate, opening, question.
        segments = torch.zeros(2 * items + 2, max(_SEGMENT, *map(len, fixed)), dtype=torch.long)
        for item, title in enumerate(titles):
            for copy, end in enumerate(ends):
                segments[copy * items + item, : len(title) + 2] = torch.tensor([*title, 0, end])
        for row, piece in enumerate(fixed):
            segments[2 * items + row, : len(piece)] = torch.tensor(piece)
        self.items = items
        self.register_buffer("segments", segments, persistent=False)
        self.register_buffer("title_length", torch.tensor([len(title) for title in titles]), persistent=False)
        self.register_buffer("fixed_length", torch.tensor([len(piece) for piece in fixed]), persistent=False)

    def lengths(self, history: Tensor, candidates: Tensor) -> Tensor:
        """Returns the number of tokens of each prompt `[prompts]`."""
        return self._segment_lengths(history, candidates).sum(1)

    def pack(self, history: Tensor, candidates: Tensor, length: int | None = None) -> PackedPrompts:
        """Packs `history` `[prompts, <= 10]` (oldest first, ABSENT where there is none) and `candidates` `[prompts, c]`.

        `length` is the padded length; by default the longest prompt's, rounded up to a multiple of 32.
        """
        prompts, items, device = len(history), self.items, history.device
        spans = self._segment_lengths(history, candidates)
        ends = spans.cumsum(1)
        if length is None:
            longest = int(ends[:, -1].max())
            length = (longest + _LENGTH_MULTIPLE - 1) // _LENGTH_MULTIPLE * _LENGTH_MULTIPLE
        opening = torch.full((prompts, 1), 2 * items, device=device)
        film = torch.cat([opening, history.clamp(min=0), opening + 1, candidates], 1)
        row = torch.cat([opening, history.clamp(min=0), opening + 1, items + candidates], 1)

        place = torch.arange(length, device=device).expand(prompts, length).contiguous()
        segment = torch.searchsorted(ends, place, right=True)
        is_padding = segment == spans.shape[1]
        segment = segment.clamp(max=spans.shape[1] - 1)
        offset = (place - (ends - spans).gather(1, segment)).clamp(max=self.segments.shape[1] - 1)
        tokens = self.segments[row.gather(1, segment), offset]

        question = history.shape[1] + 1
        prefix_length = ends[:, question, None]
        branch = (segment - question).clamp(min=0).masked_fill(is_padding, ABSENT)
        position = torch.where(branch > 0, prefix_length + offset, place).masked_fill(is_padding, 0)
        film_here = film.gather(1, segment)
        is_slot = (film_here < items) & ~is_padding
        is_slot &= offset == self.title_length[film_here.clamp(max=items - 1)]
        return PackedPrompts(
            tokens=tokens.masked_fill(is_padding, 0),
            behaviour=torch.where(is_slot, film_here, ABSENT),
            branch=branch,
            position=position,
            readout=ends[:, question + 1 :] - 1,
        )

    def _segment_lengths(self, history: Tensor, candidates: Tensor) -> Tensor:
        shown = torch.where(history == ABSENT, 0, self.title_length[history.clamp(min=0)] + 2)
        fixed = self.fixed_length.expand(len(history), 2)
        return torch.cat([fixed[:, :1], shown, fixed[:, 1:], self.title_length[candidates] + 2], 1)


def pad_left(histories: Sequence[Sequence[int]], length: int) -> Tensor:
    """Returns `[histories, length]`: the last `length` films of each history, ABSENT in front of shorter ones."""
    padded = torch.full((len(histories), length), ABSENT, dtype=torch.long)
    for row, history in enumerate(histories):
        last = list(history)[-length:]
        if last:
            padded[row, length - len(last) :] = torch.tensor(last)
    return padded
