from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from tiny import ITEMS, tiny_dataset, tiny_recommender

from becausal_training.adapter_training import AdapterSettings, learning_rate_at, train_adapter
from becausal_training.curriculum import is_hybrid, logged_fractions
from becausal_training.evaluation import candidate_metrics, cascade_metrics, choose_beta
from becausal_training.sampling import evaluation_candidates, training_slates
from becausal_training.sasrec import SasrecShape
from becausal_training.sasrec_training import SasrecSettings, train_sasrec
from becausal_training.scoring import score_candidates, score_cascade
from becausal_training.windows import WindowTable

CPU = torch.device("cpu")
SMALL = AdapterSettings(
    steps=40, batch=8, warmup=4, learning_rate=5e-3, uniform_negatives=3, hard_negatives=2, hard_pool=8, slot_dropout=0.1
)


def test_the_curriculum_follows_its_line():
    steps = 20_000
    coin = torch.Generator().manual_seed(0)
    rows = logged_fractions([is_hybrid(step, steps, coin) for step in range(steps)])
    for middle, fraction in rows:
        assert abs(fraction - middle) < 3 * (0.25 / (steps / 10)) ** 0.5
    assert is_hybrid(steps - 1, steps, coin)


def test_a_curriculum_may_end_early():
    steps = 20_000
    coin = torch.Generator().manual_seed(0)
    drawn = [is_hybrid(step, steps, coin, end=0.5) for step in range(steps)]
    assert all(drawn[steps // 2 :])
    assert sum(drawn[: steps // 2]) / (steps / 2) == pytest.approx(0.5, abs=0.02)


def test_windows_are_gathered_as_they_are_enumerated():
    data = tiny_dataset()
    table = WindowTable(data, data.bounds("train"), 3, CPU)
    expected = list(data.windows("train"))
    assert len(table) == len(expected)
    every = torch.arange(len(table))
    histories, unavailable = table.histories(every, 5), table.unavailable(every)
    for row, window in enumerate(expected):
        last = [item for item in histories[row].tolist() if item >= 0]
        assert last == window.history[-5:].tolist()
        assert int(table.targets(every)[row]) == window.target
        assert table.users[row] == window.user
        assert set(torch.nonzero(unavailable[row])[:, 0].tolist()) == {*window.seen.tolist(), window.target}


def test_negatives_are_never_films_rated_before_and_never_twice():
    data = tiny_dataset()
    table = WindowTable(data, data.bounds("train"), 1, CPU)
    every = torch.arange(len(table))
    scores = torch.randn(len(table), ITEMS)
    slates = training_slates(table, every, scores, 3, 2, 8, torch.Generator().manual_seed(0))
    seen = table.unavailable(every)
    for candidates in (slates.candidates, evaluation_candidates(table, every, 6)):
        assert torch.equal(candidates[:, 0], table.targets(every))
        assert not seen.gather(1, candidates[:, 1:]).any()
        assert all(len(set(row)) == len(row) for row in candidates.tolist())


def test_expected_counts_match_how_often_films_are_drawn():
    data = tiny_dataset()
    table = WindowTable(data, data.bounds("train"), 3, CPU)
    windows = torch.zeros(4_000, dtype=torch.long)
    scores = torch.randn(ITEMS).expand(4_000, -1)
    slates = training_slates(table, windows, scores, 3, 2, 8, torch.Generator().manual_seed(0))
    drawn = torch.bincount(slates.candidates[:, 1:].flatten(), minlength=ITEMS) / 4_000
    for column in range(1, 6):
        item = int(slates.candidates[0, column])
        expected = float(slates.log_expected_count[0, column].exp())
        assert float(drawn[item]) == pytest.approx(expected, rel=0.15)


def test_evaluation_candidates_look_uniform():
    data = tiny_dataset(200)
    table = WindowTable(data, data.bounds("train"), 3, CPU)
    drawn = evaluation_candidates(table, torch.arange(len(table)), 6)[:, 1:].flatten()
    counts = np.bincount(drawn.numpy(), minlength=ITEMS)
    assert counts.std() / counts.mean() < 0.15


def test_learning_rates_warm_up_and_fall():
    for schedule in ("cosine", "trapezoid"):
        settings = AdapterSettings(steps=1_000, warmup=100, schedule=schedule)
        rates = [learning_rate_at(step, settings) for step in range(1_000)]
        assert rates[0] == pytest.approx(settings.learning_rate / 100, rel=0.01)
        assert max(rates) <= settings.learning_rate
        assert rates[-1] < 0.1 * settings.learning_rate


def test_a_tiny_model_learns_and_its_evaluation_is_whole(tmp_path: Path):
    data = tiny_dataset()
    model = tiny_recommender(randomise=False)
    settings = replace(SMALL, steps=100, batch=16, weight_decay=0.0)
    run = train_adapter(model, data, settings, tmp_path, log=lambda _: None)
    first, last = np.mean([v for _, v in run.loss_curve[:20]]), np.mean([v for _, v in run.loss_curve[-20:]])
    assert last < first - 0.1
    scores = score_candidates(model, data, "test")
    cascade = score_cascade(model, data, "test", 10)
    beta, _ = choose_beta(scores, cascade)
    table = candidate_metrics(scores, beta) + cascade_metrics(cascade, beta, (5, 10))
    rows = table.metrics + table.differences
    assert all(row["low"] >= 0 for row in table.metrics)
    assert all(row["low"] <= row["value"] + 1e-9 and row["value"] <= row["high"] + 1e-9 for row in rows)
    assert {row["n"] for row in rows} == {len(list(data.windows("test")))}


def test_a_resumed_run_ends_where_an_unbroken_one_does(tmp_path: Path):
    data = tiny_dataset()
    whole = tiny_recommender(randomise=False)
    train_adapter(whole, data, SMALL, tmp_path / "whole", log=lambda _: None)

    class StoppedError(Exception):
        pass

    def stop(_: object) -> dict[str, float]:
        raise StoppedError

    broken = tiny_recommender(randomise=False)
    with pytest.raises(StoppedError):
        train_adapter(broken, data, SMALL, tmp_path / "broken", stop, 2, checkpoint_seconds=-1, log=lambda _: None)
    again = tiny_recommender(seed=5, randomise=False)
    again.sasrec.load_state_dict(whole.sasrec.state_dict())
    again.item_unit.copy_(whole.item_unit)
    run = train_adapter(again, data, SMALL, tmp_path / "broken", log=lambda _: None)
    assert len(run.hybrid) == SMALL.steps
    for name, tensor in whole.named_parameters():
        assert torch.allclose(tensor, again.get_parameter(name), atol=1e-5), name


def test_sasrec_learns_the_walk():
    data = tiny_dataset(60)
    settings = SasrecSettings(steps=150, batch=32, learning_rate=5e-3, dropout=0.1, evaluate_every=50)
    run = train_sasrec(data, settings, CPU, SasrecShape(ITEMS, dim=16, max_length=12, ffn=32))
    assert run.validation["HR@1"] > 0.4  # chance is 0.05
    weights = run.model.item_embedding.weight
    assert torch.equal(weights, weights.half().float())
