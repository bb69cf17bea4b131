"""Each option of a run changes what it should, and only that."""

from dataclasses import asdict, replace
from functools import cache

import pytest
import torch
from test_objectives import SETTINGS, drawn, gradients
from tiny import ITEMS, tiny_dataset, tiny_recommender

from becausal_training.adapter_settings import AdapterSettings
from becausal_training.adapter_training import present, train_adapter
from becausal_training.averaging import MovingAverage
from becausal_training.curriculum import is_hybrid
from becausal_training.errors import TrainingError
from becausal_training.objectives import batch_loss
from becausal_training.prompt import pad_left
from becausal_training.recommender import Recommender
from becausal_training.run import RunSettings

HISTORY = pad_left([[3, 17, 0, 8], [5, 6, 7]], 12)
CANDIDATES = torch.tensor([[5, 6, 21, 39], [1, 2, 3, 4]])
SMALL = replace(SETTINGS, steps=30, warmup=4, learning_rate=5e-3)


def arm(**changes) -> Recommender:
    model = tiny_recommender()
    present(model, replace(SETTINGS, **changes))
    return model


def score(model: Recommender, history=HISTORY, **options) -> torch.Tensor:
    with torch.no_grad():
        return model.score(history, CANDIDATES, **options)[0]


@cache
def trained(**changes) -> tuple[Recommender, dict]:
    """Models are shared by the tests: none may change one."""
    model = tiny_recommender(randomise=False)
    run = train_adapter(model, tiny_dataset(), replace(SMALL, **changes), log=lambda _: None)
    return model, run.to_json()


def shuffle_vectors(model: Recommender) -> None:
    with torch.no_grad():
        model.sasrec.item_embedding.weight.copy_(model.sasrec.item_embedding.weight.flip(0).clone())


def scramble_titles(model: Recommender) -> None:
    # The rows of titles alone: what stands for no film stays.
    rows = model.template.segments[: ITEMS * 2 + 2]
    is_title = torch.arange(rows.shape[1]) < model.template.slot_offset[: len(rows), None]
    is_title[[ITEMS, 2 * ITEMS + 1]] = False  # the neutral title
    rows[is_title] = rows[is_title] + 1


def test_the_defaults_are_recorded_with_a_run():
    record = asdict(RunSettings())
    assert (record["dataset"], record["layers"]) == ("movies", 12)
    adapter = record["adapter"]
    named = ("channels", "gate", "schedule_of_channels", "title_loss", "preference_effect", "persona", "in_context", "ema")
    assert [adapter[name] for name in named] == ["hybrid", "instance", "curriculum", 0.0, 0.0, 0.0, 0.0, 0.0]
    assert (adapter["detach_without_history"], adapter["effect_share"], record["sasrec"]["ema"]) == (True, 0.25, 0.0)


def test_the_text_arm_reads_titles_alone():
    model = arm(channels="text")
    before = score(model)
    assert torch.equal(before, score(arm(), behaviour=False))
    shuffle_vectors(model)
    assert torch.equal(score(model), before)
    scramble_titles(model)
    assert not torch.allclose(score(model), before, atol=1e-3)


def test_the_behaviour_arm_reads_vectors_alone():
    model = arm(channels="behaviour")
    before = score(model)
    scramble_titles(model)
    assert torch.equal(score(model), before)
    shuffle_vectors(model)
    assert not torch.allclose(score(model), before, atol=1e-3)
    hybrid = arm()
    before = score(hybrid)
    scramble_titles(hybrid)
    assert not torch.allclose(score(hybrid), before, atol=1e-3)


def test_channels_decide_what_training_shows():
    for channels, shown in {"text": [False] * 30, "behaviour": [True] * 30}.items():
        _, record = trained(channels=channels)
        assert {fraction for _, fraction in record["curriculum"]} == {float(shown[0])}
    (batch,) = drawn(tiny_recommender(), replace(SETTINGS, channels="behaviour"))
    title = batch.prompts.first_title()
    assert len({tuple(row) for row in title[1].masked_fill(~title[2], -1).tolist()}) == 1
    model = tiny_recommender()
    (batch,) = drawn(model, replace(SETTINGS, channels="text"), hybrid=False)
    found = gradients(model, batch_loss(model, batch, replace(SETTINGS, channels="text")).total)
    assert not any(name.startswith(("projector", "gate")) and gradient.any() for name, gradient in found.items())


def test_a_uniform_gate_is_one_and_is_not_trained():
    state = arm().sasrec.state(HISTORY)
    assert torch.equal(arm(gate="uniform").gates(HISTORY, state), torch.ones(2, 4))
    model, _ = trained(gate="uniform")
    assert not model.gate.weight.any() and not model.gate.bias.any()
    model, _ = trained()
    assert model.gate.weight.any()


