from dataclasses import replace
from pathlib import Path

import pytest
import torch
from test_objectives import SETTINGS
from tiny import tiny_dataset, tiny_recommender

from becausal_training import crossfit
from becausal_training.adapter_training import train_adapter
from becausal_training.batches import Draw, TrainingData
from becausal_training.crossfit import BehaviourSource, agreement, closest_turn, cross_fit, fold_users
from becausal_training.errors import TrainingError
from becausal_training.sasrec_training import SasrecSettings, train_sasrec
from becausal_training.windows import WindowTable

CPU = torch.device("cpu")
SASREC = SasrecSettings(steps=30, batch=16, learning_rate=5e-3, dropout=0.0, evaluate_every=10, dim=8)
FOLDS = 4


def test_every_training_user_is_in_one_fold():
    data = tiny_dataset()
    folds = fold_users(data, FOLDS)
    assert sorted(user for fold in folds for user in fold) == list(data.bounds("train"))
    assert max(map(len, folds)) - min(map(len, folds)) <= 1


def test_a_turned_copy_is_turned_back():
    vectors, weights = torch.randn(30, 5), torch.rand(30)
    turn = torch.linalg.qr(torch.randn(5, 5)).Q
    found = closest_turn(vectors @ turn, vectors, weights)
    assert torch.allclose(vectors @ turn @ found, vectors, atol=1e-5)
    assert agreement(vectors @ turn @ found, vectors, weights) == pytest.approx(1, abs=1e-5)
    assert abs(agreement(vectors @ turn, vectors, weights)) < 0.99


def test_a_fold_is_not_what_its_sasrec_was_trained_on(monkeypatch: pytest.MonkeyPatch):
    data, trained_on = tiny_dataset(), []
    whole = train_sasrec(data, SASREC, CPU)

    def watched(*arguments, **named):
        trained_on.append(set(named["users"]))
        assert named["last_step"] == whole.best_step
        return train_sasrec(*arguments, **named)

    monkeypatch.setattr(crossfit, "train_sasrec", watched)
    sources = cross_fit(data, whole, SASREC, FOLDS, log=lambda _: None)
    for source, users in zip(sources, trained_on, strict=True):
        assert users.isdisjoint(source.users) and users | set(source.users) == set(data.bounds("train"))


def test_turning_changes_no_score():
    data = tiny_dataset()
    whole = train_sasrec(data, SASREC, CPU)
    source = cross_fit(data, whole, SASREC, FOLDS, log=lambda _: None)[1]
    table = WindowTable(data, source.users, 1, CPU)
    history = table.histories(torch.arange(len(table)), 50)
    scores = source.sasrec.item_scores(source.sasrec.state(history))
    assert torch.allclose(source.state(history) @ source.items().T, scores, atol=1e-4)
    assert not torch.allclose(source.items(), source.sasrec.item_embedding.weight, atol=1e-3)


def test_a_finished_fold_is_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    data = tiny_dataset()
    whole = train_sasrec(data, SASREC, CPU)
    first = cross_fit(data, whole, SASREC, FOLDS, tmp_path, log=lambda _: None)
    monkeypatch.setattr(crossfit.train_sasrec.__module__ + ".sequence_loss", lambda *_: pytest.fail("trained again"))
    again = cross_fit(data, whole, SASREC, FOLDS, tmp_path, log=lambda _: None)
    for one, other in zip(first, again, strict=True):
        assert torch.equal(one.items(), other.items())


def test_a_batch_takes_users_vectors_and_states_from_one_fold():
    data, model = tiny_dataset(), tiny_recommender()
    settings = replace(SETTINGS, cross_fit=FOLDS, truncated=0.0, emptied=0.0)
    torch.manual_seed(1)
    sources = [BehaviourSource(model.sasrec, users, torch.linalg.qr(torch.randn(8, 8)).Q) for users in fold_users(data, FOLDS)]
    training = TrainingData.of(data, settings, sources, CPU)
    for step in range(2 * FOLDS):
        source, _ = training.sources[step % FOLDS]
        (batch,) = Draw(model, training, settings, step, True).batches()
        assert torch.equal(batch.items, source.items())
        assert torch.allclose(batch.state, source.state(batch.history), atol=1e-6)
        table = WindowTable(data, source.users, settings.min_history, CPU)
        possible = {tuple(row) for row in table.histories(torch.arange(len(table)), 12).tolist()}
        assert {tuple(row) for row in batch.history.tolist()} <= possible


def test_slots_show_the_vectors_that_are_given():
    model = tiny_recommender()
    prompts = model.pack(torch.tensor([[1, 2, 3]]), torch.tensor([[4, 5]]))
    own = model.input_embeddings(prompts)
    assert torch.equal(own, model.input_embeddings(prompts, items=model.sasrec.item_embedding.weight))
    others = model.input_embeddings(prompts, items=-model.sasrec.item_embedding.weight)
    changed = (own != others).any(2)
    assert torch.equal(changed, prompts.behaviour >= 0)


def test_an_adapter_is_trained_on_the_folds_and_no_others():
    data, settings = tiny_dataset(), replace(SETTINGS, steps=5, cross_fit=2)
    model = tiny_recommender()
    with pytest.raises(TrainingError, match="asks for 2 folds, 0 were given"):
        train_adapter(model, data, settings, log=lambda _: None)
    sources = [BehaviourSource(model.sasrec, users) for users in fold_users(data, 2)]
    with pytest.raises(TrainingError, match="every training user once"):
        train_adapter(model, data, settings, log=lambda _: None, sources=[sources[0], sources[0]])
    assert train_adapter(model, data, settings, log=lambda _: None, sources=sources).hybrid
    with pytest.raises(TrainingError, match="cross_fit is 1"):
        replace(SETTINGS, cross_fit=1)
