"""Planted worlds: made-up ratings whose cause is known, which the real training must find on the real frozen base.

In the text-informed and the behaviour-informed world every film belongs to a hidden class, and the next film is the one in
the slate of 20 that shares the class of the history. The class shows in the titles alone or in the SASRec's item vectors
alone. In the group world the titles tell which four films of the slate may follow, and which of the four it is depends on
the group of the user. The group shows in the SASRec's state alone, and every slot holds the null vector, so it can reach the
answer through the gate only: the prompt is the same for all four groups, and no function of the prompt is right for more
than one of them (iLoRA's negative transfer, Kong et al. 2024, arXiv 2408.10159, with a known ceiling).

What keeps the blind channel blind:

- The films of the test users are never shown in training, neither in a history nor in a slate: each has a title and a
  vector of its own, drawn anew. Otherwise the low-rank factors could learn by heart which random title, or which random
  vector, belongs to which class.
- Every film of a test slate is held out, so that "never seen before" sets no candidate apart, and every class is the answer
  equally often, so that no class does.
- In the behaviour-informed world text alone also means a uniform gate, because the gate reads the SASRec's state.

A slate is fixed by ordinary ratings: whatever is not in it was rated low by the user before, and films rated before are never
candidates. The SASRecs are frozen, with planted item vectors and random layers.
"""

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from becausal_training.adapter_settings import AdapterSettings
from becausal_training.adapter_training import train_adapter
from becausal_training.catalogue import Film
from becausal_training.gguf import Gguf
from becausal_training.interactions import MADE_UP, Dataset, User
from becausal_training.metrics import Estimate, hit_at_1, user_bootstrap
from becausal_training.pack import build_recommender
from becausal_training.prompt import HISTORY_ITEMS
from becausal_training.recommender import AdapterShape, Channels, Recommender
from becausal_training.sampling import CANDIDATES, evaluation_candidates
from becausal_training.sasrec import Sasrec, SasrecShape
from becausal_training.windows import WindowTable

GROUPS = 4
HISTORY = 3

CLASS_WORDS = "War Jazz Space Horse Ocean Crime Magic Winter Money School Robot Island Train Desert Castle Doctor"
TAIL_WORDS = (
    "Night Road House Dream River Light Story Heart Moon Door Game Letter Stone Fire Girl Boy Day King Street Song "
    "Mirror Wall Bridge Shadow Hand Garden Blood Sky Summer Family Box Tree Storm Wind Sister Father Land Line Star Rose"
)

_CPU = torch.device("cpu")
Ints = npt.NDArray[np.int64]
Log = Callable[[str], None]


@dataclass(frozen=True)
class WorldSize:
    """Sizes of the worlds; a title is a class word and a tail word, or random letters."""

    train_users: int = 8_000
    test_users: int = 1_600
    """A multiple of 4, like `train_users`: whole sets of groups."""
    classes: int = 8
    films: int = 20
    """Films of each class in each half of the catalogue; one half is the training users', the other the test users'. What a
    blind model makes of a title is the same each time, so chance is only as sure as the held-out films are many."""
    histories: int = GROUPS
    """Of how many of the four answering classes the group world's histories are; with 1 the group alone decides."""
    dim: int = 64
    class_words: str = CLASS_WORDS
    tail_words: str = TAIL_WORDS
    letters: int = 6


@dataclass(frozen=True)
class World:
    """Ratings and a frozen SASRec."""

    name: str
    data: Dataset
    sasrec: Sasrec
    prompt: Ints
    """The number of each test user's prompt, which the users of the group world share four by four."""
    null_slots: bool = False
    """Whether the behaviour slots are always null, so that the SASRec speaks through the gate alone."""


@dataclass(frozen=True)
class WorldSettings:
    """Everything that decides a run of the worlds."""

    size: WorldSize = field(default_factory=WorldSize)
    shape: AdapterShape = field(default_factory=AdapterShape)
    adapter: AdapterSettings = field(
        default_factory=lambda: AdapterSettings(
            steps=1_000,
            batch=16,
            # The gate starts uniform and the experts alike, and nothing is learnt until they part.
            gate_rate=2.0,
            uniform_negatives=7,
            hard_negatives=0,
            hard_pool=1,
            truncated=0.0,
            emptied=0.0,
            min_history=HISTORY,
            schedule_of_channels="direct",
        )
    )
    seed: int = 0