def test_a_random_gate_is_fixed_and_tells_nothing():
    model = arm(gate="random")
    histories = torch.randint(ITEMS, (4_000, 12), generator=torch.Generator().manual_seed(0))
    gates = model.gates(histories, torch.zeros(4_000, 8))
    assert torch.equal(gates, arm(gate="random").gates(histories, torch.randn(4_000, 8)))
    assert torch.allclose(gates.sum(1), torch.full((4_000,), 4.0), atol=1e-5)
    share = gates / 4
    assert 0.8 < float(-(share * share.log()).sum(1).mean()) < 1.1
    assert torch.allclose(share.mean(0), torch.full((4,), 0.25), atol=0.02)
    # One film moved by one place, or the last film another: a new draw, unlike the old one.
    other = model.gates(histories.roll(1, 1), torch.zeros(4_000, 8))
    assert abs(float(torch.corrcoef(torch.stack([gates[:, 0], other[:, 0]]))[0, 1])) < 0.05
    assert torch.equal(
        model.gates(pad_left([[4, 9]], 12), torch.zeros(1, 8)), model.gates(pad_left([[4, 9]], 20), torch.ones(1, 8))
    )


def test_the_schedules_of_channels():
    def drawn_by(schedule) -> list[bool]:
        coin = torch.Generator().manual_seed(0)
        return [is_hybrid(step, 1_000, coin, schedule) for step in range(1_000)]

    assert all(drawn_by("direct"))
    assert drawn_by("two-stage") == [False] * 400 + [True] * 600
    assert 400 < sum(drawn_by("curriculum")) < 600
    _, record = trained(schedule_of_channels="two-stage")
    assert [fraction for _, fraction in record["curriculum"]] == [0.0] * 4 + [1.0] * 6


def test_the_extra_losses_are_recorded():
    _, record = trained(title_loss=0.3, preference_effect=0.1)
    assert {"fit", "level", "title", "preferenceEffect"} == set(record["lossTerms"])
    assert len(record["movedTokens"]) == len(record["lossCurve"]) == 30
    assert all(0 <= share <= 1 for _, share in record["movedTokens"])
    titles = [value for _, value in record["lossTerms"]["title"]]
    assert sum(titles[-5:]) < sum(titles[:5]) - 5
    assert "movedTokens" not in trained()[1]


def test_the_preference_effect_makes_the_history_matter_more():
    def effect(model: Recommender) -> float:
        table_history, empty = HISTORY, torch.full_like(HISTORY, -1)
        difference = score(model, table_history) - score(model, empty)
        return float(difference.std(1).mean())

    settings = {"steps": 50, "schedule_of_channels": "direct"}
    assert effect(trained(**settings, preference_effect=2.0, effect_share=1.0)[0]) > effect(trained(**settings)[0])


def test_low_rank_dropout_acts_in_training_alone():
    model, plain = arm(lora_dropout=0.5), arm()
    assert torch.equal(score(model), score(plain))
    model.train()
    assert not model.sasrec.training
    assert not torch.allclose(score(model), score(plain), atol=1e-3)
    assert torch.equal(score(plain.train()), score(plain.eval()))


def test_the_gate_has_a_learning_rate_of_its_own():
    (slow, _), (same, _) = trained(gate_rate=0.0), trained()
    assert not slow.gate.weight.any() and same.gate.weight.any()
    assert not torch.equal(slow.verdict_head, torch.zeros_like(slow.verdict_head))


def test_the_moving_average_is_the_result():
    value = torch.zeros(2)
    average, expected = MovingAverage([value], 0.5), None
    for step in range(1, 30):
        value.fill_(float(step))
        average.update()
        decay = min(0.5, step / (step + 9))
        expected = float(step) if expected is None else decay * expected + (1 - decay) * step
    with average.in_place():
        assert float(value[0]) == pytest.approx(expected)
    assert float(value[0]) == 29
    average.keep()
    assert float(value[1]) == pytest.approx(expected)
    (averaged, _), (last, _) = trained(ema=0.9), trained()
    assert not torch.allclose(averaged.verdict_head, last.verdict_head, atol=1e-4)
    assert torch.allclose(averaged.verdict_head, last.verdict_head, atol=0.05)


def test_values_that_mean_nothing_are_refused():
    for changes in ({"effect_share": 1.5}, {"steps": 0}, {"micro_batches": 3}, {"title_loss": 0.1, "channels": "behaviour"}):
        with pytest.raises(TrainingError):
            replace(AdapterSettings(), **changes)
