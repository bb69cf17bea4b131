"""What a training step is about: windows, histories cut short, slates, muted slots and optional pieces, drawn by seed and step.

A draw does not wait for the device: the length of its prompts, the one number that the host needs, is copied over while
the device is busy with the step before.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from becausal_training.adapter_settings import AdapterSettings
from becausal_training.crossfit import BehaviourSource
from becausal_training.distributed import ALONE, Ranks
from becausal_training.errors import TrainingError
from becausal_training.interactions import Dataset
from becausal_training.personas import Opinions, Tastes
from becausal_training.prompt import ABSENT, HISTORY_ITEMS, OptionalPieces, PackedPrompts, padded_length
from becausal_training.recommender import Recommender
from becausal_training.sampling import training_slates
from becausal_training.windows import WindowTable

_LONGEST_PROMPT = 2_048
"""More places than any prompt has; random numbers are drawn for all, so that padding does not change them."""


@dataclass(frozen=True)
class TrainingData:
    """The training windows on the model's device, and what is known of their users' tastes if a prompt shows any."""

    table: WindowTable
    sources: tuple[tuple[BehaviourSource, Tensor], ...]
    """Where behaviour comes from, each with the numbers of the windows of its users; steps take them in turn."""
    tastes: Tastes | None
    opinions: Opinions | None

    @classmethod
    def of(
        cls, data: Dataset, settings: AdapterSettings, sources: Sequence[BehaviourSource], device: torch.device
    ) -> "TrainingData":
        """Lays out the training users of `data`; the users of the `sources` are all of them, each once."""
        users = data.bounds("train")
        if sorted(user for source in sources for user in source.users) != list(users):
            raise TrainingError("the folds of a cross-fit hold every training user once")
        table = WindowTable(data, users, settings.min_history, device)
        windows = [torch.from_numpy(np.flatnonzero(np.isin(table.users, source.users))).to(device) for source in sources]
        tells = settings.persona > 0 or settings.steered > 0
        tastes = Tastes.of(data, device) if tells else None
        opinions = Opinions(data, table, device) if tells or settings.in_context > 0 else None
        return cls(table, tuple(zip(sources, windows, strict=True)), tastes, opinions)


@dataclass(frozen=True)
class WithoutHistory:
    """The first examples of a batch again, asked without history: the same candidates shown the same way."""

    prompts: PackedPrompts
    null_slot: Tensor
    history: Tensor
    state: Tensor


@dataclass(frozen=True)
class Steered:
    """What a made-up persona is to do to the examples that have one."""

    rows: Tensor
    """`[prompts]`: which examples these are."""
    without_persona: PackedPrompts
    """All examples again, as they would be asked without persona."""
    null_slot: Tensor
    """`[prompts, length]`. In a hybrid batch no slot is muted: without the persona's tokens, places are not the same places."""
    nats: Tensor
    """`[prompts, candidates]`: by how much the persona is to move each candidate."""


@dataclass(frozen=True)
class TrainingBatch:
    """Some examples, ready for the model; the target is the first candidate of each, but for those that are steered."""

    prompts: PackedPrompts
    items: Tensor
    """Item vectors `[items, dim]` that the behaviour slots show."""
    history: Tensor
    state: Tensor
    null_slot: Tensor
    uniform_gate: Tensor
    correction: Tensor
    without_history: WithoutHistory | None
    steered: Steered | None


class _HostNumbers:
    """Numbers on their way from the device to the host."""

    def __init__(self, numbers: Tensor) -> None:
        self._numbers, self._arrived = numbers, None
        if numbers.is_cuda:
            self._numbers = torch.empty(numbers.shape, dtype=numbers.dtype, pin_memory=True)
            self._numbers.copy_(numbers, non_blocking=True)
            self._arrived = torch.cuda.Event()
            self._arrived.record()

    def read(self) -> list[int]:
        if self._arrived is not None:
            self._arrived.synchronize()
        return self._numbers.tolist()