def class_titles(class_words: str, tail_words: str, rng: np.random.Generator, classes: Ints) -> list[str]:
    """Returns a title for each film: its class word and a tail word that no other film of the class has."""
    titles, words, tails = [""] * len(classes), class_words.split(), tail_words.split()
    for number in np.unique(classes):
        films = np.flatnonzero(classes == number)
        for film, tail in zip(films, rng.permutation(tails)[: len(films)], strict=True):
            titles[film] = f"{words[number]} {tail}"
    return titles


def random_titles(count: int, rng: np.random.Generator, films: int) -> list[str]:
    """Returns a title of `count` random letters for each film."""
    letters = np.array(list("abcdefghijklmnopqrstuvwxyz"))
    drawn: dict[str, None] = {}
    while len(drawn) < films:
        drawn["".join(rng.choice(letters, count)).capitalize()] = None
    return list(drawn)


def planted_sasrec(vectors: npt.NDArray, seed: int) -> Sasrec:
    """Returns a SASRec with random layers whose item vectors are `vectors` `[films, dim]`."""
    torch.manual_seed(seed)
    films, dim = vectors.shape
    sasrec = Sasrec(SasrecShape(films, dim, max_length=HISTORY_ITEMS, ffn=2 * dim))
    with torch.no_grad():
        sasrec.item_embedding.weight.copy_(torch.from_numpy(vectors))
    sasrec.round_item_embedding()
    return sasrec.requires_grad_(False).eval()


def clustered(centres: npt.NDArray, cluster: Ints, rng: np.random.Generator) -> npt.NDArray:
    """Returns each film's vector: its cluster's centre and half as much of its own."""
    return centres[cluster] + 0.5 * rng.normal(size=(len(cluster), centres.shape[1]))


def slate_user(films: int, history: Ints, target: int, negatives: Ints) -> User:
    """Returns a user who rated low whatever is not in the slate, then watched `history` and, last, `target`."""
    kept = np.append(history, target)
    low = np.setdiff1d(np.arange(films), np.concatenate([kept, negatives]))
    return User(np.concatenate([low, kept]), np.repeat([False, True], [len(low), len(kept)]))


def planted_dataset(name: str, titles: Sequence[str], users: list[User], train_users: int) -> Dataset:
    """Returns users and films as a data set; whoever is not a training user is a test user."""
    films = [Film(number, number, title, None, (), 0) for number, title in enumerate(titles)]
    digest = hashlib.sha256("\n".join(titles).encode())
    for user in users:
        digest.update(user.items.astype("<i4").tobytes())
    return Dataset(films, users, digest.hexdigest(), replace(MADE_UP, name=name, split=(train_users, train_users)))


def text_world(size: WorldSize, seed: int) -> World:
    """The class of a film shows in its title; item vectors are random."""
    return _class_world("text-informed", size, seed)


def behaviour_world(size: WorldSize, seed: int) -> World:
    """The class of a film shows in its item vector; titles are random letters."""
    return _class_world("behaviour-informed", size, seed)


def _class_world(name: Literal["text-informed", "behaviour-informed"], size: WorldSize, seed: int) -> World:
    rng = np.random.default_rng(seed)
    classes = np.repeat(np.arange(size.classes), 2 * size.films)
    is_held_out = np.tile(np.repeat([False, True], size.films), size.classes)
    users: list[User] = []
    for number in range(size.train_users + size.test_users):
        own = np.flatnonzero(is_held_out == (number >= size.train_users))
        is_wanted = classes[own] == number % size.classes
        kept = rng.choice(own[is_wanted], HISTORY + 1, replace=False)
        negatives = rng.choice(own[~is_wanted], CANDIDATES - 1, replace=False)
        users.append(slate_user(len(classes), kept[:-1], int(kept[-1]), negatives))
    if name == "text-informed":
        titles, vectors = (
            class_titles(size.class_words, size.tail_words, rng, classes),
            rng.normal(size=(len(classes), size.dim)),
        )
    else:
        titles = random_titles(size.letters, rng, len(classes))
        vectors = clustered(rng.normal(size=(size.classes, size.dim)), classes, rng)
    return World(
        name, planted_dataset(name, titles, users, size.train_users), planted_sasrec(vectors, seed), np.arange(size.test_users)
    )


