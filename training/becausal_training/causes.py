"""Planted causes: made-up ratings in which one film of ten decides the next, to test whether attribution finds it.

A history of 10 films holds, at random places, one cause, one distractor and 8 films of noise; the next film is of the class of
the cause. Each cause class has a distractor class that stands beside it in 90 % of the histories and never decides anything:
in the other 10 % the distractor of another cause class stands there, so there are causes without their distractor and
distractors without their cause, and the film that follows is the cause's. Whoever goes by the distractor is right in 90 %.
A fifth of the training users' histories hold no cause, and a film of any cause class follows: so a model knows what to say of
a history whose cause was taken out.

The class of a film shows in its title alone (item vectors are random) or in its item vector alone (titles are random letters).
As in `worlds`, the films of the test users are never shown in training, a slate holds films of cause classes only,
and every class is the answer equally often.

What is explained are the values of `attribution`: the verdict on the film that followed, its contrast with the mean of six
films of its slate, and its log share among them. Training decides the share. Of the verdict it leaves open whether a cause
raises its own class or lowers all others, and a class whose cause does the latter has a verdict that its cause does not change.

Histories are not cut short in training. Where the cause were cut off and the distractor not, the distractor would be the best
evidence left, and an attribution that gave it a share would be right. Titles are never neutral in training, so the text
channel's "off" is new to the model; the null vector is not, 5 % of the slots hold it.
"""

import json
import multiprocessing as mp
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from becausal_training.adapter_settings import AdapterSettings
from becausal_training.adapter_training import train_adapter
from becausal_training.attribution import (
    VALUES,
    attention_shares,
    channel_effects,
    coalition_value,
    exact_shapley,
    leave_one_out,
    replacement,
    sampled_shapley,
)
from becausal_training.catalogue import Film
from becausal_training.gguf import Gguf, read_gguf, write_gguf
from becausal_training.interactions import User
from becausal_training.metrics import RESAMPLES, Doubles, Estimate, hit_at_1, user_bootstrap
from becausal_training.pack import PackRecord, build_recommender, write_pack
from becausal_training.prompt import HISTORY_ITEMS
from becausal_training.recommender import AdapterShape, Recommender
from becausal_training.sampling import CANDIDATES, evaluation_candidates
from becausal_training.windows import WindowTable
from becausal_training.worlds import (
    TAIL_WORDS,
    Bar,
    Ints,
    Log,
    Trained,
    World,
    class_titles,
    clustered,
    judged,
    planted_dataset,
    planted_sasrec,
    random_titles,
    slate_user,
)

CLASS_WORDS = (
    "War Jazz Space Horse Ocean Crime Magic Winter Money School Robot Island Train Desert Castle Doctor "
    "Tiger Soldier Angel Forest Prison Dragon Football Kitchen"
)
_CPU = torch.device("cpu")
TOLD_BY: tuple[Literal["title"], Literal["vector"]] = ("title", "vector")
BESIDE = 0.9
"""Share of histories whose distractor is the one of their cause."""

CAUSELESS = 0.2
"""Share of the training users' histories that hold no cause."""

NEAR_IN_POPULARITY, NEAR_IN_LENGTH = 40, 10
"""How many films are looked at for stand-ins."""

RIVALS = 5
"""Films of the slate beside the one that followed among which its share is explained."""

ToldBy = Literal["title", "vector"]


@dataclass(frozen=True)
class CauseSize:
    """Sizes of a cause world."""

    train_users: int = 8_000
    test_users: int = 800
    causes: int = 6
    """Cause classes, and as many distractor classes."""
    noises: int = 8
    """Classes of noise."""
    films: int = 20
    """Films of each class in each half of the catalogue: the training users' and the test users'."""
    dim: int = 64
    class_words: str = CLASS_WORDS
    tail_words: str = TAIL_WORDS
    letters: int = 3