class Draw:
    """One step's examples of this process, in parts sorted by length; `batches` packs them."""

    def __init__(
        self,
        model: Recommender,
        data: TrainingData,
        settings: AdapterSettings,
        step: int,
        hybrid: bool,
        ranks: Ranks = ALONE,
    ) -> None:
        """Draws step `step`; it depends on seed and step alone, so that a resumed run goes on as the first would have."""
        self._model, self._settings, self._hybrid = model, settings, hybrid
        device, table, count = model.null_behaviour.device, data.table, settings.batch
        generator = torch.Generator(device).manual_seed(settings.seed * 10_000_019 + step)

        def uniform(*shape: int) -> Tensor:
            return torch.rand(shape, device=device, generator=generator)

        source, possible = data.sources[step % len(data.sources)]
        self._items = source.items()
        windows = possible[torch.randint(len(possible), (count,), device=device, generator=generator)]
        history = table.histories(windows, model.sasrec.shape.max_length)
        shown = (1 + uniform(count) * HISTORY_ITEMS).long()
        chance = uniform(count)
        limit = torch.where(chance < settings.truncated, shown, history.shape[1])
        limit = torch.where(chance > 1 - settings.emptied, 0, limit)
        age = torch.arange(history.shape[1], 0, -1, device=device)
        history = history.masked_fill(age > limit[:, None], ABSENT)
        with torch.no_grad():
            state = source.state(history)
            scores = state @ self._items.T
        negatives = (settings.uniform_negatives, settings.hard_negatives, settings.hard_pool)
        slates = training_slates(table, windows, scores, *negatives, generator)
        muted = uniform(count, _LONGEST_PROMPT) < settings.slot_dropout
        # Text alone is also asked for without the gate knowing the history: half of the text batches' examples.
        uniform_gate = uniform(count) < 0.5
        is_first = step < settings.steered_first * settings.steps
        pieces, steered = self._pieces(data, windows, history, uniform, 1.0 if is_first else settings.steered)
        candidates, log_expected = slates.candidates, slates.log_expected_count
        self._nats = None
        if data.tastes is not None and pieces.persona is not None and steered is not None:
            made = data.tastes.slates(pieces.persona, candidates.shape[1], uniform)
            candidates = torch.where(steered[:, None], made, candidates)
            self._nats = data.tastes.steering(pieces.persona, candidates)

        own = ranks.own(torch.arange(count, device=device))
        self._history, self._state, self._candidates = history[own], state[own], candidates[own]
        self._correction = settings.correction * log_expected[own]
        self._muted = muted[own] if hybrid else torch.ones_like(muted[own])
        self._uniform_gate = torch.zeros_like(uniform_gate[own]) if hybrid else uniform_gate[own]
        self._pieces_shown = _rows_of(pieces, own)
        self._steered = None if steered is None or not settings.steered else steered[own]
        self._nats = None if self._nats is None else self._nats[own]
        self._asked_without = ranks.own_count(effect_rows(settings))
        self._parts = self._split()
        lengths = [length for part in self._parts for length in (part.longest, part.longest_without)]
        self._longest = _HostNumbers(torch.stack(lengths))

    def _pieces(
        self, data: TrainingData, windows: Tensor, history: Tensor, uniform: Callable[..., Tensor], steered_share: float
    ) -> tuple[OptionalPieces, Tensor | None]:
        """Returns what stands before the histories, and which examples' personas `[windows]` are made up."""
        settings = self._settings
        persona = steered = liked = disliked = None
        if data.tastes is not None and data.opinions is not None:
            chance = uniform(len(windows))
            steered = chance < steered_share
            told = (chance >= steered_share) & (chance < steered_share + settings.persona)
            noise, number = uniform(len(windows), data.table.items), uniform(len(windows), 2)
            inferred = data.tastes.persona(*data.opinions.drawn(windows, noise, number))
            made_up = data.tastes.made_up(uniform, len(windows))
            persona = torch.where(steered[:, None], made_up, inferred * told[:, None])
        if settings.in_context > 0 and data.opinions is not None:
            told = uniform(len(windows), 1) < settings.in_context
            noise, number = uniform(len(windows), data.table.items), uniform(len(windows), 2)
            examples = data.opinions.examples(windows, history[:, -HISTORY_ITEMS:], noise, number)
            liked, disliked = (torch.where(told, films, ABSENT) for films in examples)
        return OptionalPieces(persona, liked, disliked), steered

    def _split(self) -> list["_Part"]:
        """Sorts the rows into parts of like length; within a part they keep their order."""
        model, neutral = self._model, self._model.channels == "behaviour"
        shown = self._history[:, -HISTORY_ITEMS:]
        lengths = model.template.lengths(shown, self._candidates, self._pieces_shown, neutral)
        count = self._settings.micro_batches
        every = torch.arange(len(lengths), device=lengths.device)
        rows = [every] if count == 1 else [part.sort().values for part in lengths.argsort().tensor_split(count)]
        # The title loss alone needs the target's branch only.
        columns = self._candidates.shape[1] if self._settings.preference_effect else 1
        nothing, few = torch.full_like(shown, ABSENT), self._candidates[:, :columns]
        without = model.template.lengths(nothing, few, neutral_titles=neutral)
        ends = [self._asked_without * number // count for number in range(count + 1)]
        asked = [part[: end - start] for part, start, end in zip(rows, ends[:-1], ends[1:], strict=True)]
        return [
            _Part(part, few[again], lengths[part].max(), without[again].max() if len(again) else lengths.new_zeros(()))
            for part, again in zip(rows, asked, strict=True)
        ]

    def batches(self) -> list[TrainingBatch]:
        """Packs the parts; waits for their lengths."""
        longest = self._longest.read()
        return [self._pack(part, *longest[2 * i : 2 * i + 2]) for i, part in enumerate(self._parts)]

    def _pack(self, part: "_Part", longest: int, longest_without: int) -> TrainingBatch:
        model, rows = self._model, part.rows
        history, candidates, muted = self._history[rows], self._candidates[rows], self._muted[rows]
        prompts = model.pack(history, candidates, padded_length(longest), _rows_of(self._pieces_shown, rows))
        without = None
        if len(part.asked_again):
            without = self._without_history(part.asked_again, padded_length(longest_without), prompts.readout, muted)
        return TrainingBatch(
            prompts=prompts,
            items=self._items,
            history=history,
            state=self._state[rows],
            null_slot=muted[:, : padded_length(longest)],
            uniform_gate=self._uniform_gate[rows],
            correction=self._correction[rows],
            without_history=without,
            steered=self._steered_part(rows, padded_length(longest)),
        )

    def _steered_part(self, rows: Tensor, length: int) -> Steered | None:
        if self._steered is None or self._nats is None:
            return None
        pieces = replace(_rows_of(self._pieces_shown, rows), persona=None)
        without = self._model.pack(self._history[rows], self._candidates[rows], length, pieces)
        null_slot = torch.full_like(without.tokens, not self._hybrid, dtype=torch.bool)
        return Steered(self._steered[rows], without, null_slot, self._nats[rows])

    def _without_history(self, candidates: Tensor, length: int, readout: Tensor, muted: Tensor) -> WithoutHistory:
        model, (count, columns) = self._model, candidates.shape
        history = torch.full((count, self._history.shape[1]), ABSENT, device=candidates.device)
        prompts = model.pack(history, candidates, length)
        # A candidate's slot, the place before its read-out, is muted where it is muted in the prompt with history.
        slot_muted = muted[:count].gather(1, readout[:count, :columns] - 1)
        null_slot = torch.zeros(prompts.tokens.shape, dtype=torch.bool, device=candidates.device)
        null_slot.scatter_(1, prompts.readout - 1, slot_muted)
        return WithoutHistory(prompts, null_slot, history, torch.zeros_like(self._state[:count]))


@dataclass(frozen=True)
class _Part:
    """Rows that go through the model together, the candidates asked about again without history (those of its first rows),
    and the lengths of the longest prompts, still on the device."""

    rows: Tensor
    asked_again: Tensor
    longest: Tensor
    longest_without: Tensor


def effect_rows(settings: AdapterSettings) -> int:
    """Returns how many examples of a whole batch are asked without history too."""
    if not settings.asks_without_history:
        return 0
    return max(1, round(settings.effect_share * settings.batch))


def _rows_of(pieces: OptionalPieces, rows: Tensor) -> OptionalPieces:
    def chosen(values: Tensor | None) -> Tensor | None:
        return None if values is None else values[rows]

    return OptionalPieces(chosen(pieces.persona), chosen(pieces.liked), chosen(pieces.disliked))
