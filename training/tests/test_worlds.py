from dataclasses import replace

import numpy as np
import pytest
import torch
from tiny import tiny_gguf

from becausal_training.metrics import Estimate
from becausal_training.recommender import AdapterShape
from becausal_training.sampling import CANDIDATES, evaluation_candidates
from becausal_training.windows import WindowTable
from becausal_training.worlds import (
    CEILING,
    CHANCE,
    GROUPS,
    HISTORY,
    MISLED,
    SEES,
    World,
    WorldSettings,
    WorldSize,
    behaviour_world,
    format_worlds,
    group_world,
    judged,
    measure,
    run_class_world,
    text_world,
    train_arm,
    untrained,
)

CPU = torch.device("cpu")
SIZE = WorldSize(
    train_users=1_000,
    test_users=800,
    classes=4,
    films=16,
    histories=1,
    dim=16,
    class_words="A B C D E F G H",
    tail_words="a b c d e f g h i j k l m n o p q r s t u v w x y z 0 1 2 3 4 5 6 7 8 9",
    letters=3,
)
SETTINGS = WorldSettings(
    size=SIZE,
    shape=AdapterShape(rank=16),
    adapter=replace(WorldSettings().adapter, batch=12, steps=130, warmup=10, learning_rate=1e-2, weight_decay=0.0),
)


def run_of(world: World, **changes):
    return train_arm(world, tiny_gguf(), SETTINGS, log=lambda _: None, **changes).model


def test_training_never_shows_a_film_of_the_test_users():
    for world in (text_world(SIZE, 0), behaviour_world(SIZE, 0), group_world(SIZE, 0)):
        shown = {}
        for part in ("train", "test"):
            table = WindowTable(world.data, world.data.bounds(part), HISTORY, CPU)
            every = torch.arange(len(table))
            slates = evaluation_candidates(table, every)
            assert all(len(set(slate)) == CANDIDATES for slate in slates.tolist())
            # Nothing else could be drawn: the slate is all that the user had not rated before.
            assert ((~table.not_negatives(every)).sum(1) == CANDIDATES - 1).all()
            shown[part] = {*slates.flatten().tolist(), *table.histories(every, HISTORY).flatten().tolist()}
        assert len(shown["train"]) == len(shown["test"]) == len(world.data.films) // 2
        assert not shown["train"] & shown["test"]


def test_only_the_next_film_shares_the_class_of_the_history():
    world = text_world(SIZE, 0)
    words = np.array([film.title.split()[0] for film in world.data.films])
    table = WindowTable(world.data, world.data.bounds("test"), HISTORY, CPU)
    every = torch.arange(len(table))
    histories, slates = words[table.histories(every, HISTORY).numpy()], words[evaluation_candidates(table, every).numpy()]
    assert (histories == slates[:, :1]).all()
    assert not (slates[:, 1:] == slates[:, :1]).any()
    assert set(np.unique(slates[:, 0], return_counts=True)[1]) == {len(table) // SIZE.classes}


def test_groups_read_the_same_prompts_and_want_different_answers():
    world = group_world(SIZE, 0)
    model = untrained(world, tiny_gguf(), SETTINGS)
    table = WindowTable(world.data, world.data.bounds("test"), HISTORY, CPU)
    every = torch.arange(len(table))
    history, candidates = table.histories(every, HISTORY), evaluation_candidates(table, every)
    # The order of candidates changes no score; here they are sorted so that prompts can be compared.
    prompts = model.pack(history, candidates.sort(1).values)
    for field in (prompts.tokens, prompts.branch, prompts.position, prompts.readout, prompts.behaviour.clamp(max=0)):
        groups = field.view(-1, GROUPS, field.shape[1])
        assert torch.equal(groups, groups[:, :1].expand_as(groups))
    answers = (candidates[:, 0] // GROUPS).view(-1, GROUPS)
    assert all(len(set(row)) == GROUPS for row in answers.tolist())
    states = model.sasrec.state(history).view(-1, GROUPS, SIZE.dim)
    assert (states[:, 0] - states[:, 1]).norm(dim=-1).min() > 1


@pytest.mark.parametrize(("make", "blind"), [(text_world, "behaviour"), (behaviour_world, "text")])
def test_the_seeing_channel_sees_and_the_blind_one_does_not(make, blind):
    rows, runs = run_class_world(make(SIZE, 0), blind, tiny_gguf(), SETTINGS, log=lambda _: None)
    assert [row["verdict"] for row in rows] == ["met", "met", "met"], format_worlds(rows)
    assert [run["channels"] for run in runs] == ["hybrid", blind]


def test_only_the_gate_tells_groups_apart():
    world = group_world(replace(SIZE, test_users=200), 0)
    uniform, instance = run_of(world, gate="uniform"), run_of(world)
    assert CEILING.low <= measure(uniform, world).value <= CEILING.high
    assert measure(instance, world).value >= 0.9
    assert measure(instance, world, swap_gates=True).value <= 0.1
    with torch.no_grad():
        instance.gate.weight.zero_()
    assert measure(instance, world).value <= CEILING.high


@pytest.mark.parametrize(
    ("bar", "value", "said"),
    [
        (SEES, 0.6, ">= 60%: met"),
        (SEES, 0.59, ">= 60%: missed"),
        (CHANCE, 0.02, "3% to 7%: missed"),
        (MISLED, 0.2, "<= 10%: missed"),
    ],
)
def test_a_bar_is_judged_as_it_is_said(bar, value, said):
    row = judged("w", "a", Estimate(value, 0.0, 1.0, 9, 9), bar)
    assert f"{row['bar']}: {row['verdict']}" == said
    assert format_worlds([row]).endswith(row["verdict"])
