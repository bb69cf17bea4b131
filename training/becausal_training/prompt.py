"""Prompt template `watch-next-v1` (docs/formats.md, section 2), packed for many users at once.

A batch of prompts is built with tensor operations only, so that it costs no time next to a training step. Each prompt is
a row of segments: optional pieces, opening, history items, question, candidates; what is missing is a segment of length 0.
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
NEUTRAL_TITLE = "a movie"
"""Stands for every title where the text channel is off."""
LIKES, DISLIKES = "Likes:", "Dislikes:"
NEXT_DIRECTION, LAST_DIRECTION = ",", ".\n"
LIKED, DISLIKED, LINE_END = "Liked:", "Disliked:", "\n"

ABSENT = -1
"""Stands for a missing history item, for a position without a behaviour slot, and for the branch of padding."""
_SEGMENT = MAX_TITLE_TOKENS + 2
_LENGTH_MULTIPLE = 32
_FIXED = (OPENING, QUESTION, LIKES, DISLIKES, LIKED, DISLIKED, LINE_END)


@dataclass(frozen=True)
class OptionalPieces:
    """What may stand before the opening; None leaves a piece out of every prompt.

    `persona` `[prompts, directions]` is 1 for a liked direction, -1 for a disliked one, 0 for silence. `liked` and
    `disliked` `[prompts, n]` are films shown as examples of taste, oldest first, ABSENT where there is none.
    """

    persona: Tensor | None = None
    liked: Tensor | None = None
    disliked: Tensor | None = None


NO_PIECES = OptionalPieces()


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

    def first_title(self) -> tuple[Tensor, Tensor, Tensor]:
        """Returns the title of the first candidate, `[prompts, MAX_TITLE_TOKENS]` each.

        The places that predict its tokens (each the one before), the tokens, and where there is one. The first branch
        lies directly behind the prefix, so its first token is predicted at the end of the question.
        """
        start = (self.branch == 0).sum(1, keepdim=True)
        slot = self.readout[:, :1] - 1
        place = start + torch.arange(MAX_TITLE_TOKENS, device=start.device)
        is_title = place < slot
        place = torch.where(is_title, place, start)
        return place - 1, self.tokens.gather(1, place), is_title


class PromptTemplate(torch.nn.Module):
    """The template's pieces and all titles as tensors; packs histories and candidates into prompts."""

    segments: Tensor
    segment_length: Tensor
    slot_offset: Tensor

    def __init__(self, tokenizer: Tokenizer, titles: Sequence[Sequence[int]], directions: Sequence[str] = ()) -> None:
        """Takes the tokens of every film's title (`catalogue.title_tokens`) and the names of the persona's directions."""
        super().__init__()
        self.items = len(titles)
        self.directions = len(directions)
        shown = [*titles, tokenizer.encode(f" {NEUTRAL_TITLE}")]
        ends = (tokenizer.single(SEPARATOR), tokenizer.single(MARK))
        direction_ends = (tokenizer.encode(NEXT_DIRECTION), tokenizer.encode(LAST_DIRECTION))
        # Rows: every film and the neutral title as history item, the same as candidate, every direction with more behind
        # it, the same as the last of its line, the fixed pieces, nothing.
        rows = [[*title, 0, end] for end in ends for title in shown]
        rows += [[*tokenizer.encode(f" {name}"), *end] for end in direction_ends for name in directions]
        rows += [tokenizer.encode(piece) for piece in _FIXED]
        rows += [[]]
        segments = torch.zeros(len(rows), max(_SEGMENT, *map(len, rows)), dtype=torch.long)
        for row, tokens in enumerate(rows):
            segments[row, : len(tokens)] = torch.tensor(tokens, dtype=torch.long)
        lengths = torch.tensor([len(tokens) for tokens in rows])
        slot = torch.full_like(lengths, ABSENT)
        slot[: 2 * len(shown)] = lengths[: 2 * len(shown)] - 2
        self._candidate_row = len(shown)
        self._direction_row = 2 * len(shown)
        self._fixed_row = {piece: 2 * (len(shown) + self.directions) + index for index, piece in enumerate(_FIXED)}
        self._nothing = len(rows) - 1
        self.register_buffer("segments", segments, persistent=False)
        self.register_buffer("segment_length", lengths, persistent=False)
        self.register_buffer("slot_offset", slot, persistent=False)

    def lengths(
        self, history: Tensor, candidates: Tensor, pieces: OptionalPieces = NO_PIECES, neutral_titles: bool = False
    ) -> Tensor:
        """Returns the number of tokens of each prompt `[prompts]`."""
        rows, _ = self._rows(history, candidates, pieces, neutral_titles)
        return self.segment_length[rows].sum(1)

    def pack(
        self,
        history: Tensor,
        candidates: Tensor,
        length: int | None = None,
        pieces: OptionalPieces = NO_PIECES,
        neutral_titles: bool = False,
    ) -> PackedPrompts:
        """Packs `history` `[prompts, <= 10]` (oldest first, ABSENT where there is none) and `candidates` `[prompts, c]`.

        `length` is the padded length; by default the longest prompt's, rounded up (`padded_length`). With
        `neutral_titles` every title is `NEUTRAL_TITLE` and the behaviour slots alone tell films apart.
        """
        prompts, device = len(history), history.device
        rows, films = self._rows(history, candidates, pieces, neutral_titles)
        spans = self.segment_length[rows]
        ends = spans.cumsum(1)
        if length is None:
            length = padded_length(int(ends[:, -1].max()))
        place = torch.arange(length, device=device).expand(prompts, length).contiguous()
        segment = torch.searchsorted(ends, place, right=True)
        is_padding = segment == spans.shape[1]
        segment = segment.clamp(max=spans.shape[1] - 1)
        offset = (place - (ends - spans).gather(1, segment)).clamp(max=self.segments.shape[1] - 1)
        row = rows.gather(1, segment)
        tokens = self.segments[row, offset]

        question = spans.shape[1] - candidates.shape[1] - 1
        prefix_length = ends[:, question, None]
        branch = (segment - question).clamp(min=0).masked_fill(is_padding, ABSENT)
        position = torch.where(branch > 0, prefix_length + offset, place).masked_fill(is_padding, 0)
        is_slot = (offset == self.slot_offset[row]) & ~is_padding
        return PackedPrompts(
            tokens=tokens.masked_fill(is_padding, 0),
            behaviour=torch.where(is_slot, films.gather(1, segment), ABSENT),
            branch=branch,
            position=position,
            readout=ends[:, question + 1 :] - 1,
        )

    def _rows(self, history: Tensor, candidates: Tensor, pieces: OptionalPieces, neutral_titles: bool) -> tuple[Tensor, Tensor]:
        """Returns for every segment its row of `segments` and its film (ABSENT for none), both `[prompts, segments]`."""
        prompts, device = len(history), history.device

        def fixed(piece: str, shown: Tensor | None = None) -> tuple[Tensor, Tensor]:
            row = torch.full((prompts, 1), self._fixed_row[piece], device=device)
            if shown is not None:
                row = torch.where(shown.any(1, keepdim=True), row, self._nothing)
            return row, torch.full_like(row, ABSENT)

        def items(films: Tensor) -> tuple[Tensor, Tensor]:
            rows = torch.full_like(films, self.items) if neutral_titles else films
            return torch.where(films == ABSENT, self._nothing, rows), films

        def directions(shown: Tensor) -> tuple[Tensor, Tensor]:
            is_last = shown & (shown.flip(1).cumsum(1).flip(1) == 1)
            rows = self._direction_row + torch.arange(self.directions, device=device) + self.directions * is_last
            rows = torch.where(shown, rows, self._nothing)
            return rows, torch.full_like(rows, ABSENT)

        parts: list[tuple[Tensor, Tensor]] = []
        if pieces.persona is not None:
            for heading, shown in ((LIKES, pieces.persona > 0), (DISLIKES, pieces.persona < 0)):
                parts += [fixed(heading, shown), directions(shown)]
        for heading, films in ((LIKED, pieces.liked), (DISLIKED, pieces.disliked)):
            if films is not None:
                parts += [fixed(heading, films != ABSENT), items(films), fixed(LINE_END, films != ABSENT)]
        parts += [fixed(OPENING), items(history), fixed(QUESTION)]
        candidate_rows, films = items(candidates)
        parts.append((self._candidate_row + candidate_rows, films))
        rows, films = (torch.cat(column, 1) for column in zip(*parts, strict=True))
        return rows, films


def padded_length(longest: int) -> int:
    """Returns the length to which prompts of at most `longest` tokens are padded: a multiple of 32."""
    return (longest + _LENGTH_MULTIPLE - 1) // _LENGTH_MULTIPLE * _LENGTH_MULTIPLE


def pad_left(histories: Sequence[Sequence[int]], length: int) -> Tensor:
    """Returns `[histories, length]`: the last `length` films of each history, ABSENT in front of shorter ones."""
    padded = torch.full((len(histories), length), ABSENT, dtype=torch.long)
    for row, history in enumerate(histories):
        last = list(history)[-length:]
        if last:
            padded[row, length - len(last) :] = torch.tensor(last)
    return padded