@dataclass(frozen=True)
class CauseWorld:
    """A planted world and what is true of its test users, row by row."""

    world: World
    classes: Ints
    """The class of each film."""
    is_held_out: npt.NDArray[np.bool_]
    """Whether a film is the test users'."""
    cause: Ints
    """Place of the cause in each test user's history, oldest first."""
    distractor: Ints
    """Place of the distractor."""
    beside: npt.NDArray[np.bool_]
    """Whether the distractor is the one that usually stands beside this cause."""

    def scenes(self, device: torch.device) -> tuple[Tensor, Tensor]:
        """Returns the test users' histories `[users, 10]` and slates `[users, 20]`, the film that follows first."""
        data = self.world.data
        table = WindowTable(data, data.bounds("test"), HISTORY_ITEMS, device)
        every = torch.arange(len(table), device=device)
        return table.histories(every, HISTORY_ITEMS), evaluation_candidates(table, every)


def cause_world(size: CauseSize, told_by: ToldBy, seed: int, items: int = HISTORY_ITEMS) -> CauseWorld:
    """Plants a world; film numbers tell nothing about classes.

    The same world with histories of fewer `items`, the noise left out, has the same films.
    """
    rng = np.random.default_rng([seed, 0])
    count = size.causes
    kinds = 2 * count + size.noises
    order = rng.permutation(2 * size.films * kinds)
    classes = np.repeat(np.arange(kinds), 2 * size.films)[order]
    is_held_out = np.tile(np.repeat([False, True], size.films), kinds)[order]
    if told_by == "title":
        titles, vectors = (
            class_titles(size.class_words, size.tail_words, rng, classes),
            rng.normal(size=(len(classes), size.dim)),
        )
    else:
        titles = random_titles(size.letters, rng, len(classes))
        vectors = clustered(rng.normal(size=(kinds, size.dim)), classes, rng)
    rng = np.random.default_rng([seed, items])
    users: list[User] = []
    truth: list[tuple[int, int, bool]] = []
    for number in range(size.train_users + size.test_users):
        is_test = number >= size.train_users
        own = np.flatnonzero(is_held_out == is_test)
        kind = number % count
        is_beside = bool(rng.random() < BESIDE)
        other = kind if is_beside else (kind + int(rng.integers(1, count))) % count
        has_cause = is_test or rng.random() >= CAUSELESS
        of_kind = rng.permutation(own[classes[own] == kind])
        cause = of_kind[:1] if has_cause else of_kind[:0]
        distractor = rng.choice(own[classes[own] == count + other], 1)
        noise = rng.choice(own[classes[own] >= 2 * count], items - len(cause) - 1, replace=False)
        places = rng.permutation(items)
        history = np.concatenate([cause, distractor, noise])[places]
        target = int(of_kind[1] if has_cause else rng.choice(own[classes[own] < count]))
        is_negative = (classes[own] < count) & (classes[own] != classes[target])
        negatives = rng.choice(own[is_negative], CANDIDATES - 1, replace=False)
        users.append(slate_user(len(classes), history, target, negatives))
        if is_test:
            truth.append((int(np.flatnonzero(places == 0)[0]), int(np.flatnonzero(places == 1)[0]), is_beside))
    name = f"cause-by-{told_by}"
    data = planted_dataset(name, titles, users, size.train_users)
    # No prompt shows genres or popularity. They are there so that films of other classes can stand in for an item, causes for
    # a cause and noise for noise: a second cause would have an effect of its own. So every film is as popular as films of its
    # role are on average, the test users' among the test users, who alone know them.
    role = 2 * np.minimum(classes // count, 2) + is_held_out
    kept = np.bincount(role[np.concatenate([user.kept_items for user in users])], minlength=6)
    popularity = np.round(kept / np.bincount(role))[role]
    films = [
        replace(film, genres=(f"Class {classes[film.id]:02d}",), popularity=int(popularity[film.id])) for film in data.films
    ]
    world = World(name, replace(data, films=films), planted_sasrec(vectors, seed), np.arange(size.test_users))
    cause, distractor, beside = (np.array(column) for column in zip(*truth, strict=True))
    return CauseWorld(world, classes, is_held_out, cause, distractor, beside)


@dataclass(frozen=True)
class CauseSettings:
    """Everything that decides a run of the cause worlds."""

    size: CauseSize = field(default_factory=CauseSize)
    shape: AdapterShape = field(default_factory=AdapterShape)
    adapter: AdapterSettings = field(
        default_factory=lambda: AdapterSettings(
            steps=300,
            batch=16,
            learning_rate=3e-3,
            warmup=30,
            uniform_negatives=9,
            hard_negatives=0,
            hard_pool=1,
            truncated=0.0,
            emptied=0.0,
            min_history=HISTORY_ITEMS,
            schedule_of_channels="direct",
        )
    )
    easy_items: int = 3
    """Items of the histories of a first stage, in which cause and answer find each other far sooner than among 10."""
    easy_steps: int = 350
    """Steps of the first stage."""
    dtype: Literal["bfloat16", "float32"] = "bfloat16"
    """Of the matrix products in training; what is measured is in float32."""
    explained: int = 80
    """Test users whose histories are explained by leave-one-out, replacement, attention and channels."""
    sampled: int = 32
    """How many of them by sampled Shapley values, whose coalitions are many."""
    exact: int = 8
    """How many of them by exact Shapley values."""
    pairs: int = 16
    """Pairs of an order and its reverse behind a sampled Shapley value."""
    stand_ins: int = 5
    """Films that stand in for an item in turn."""
    seed: int = 0


@dataclass(frozen=True)
class Explained:
    """The effects `[rows, 10]` that one method finds on one value, and where cause and distractor are."""

    method: str
    value: str
    effects: Doubles
    cause: Ints
    distractor: Ints
    users: Ints

    def of(self, places: Ints) -> Doubles:
        """Returns the size `[rows]` of the effect of the item at each place."""
        return np.abs(self.effects[np.arange(len(places)), places])

    def cause_on_top(self) -> Estimate:
        """Returns the share of rows whose largest effect is the cause's."""
        return user_bootstrap((np.abs(self.effects).argmax(1) == self.cause).astype(float), self.users)

    def distractor_to_cause(self) -> Estimate:
        """Returns the median of |distractor| / |cause|."""
        return median_bootstrap(self.of(self.distractor) / self.of(self.cause))

    def medians(self) -> dict[str, Any]:
        """Returns the median size of the effects of causes, distractors and the largest of each row's noise, for the record."""
        noise = np.abs(self.effects).copy()
        rows = np.arange(len(noise))
        noise[rows, self.cause] = noise[rows, self.distractor] = 0
        found = {"cause": self.of(self.cause), "distractor": self.of(self.distractor), "largestNoise": noise.max(1)}
        about = {"arm": self.method, "of": self.value, "n": len(noise)}
        return {**about, **{name: round(float(np.median(v)), 4) for name, v in found.items()}}


def median_bootstrap(values: Doubles, resamples: int = RESAMPLES, seed: int = 0) -> Estimate:
    """Returns the median of `values`, one a user, with a percentile interval from resampling users."""
    count = len(values)
    drawn = np.random.default_rng(seed).integers(count, size=(resamples, count))
    low, high = np.quantile(np.median(values[drawn], axis=1), [0.025, 0.975])
    return Estimate(float(np.median(values)), float(low), float(high), count, count)


def popularity_ranks(films: Sequence[Film]) -> Doubles:
    """Returns the rank of each film by popularity, equals sharing the mean of theirs."""
    popularity = np.array([film.popularity for film in films])
    smaller = (popularity[:, None] > popularity).sum(1)
    return smaller + ((popularity[:, None] == popularity).sum(1) - 1) / 2


def choose_stand_ins(
    planted: CauseWorld, lengths: Ints, histories: Ints, slates: Ints, count: int, rng: np.random.Generator
) -> Ints:
    """Returns `[rows, items, count]` films to stand in for each item of `histories` `[rows, items]`, by the app's rule.

    Of the films without a genre in common, neither in the history nor in the slate, the 40 nearest in popularity rank are
    looked at; of these the 10 nearest in title tokens (`lengths` `[films]`); of these `count` are drawn.
    """
    films = planted.world.data.films
    ranks = popularity_ranks(films)
    chosen = np.empty((*histories.shape, count), dtype=np.int64)
    for row, (history, slate) in enumerate(zip(histories, slates, strict=True)):
        is_free = np.ones(len(films), dtype=bool)
        is_free[history] = is_free[slate] = False
        for place, item in enumerate(history):
            others = rng.permutation(np.flatnonzero(is_free & (planted.classes != planted.classes[item])))
            near = others[np.abs(ranks[others] - ranks[item]).argsort(kind="stable")[:NEAR_IN_POPULARITY]]
            alike = near[np.abs(lengths[near] - lengths[item]).argsort(kind="stable")[:NEAR_IN_LENGTH]]
            chosen[row, place] = rng.choice(alike, count, replace=False)
    return chosen


@torch.no_grad()
def hits(model: Recommender, histories: Tensor, slates: Tensor, batch: int = 64) -> Doubles:
    """Returns whether the film that followed ranks first of its slate `[users]`."""
    parts = zip(histories.split(batch), slates.split(batch), strict=True)
    return np.concatenate([hit_at_1(model.score(history, slate)[0].float().cpu().numpy()) for history, slate in parts])


def explain(model: Recommender, planted: CauseWorld, settings: CauseSettings, log: Log = print) -> list[Explained]:
    """Explains, by every method, what followed for test users whose own distractor stands beside the cause."""
    device, seed = model.null_behaviour.device, settings.seed
    every, slates = planted.scenes(device)
    users = np.flatnonzero(planted.beside)[: settings.explained]
    history, slate = every[users], slates[users].cpu().numpy()
    candidates = slates[users, : 1 + RIVALS]
    lengths = model.template.segment_length[: model.template.items].cpu().numpy()
    rng = np.random.default_rng(seed)
    stand_ins = choose_stand_ins(planted, lengths, history.cpu().numpy(), slate, settings.stand_ins, rng)
    coalitions = [coalition_value(model, history[row], candidates[row]) for row in range(len(users))]

    def sampled() -> Doubles:
        chosen = coalitions[: settings.sampled]
        return np.stack([sampled_shapley(value, HISTORY_ITEMS, settings.pairs, rng).effects for value in chosen])

    methods: dict[str, Callable[[], Doubles]] = {
        "replacement": lambda: replacement(model, history, candidates, torch.from_numpy(stand_ins).to(device)),
        f"Shapley, {settings.pairs} pairs": sampled,
        "Shapley, exact": lambda: np.stack([exact_shapley(value, HISTORY_ITEMS) for value in coalitions[: settings.exact]]),
        "leave-one-out": lambda: leave_one_out(model, history, candidates),
    }
    found: list[Explained] = []
    for method, effects_of in methods.items():
        effects = effects_of()
        own = users[: len(effects)]
        places = (planted.cause[own], planted.distractor[own], own)
        found += [Explained(method, value, effects[..., column], *places) for column, value in enumerate(VALUES)]
        log(f"{planted.world.name}: explained {len(own)} histories by {method}")
    attention = attention_shares(model, history, candidates)
    return [*found, Explained("attention weights", "", attention, planted.cause[users], planted.distractor[users], users)]


def channel_shares(model: Recommender, planted: CauseWorld, told_by: ToldBy, count: int) -> dict[str, Estimate]:
    """Returns, for each value, the mean share of the telling channel in |T| + |B| of the cause of `count` test users."""
    histories, slates = planted.scenes(model.null_behaviour.device)
    place = torch.from_numpy(planted.cause[:count]).to(histories.device)
    found = channel_effects(model, histories[:count], slates[:count, : 1 + RIVALS], place)
    text, behaviour = np.abs(found.text), np.abs(found.behaviour)
    shares = (text if told_by == "title" else behaviour) / (text + behaviour)
    return {value: user_bootstrap(shares[:, column], np.arange(len(shares))) for column, value in enumerate(VALUES)}


RIGHT = Bar(low=0.95)
FOUND = Bar(low=0.95)
ASIDE = Bar(high=0.2)
TELLING = Bar(low=0.8)
HELD_TO_BARS = ("replacement", "Shapley")
"""The methods that bars are set for; leave-one-out and attention stand beside them."""


def measure_causes(
    model: Recommender, planted: CauseWorld, told_by: ToldBy, settings: CauseSettings, log: Log = print
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Returns the rows of a trained world, judged where there is a bar, and the median effects by method."""
    world = planted.world.name
    right = hits(model, *planted.scenes(model.null_behaviour.device))
    users = np.arange(len(right))
    apart = ~planted.beside

    def row(arm: str, name: str, found: Estimate, bar: Bar | None, value: str = "") -> dict[str, Any]:
        # "value" is that of the estimate, so what is explained is called "of".
        if bar is not None:
            return {**judged(world, arm, found, bar, name), "of": value}
        return {"world": world, "arm": arm, "name": name, **found.to_json(), "bar": "", "verdict": "", "of": value}

    rows = [
        row("model", "HR@1", user_bootstrap(right, users), RIGHT),
        row("model, another cause's distractor", "HR@1", user_bootstrap(right[apart], users[apart]), None),
    ]
    found = explain(model, planted, settings, log)
    for name, measure, bar in (
        ("cause on top", Explained.cause_on_top, FOUND),
        ("distractor / cause, median", Explained.distractor_to_cause, ASIDE),
    ):
        for each in found:
            held_to = bar if each.method.startswith(HELD_TO_BARS) else None
            rows.append(row(each.method, name, measure(each), held_to, each.value))
    channel = "text" if told_by == "title" else "behaviour"
    for value, share in channel_shares(model, planted, told_by, settings.explained).items():
        rows.append(row("channels", f"share of {channel}", share, TELLING, value))
    return rows, [{"world": world, **each.medians()} for each in found]


def train_causes(
    planted: CauseWorld,
    easy: CauseWorld,
    base: Gguf,
    settings: CauseSettings,
    device: torch.device = _CPU,
    log: Log = print,
) -> Trained:
    """Trains a recommender on `easy`, then on `planted`, and returns it in float32 with the record of both stages."""
    torch.manual_seed(settings.seed)
    films, sasrec = planted.world.data.films, planted.world.sasrec
    dtype = torch.bfloat16 if settings.dtype == "bfloat16" else torch.float32
    model = build_recommender(base, films, "when-ambiguous", sasrec, settings.shape, dtype).to(device)
    stages = []
    first = replace(
        settings.adapter,
        steps=settings.easy_steps,
        min_history=settings.easy_items,
        seed=settings.seed,
    )
    second = replace(settings.adapter, seed=settings.seed + 1)
    for data, adapter in ((easy.world.data, first), (planted.world.data, second)):
        about = {"items": adapter.min_history, "steps": adapter.steps, "dataSha256": data.data_sha256}
        log(f"world {data.name}: training on histories of {adapter.min_history} items")
        stages.append({**about, **train_adapter(model, data, adapter, log=log).to_json()})
    exact = build_recommender(base, films, "when-ambiguous", sasrec, settings.shape).to(device)
    with torch.no_grad():
        for name, parameter in exact.named_parameters():
            parameter.copy_(model.get_parameter(name))
    return Trained(exact.eval(), {"world": planted.world.name, "stages": stages})


WorldResult = tuple[list[dict[str, Any]], list[dict[str, Any]], dict[str, Any]]
"""Rows, median effects and the record of the run."""


def run_causes(
    base: Gguf,
    settings: CauseSettings,
    device: torch.device,
    about: dict[str, Any],
    export: Path | None = None,
    log: Log = print,
    side_by_side: bool = False,
) -> dict[str, Any]:
    """Trains and measures both worlds; returns the record, which begins with `about` (commit and device).

    With `export` each world's pack and test users are written into a folder of its name. `side_by_side` takes a process of
    one thread for each world, which two cores are quicker with.
    """
    started = time.monotonic()
    others = {"settings": settings, "device": device, "about": about, "export": export, "log": log}
    if side_by_side:
        run = partial(_run_world_of_bytes, file=write_gguf(base), **others)
        with ProcessPoolExecutor(len(TOLD_BY), mp.get_context("spawn"), torch.set_num_threads, (1,)) as workers:
            found = list(workers.map(run, TOLD_BY))
    else:
        found = [_run_world(told_by, base, **others) for told_by in TOLD_BY]
    return {
        **about,
        "layers": int(base.number("llama.block_count")),
        "settings": asdict(settings),
        "wallSeconds": round(time.monotonic() - started),
        "rows": [row for rows, _, _ in found for row in rows],
        "medianEffects": [effects for _, medians, _ in found for effects in medians],
        "runs": [record for _, _, record in found],
    }


def _run_world_of_bytes(told_by: ToldBy, file: bytes, **others: Any) -> WorldResult:
    return _run_world(told_by, read_gguf(file), **others)


def _run_world(
    told_by: ToldBy,
    base: Gguf,
    settings: CauseSettings,
    device: torch.device,
    about: dict[str, Any],
    export: Path | None,
    log: Log,
) -> WorldResult:
    planted = cause_world(settings.size, told_by, settings.seed)
    easy = cause_world(settings.size, told_by, settings.seed, settings.easy_items)
    trained = train_causes(planted, easy, base, settings, device, log)
    if export is not None:
        export_world(export / planted.world.name, trained.model, planted, settings, trained.record | about)
    rows, medians = measure_causes(trained.model, planted, told_by, settings, log)
    return rows, medians, trained.record


def export_world(folder: Path, model: Recommender, planted: CauseWorld, settings: CauseSettings, run: dict[str, Any]) -> None:
    """Writes a trained world as a pack, and `cases.jsonl` beside it: a test user a line, films by number."""
    data = planted.world.data
    histories, slates = (part.cpu().numpy() for part in planted.scenes(model.null_behaviour.device))
    training = {
        "seed": settings.seed,
        "commit": run["commit"],
        "dataSha256": data.data_sha256,
        "steps": sum(stage["steps"] for stage in run["stages"]),
        "wallSeconds": round(sum(stage["wallSeconds"] for stage in run["stages"])),
        "device": run["device"],
        "lossCurve": run["stages"][-1]["lossCurve"],
        "curriculum": run["stages"][-1]["curriculum"],
        "split": {"rule": "planted", **{part: len(data.bounds(part)) for part in ("train", "validation", "test")}},
        "settings": asdict(settings),
    }
    write_pack(folder, model, data, PackRecord("when-ambiguous", training, histories[0].tolist(), slates[0].tolist()))
    lines = [
        {
            "id": number,
            "history": history.tolist(),
            "target": int(slate[0]),
            "cause": int(history[cause]),
            "distractor": int(history[distractor]),
            "beside": bool(beside),
            "candidates": slate.tolist(),
        }
        for number, (history, slate, cause, distractor, beside) in enumerate(
            zip(histories, slates, planted.cause, planted.distractor, planted.beside, strict=True)
        )
    ]
    (folder / "cases.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")


def format_causes(rows: list[dict[str, Any]]) -> str:
    """Returns the measured rows as aligned text."""
    lines = []
    for row in rows:
        interval = f"{row['value']:7.1%} [{row['low']:6.1%}, {row['high']:6.1%}]"
        bar = f"bar {row['bar']:7} {row['verdict']}" if row["bar"] else ""
        about = f"{row['world']:15} {row['name']:26} {row['of']:9} {row['arm']:33}"
        lines.append(f"{about} {interval}  n={row['n']:<4} {bar}".rstrip())
    return "\n".join(lines)
