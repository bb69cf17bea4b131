"""Whole runs: killed and taken up again, recorded, exported and evaluated."""

import multiprocessing as mp
import os
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from test_objectives import SETTINGS
from tiny import ITEMS, tiny_dataset, tiny_gguf, tiny_recommender

from becausal_training import adapter_training, pack, run, sasrec_training
from becausal_training.adapter_training import train_adapter
from becausal_training.errors import TrainingError
from becausal_training.files import read_json
from becausal_training.run import RunSettings, evaluate_pack, train_run
from becausal_training.sasrec import SasrecShape
from becausal_training.sasrec_training import SasrecSettings, train_sasrec

CPU = torch.device("cpu")
SHAPE = SasrecShape(ITEMS, dim=16, max_length=12, ffn=32)
SASREC = SasrecSettings(steps=60, batch=16, learning_rate=5e-3, dropout=0.2, evaluate_every=20, ema=0.9)
ADAPTER = replace(
    SETTINGS, steps=12, learning_rate=5e-3, warmup=2, ema=0.8, lora_dropout=0.1, title_loss=0.2, persona=0.3, in_context=0.3
)


def sasrec_run(folder: Path | None):
    return train_sasrec(tiny_dataset(), SASREC, CPU, SHAPE, folder, checkpoint_seconds=-1)


def adapter_run(folder: Path | None, **changes):
    model = tiny_recommender(randomise=False)
    settings = replace(ADAPTER, **changes)
    return model, train_adapter(model, tiny_dataset(), settings, folder, checkpoint_seconds=-1, log=lambda _: None)


def _die_at(module, name: str, call: int, work: Callable[[Path], object], folder: Path) -> None:
    torch.set_num_threads(1)
    whole, calls = getattr(module, name), []

    def deadly(*arguments):
        calls.append(1)
        if len(calls) == call:
            os.kill(os.getpid(), signal.SIGKILL)
        return whole(*arguments)

    setattr(module, name, deadly)
    work(folder)


def killed(module, name: str, call: int, work: Callable[[Path], object], folder: Path) -> None:
    """Does the work in a process that is killed at the given call of a function of a module."""
    process = mp.get_context("fork").Process(target=_die_at, args=(module, name, call, work, folder))
    process.start()
    process.join(60)
    assert process.exitcode == -signal.SIGKILL


def test_a_killed_sasrec_goes_on_to_the_same_end(tmp_path: Path):
    killed(sasrec_training, "sequence_loss", 31, sasrec_run, tmp_path)
    lines: list[str] = []
    again = train_sasrec(tiny_dataset(), SASREC, CPU, SHAPE, tmp_path, log=lines.append)
    assert lines[0] == "resumed the SASRec at step 30"
    whole = sasrec_run(None)
    assert (again.best_step, again.curve, again.validation) == (whole.best_step, whole.curve, whole.validation)
    for name, tensor in whole.model.state_dict().items():
        assert torch.equal(tensor, again.model.state_dict()[name]), name


def test_a_finished_sasrec_is_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    whole = sasrec_run(tmp_path)
    monkeypatch.setattr(sasrec_training, "sequence_loss", lambda *_: pytest.fail("trained again"))
    again = sasrec_run(tmp_path)
    assert torch.equal(whole.model.item_embedding.weight, again.model.item_embedding.weight)
    assert again.seconds == whole.seconds and not again.model.training
    with pytest.raises(TrainingError, match="other settings"):
        train_sasrec(tiny_dataset(), replace(SASREC, dropout=0.1), CPU, SHAPE, tmp_path)


def test_a_killed_adapter_goes_on_to_the_same_end(tmp_path: Path):
    killed(adapter_training, "batch_loss", 10, adapter_run, tmp_path)
    again, record = adapter_run(tmp_path)
    whole, expected = adapter_run(None)
    assert record.loss_curve == expected.loss_curve and record.moved_tokens == expected.moved_tokens
    for name, tensor in whole.named_parameters():
        assert torch.allclose(tensor, again.get_parameter(name), atol=1e-6), name


def test_a_checkpoint_of_other_settings_is_refused(tmp_path: Path):
    adapter_run(tmp_path, steps=2)
    with pytest.raises(TrainingError, match="other settings"):
        adapter_run(tmp_path, steps=2, learning_rate=1e-4)


def test_a_sasrec_average_is_what_is_kept():
    averaged, last = sasrec_run(None), train_sasrec(tiny_dataset(), replace(SASREC, ema=0.0), CPU, SHAPE)
    assert not torch.equal(averaged.model.final_norm.weight, last.model.final_norm.weight)
    assert train_sasrec(tiny_dataset(), replace(SASREC, steps=1, dim=8), CPU).model.shape.dim == 8


@pytest.fixture()
def tiny_run(monkeypatch: pytest.MonkeyPatch) -> RunSettings:
    monkeypatch.setattr(run, "read_base_layers", lambda _: tiny_gguf())
    monkeypatch.setattr(pack, "read_base_layers", lambda _: tiny_gguf())
    monkeypatch.setattr(run, "SLATE_SIZE", 10)
    monkeypatch.setattr(run, "LAST_TARGET_DRAWS", 2)
    return RunSettings(sasrec=replace(SASREC, dim=8), adapter=ADAPTER, dataset=tiny_dataset().name, layers=2)


def test_a_run_is_recorded_exported_and_evaluated(tiny_run: RunSettings, tmp_path: Path):
    data, lines = tiny_dataset(), []
    folder = train_run(data, tiny_run, tmp_path, CPU, "c0ffee", lines.append)
    assert folder == tmp_path / data.name
    training = read_json(folder / "manifest.json")["training"]
    assert (training["seed"], training["commit"], training["dataSha256"]) == (0, "c0ffee", data.data_sha256)
    assert training["settings"]["adapter"]["title_loss"] == 0.2 and training["settings"]["layers"] == 2
    assert len(training["lossCurve"]) == 12 and training["movedTokens"] and "title" in training["lossTerms"]
    assert training["sasrec"]["bestStep"] > 0 and "PyTorch" in training["device"]
    results = evaluate_pack(folder, data, CPU, None, (5, 10))
    assert {row["name"] for row in results["metrics"]} >= {"HR@1"}
    # The same command again trains nothing and exports the same adapter.
    before = (folder / "adapter.safetensors").read_bytes()
    train_run(data, tiny_run, tmp_path, CPU, "c0ffee", lines.append)
    assert (folder / "adapter.safetensors").read_bytes() == before
    assert lines[-1] == "resumed at step 12"


def test_arms_that_no_pack_can_hold_are_not_exported(tiny_run: RunSettings, tmp_path: Path):
    for changes in ({"channels": "text"}, {"gate": "random"}):
        settings = replace(tiny_run, adapter=replace(SETTINGS, steps=1, **changes))
        with pytest.raises(TrainingError, match="measured where they are trained"):
            train_run(tiny_dataset(), settings, tmp_path, CPU, "c")
    with pytest.raises(TrainingError, match="the data are"):
        train_run(tiny_dataset(), replace(tiny_run, dataset="other"), tmp_path, CPU, "c")