def group_world(size: WorldSize, seed: int) -> World:
    """Four groups of users with the same prompts and different answers.

    Film 4 f + g is group g's edition of film f: the title is that of f, the item vector lies by the centre of g. A history
    is of one of four classes, the slate has one film of each of the four and 16 of others, and users of group g go on
    with the class g places further. Four users in a row share histories and slates but for the edition.
    """
    rng = np.random.default_rng(seed)
    kinds = max(2 * GROUPS, size.classes)
    classes = np.repeat(np.arange(kinds), 2 * size.films)
    is_held_out = np.tile(np.repeat([False, True], size.films), kinds)
    users: list[User] = []
    for number in range(0, size.train_users + size.test_users, GROUPS):
        own = np.flatnonzero(is_held_out == (number >= size.train_users))
        first = number // GROUPS % size.histories
        of_class = [own[classes[own] == (first + step) % GROUPS] for step in range(GROUPS)]
        history = rng.choice(of_class[0], HISTORY, replace=False)
        possible = np.array([rng.choice(np.setdiff1d(films, history)) for films in of_class])
        others = rng.choice(own[classes[own] >= GROUPS], CANDIDATES - GROUPS, replace=False)
        for group in range(GROUPS):
            negatives = np.concatenate([np.delete(possible, group), others])
            edition = [GROUPS * films + group for films in (history, possible[group], negatives)]
            users.append(slate_user(GROUPS * len(classes), edition[0], int(edition[1]), edition[2]))
    titles = np.repeat(class_titles(size.class_words, size.tail_words, rng, classes), GROUPS).tolist()
    vectors = clustered(rng.normal(size=(GROUPS, size.dim)), np.tile(np.arange(GROUPS), len(classes)), rng)
    data = planted_dataset("group", titles, users, size.train_users)
    return World("group", data, planted_sasrec(vectors, seed), np.arange(size.test_users) // GROUPS, null_slots=True)


@dataclass(frozen=True)
class Trained:
    """A trained recommender and the record of its run."""

    model: Recommender
    record: dict[str, Any]


def untrained(world: World, base: Gguf, settings: WorldSettings, device: torch.device = _CPU) -> Recommender:
    """Returns the recommender of a world before training; on a GPU in bfloat16."""
    torch.manual_seed(settings.seed)
    dtype = torch.bfloat16 if device.type == "cuda" else torch.float32
    return build_recommender(base, world.data.films, "when-ambiguous", world.sasrec, settings.shape, dtype).to(device)


def train_arm(
    world: World,
    base: Gguf,
    settings: WorldSettings,
    channels: Channels = "hybrid",
    gate: Literal["instance", "uniform"] = "instance",
    device: torch.device = _CPU,
    log: Log = print,
) -> Trained:
    """Trains an adapter on a world by the real training; in a world of null slots every slot of every batch is muted."""
    adapter = replace(settings.adapter, channels=channels, gate=gate, seed=settings.seed)
    if world.null_slots:
        adapter = replace(adapter, slot_dropout=1.0)
    model = untrained(world, base, settings, device)
    log(f"world {world.name}: training with channels {channels}, gate {gate}")
    run = train_adapter(model, world.data, adapter, log=log)
    about = {"world": world.name, "channels": channels, "gate": gate, "steps": adapter.steps}
    about["dataSha256"] = world.data.data_sha256
    return Trained(model, {**about, **run.to_json()})


@torch.no_grad()
def measure(
    model: Recommender, world: World, channels: Channels | None = None, swap_gates: bool = False, batch: int = 64
) -> Estimate:
    """Returns HR@1 among 20 on the test users, with an interval from resampling prompts.

    `channels` are those the model was trained with if not given. With `swap_gates` every user is given the gates of the
    users of the three other groups who have the same prompt, one after the other.
    """
    trained = model.channels
    model.channels = channels or trained
    try:
        device = model.null_behaviour.device
        table = WindowTable(world.data, world.data.bounds("test"), HISTORY, device)
        every = torch.arange(len(table), device=device)
        history = table.histories(every, model.sasrec.shape.max_length)
        candidates = evaluation_candidates(table, every)
        gates = model.gates(history, model.sasrec.state(history))
        variants = [gates]
        if swap_gates:
            variants = [gates.view(-1, GROUPS, gates.shape[1]).roll(step, 1).flatten(0, 1) for step in range(1, GROUPS)]
        hits = [_hits(model, world, history, candidates, given, batch) for given in variants]
    finally:
        model.channels = trained
    return user_bootstrap(np.concatenate(hits), np.tile(world.prompt, len(variants)))


def _hits(
    model: Recommender, world: World, history: Tensor, candidates: Tensor, gates: Tensor, batch: int
) -> npt.NDArray[np.float64]:
    hits = []
    for rows in torch.arange(len(history), device=history.device).split(batch):
        prompts = model.pack(history[rows], candidates[rows])
        is_null = torch.full_like(prompts.tokens, world.null_slots or model.channels == "text", dtype=torch.bool)
        hits.append(hit_at_1(model.verdicts(prompts, gates[rows], is_null).float().cpu().numpy()))
    return np.concatenate(hits)


@dataclass(frozen=True)
class Bar:
    """What a share must be: from `low` to `high`, both included."""

    low: float = 0.0
    high: float = 1.0

    def __str__(self) -> str:
        """Says it in percent."""
        if self.high == 1:
            return f">= {self.low:.0%}"
        return f"<= {self.high:.0%}" if self.low == 0 else f"{self.low:.0%} to {self.high:.0%}"


CHANCE = Bar(1 / CANDIDATES - 0.02, 1 / CANDIDATES + 0.02)
SEES = Bar(low=0.6)
CEILING = Bar(1 / GROUPS - 0.03, 1 / GROUPS + 0.03)
"""Of whatever does not know the group: one of four equally frequent answers to every prompt."""
KNOWS_GROUP = Bar(low=0.9)
MISLED = Bar(high=0.1)


def judged(world: str, arm: str, found: Estimate, bar: Bar, name: str = "HR@1") -> dict[str, Any]:
    """Returns the row of an arm in the record; the bar is held against the value, its interval stands beside it."""
    is_met = bar.low - 1e-9 <= found.value <= bar.high + 1e-9
    verdict = "met" if is_met else "missed"
    return {"world": world, "arm": arm, "name": name, **found.to_json(), "bar": str(bar), "verdict": verdict}


def run_class_world(
    world: World, blind: Channels, base: Gguf, settings: WorldSettings, device: torch.device = _CPU, log: Log = print
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Returns what the hybrid finds, and what the `blind` channel does not; behind them the records of the runs."""
    hybrid = train_arm(world, base, settings, device=device, log=log)
    alone = train_arm(world, base, settings, channels=blind, device=device, log=log)
    rows = [
        judged(world.name, "hybrid", measure(hybrid.model, world), SEES),
        judged(world.name, f"hybrid's weights, {blind} only", measure(hybrid.model, world, blind), CHANCE),
        judged(world.name, f"trained on {blind} only", measure(alone.model, world), CHANCE),
    ]
    return rows, [hybrid.record, alone.record]


def run_group_world(
    world: World, base: Gguf, settings: WorldSettings, device: torch.device = _CPU, log: Log = print
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Returns what uniform LoRA, iLoRA and iLoRA with other groups' gates find; behind them the records of the runs."""
    uniform = train_arm(world, base, settings, gate="uniform", device=device, log=log)
    instance = train_arm(world, base, settings, device=device, log=log)
    rows = [
        judged(world.name, "uniform LoRA", measure(uniform.model, world), CEILING),
        judged(world.name, "iLoRA", measure(instance.model, world), KNOWS_GROUP),
        judged(world.name, "iLoRA, gates of other groups", measure(instance.model, world, swap_gates=True), MISLED),
    ]
    return rows, [uniform.record, instance.record]


def run_worlds(base: Gguf, settings: WorldSettings, device: torch.device = _CPU, log: Log = print) -> dict[str, Any]:
    """Trains and measures all arms of all worlds; returns the record, whose `rows` `format_worlds` prints.

    The group world takes all steps, the two others half of them.
    """
    started = time.monotonic()
    size, seed = settings.size, settings.seed
    half = replace(settings, adapter=replace(settings.adapter, steps=max(1, settings.adapter.steps // 2)))
    text = run_class_world(text_world(size, seed), "behaviour", base, half, device, log)
    behaviour = run_class_world(behaviour_world(size, seed), "text", base, half, device, log)
    group = run_group_world(group_world(size, seed), base, settings, device, log)
    return {
        "layers": int(base.number("llama.block_count")),
        "settings": asdict(settings),
        "wallSeconds": round(time.monotonic() - started),
        "rows": [row for rows, _ in (text, behaviour, group) for row in rows],
        "runs": [run for _, runs in (text, behaviour, group) for run in runs],
    }


def format_worlds(rows: Sequence[dict[str, Any]]) -> str:
    """Returns the measured rows as aligned text."""
    lines = []
    for row in rows:
        interval = f"{row['value']:7.2%} [{row['low']:6.2%}, {row['high']:6.2%}]"
        bar = f"bar {row['bar']:11} {row['verdict']}"
        lines.append(f"{row['world']:19} {row['arm']:32} {interval}  n={row['n']:<5} {bar}")
    return "\n".join(lines)
