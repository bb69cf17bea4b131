"""Several processes end where one does."""

import os
import socket
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from test_objectives import SETTINGS
from tiny import tiny_dataset, tiny_recommender
from torch.multiprocessing.spawn import spawn

from becausal_training.adapter_training import OPTIMISER, train_adapter
from becausal_training.distributed import ALONE, Ranks, join_ranks, leave_ranks
from becausal_training.errors import TrainingError
from becausal_training.recommender import Recommender

CPU = torch.device("cpu")
SHARED = replace(
    SETTINGS, steps=6, batch=8, warmup=2, learning_rate=5e-3, title_loss=0.5, preference_effect=0.2, effect_share=0.4
)


def double_recommender() -> Recommender:
    """In float64: Adam turns a difference of rounding in a tiny gradient into one of a whole step."""
    return tiny_recommender(seed=0, randomise=False).double()


def _run(rank: int, folder: Path, port: int) -> None:
    torch.set_num_threads(1)
    names = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": 2, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
    os.environ.update({name: str(value) for name, value in names.items()})
    ranks, _ = join_ranks(CPU)
    model = double_recommender()
    if rank == 1:
        with torch.no_grad():
            model.verdict_head.add_(1)  # what the processes begin with is the first one's
    run = train_adapter(model, tiny_dataset(), SHARED, folder / "checkpoint", log=lambda _: None, ranks=ranks)
    # Adam hardly sees a factor on all gradients, so their mean is looked at by itself.
    sample = [torch.nn.Parameter(torch.zeros(size)) for size in (2, 3)]
    for parameter in sample:
        parameter.grad = torch.full_like(parameter, float(rank + 1))
    ranks.average_gradients(sample)
    gradients = [parameter.grad for parameter in sample]
    found = {"model": dict(model.named_parameters()), "loss": run.loss_curve, "gradients": gradients}
    torch.save(found, folder / f"{rank}.pt")
    ranks.wait()  # gloo may abort in a process that leaves while another is still in their last exchange
    leave_ranks()


def test_two_processes_end_where_one_does(tmp_path: Path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    spawn(_run, (tmp_path, port), nprocs=2)
    alone = double_recommender()
    run = train_adapter(alone, tiny_dataset(), SHARED, log=lambda _: None)
    first, second = (torch.load(tmp_path / f"{rank}.pt") for rank in (0, 1))
    for name, parameter in alone.named_parameters():
        assert torch.equal(first["model"][name], second["model"][name]), name
        assert torch.allclose(first["model"][name], parameter, atol=1e-5), name
    assert [loss for _, loss in first["loss"]] == pytest.approx([loss for _, loss in run.loss_curve], abs=2e-4)
    for found in (first, second):
        assert [gradient.tolist() for gradient in found["gradients"]] == [[1.5] * 2, [1.5] * 3]
    assert (tmp_path / "checkpoint" / OPTIMISER).exists()


def test_processes_share_a_batch_without_overlap():
    rows = torch.arange(10)
    for world in (1, 2, 3):
        ranks = [Ranks(rank, world) for rank in range(world)]
        assert sorted(row for r in ranks for row in r.own(rows).tolist()) == list(range(10))
        for first in range(11):
            assert [r.own_count(first) for r in ranks] == [int((r.own(rows) < first).sum()) for r in ranks]


def test_without_torchrun_a_process_is_alone():
    assert join_ranks(CPU) == (ALONE, CPU)


def test_a_batch_that_cannot_be_split_evenly_is_refused():
    with pytest.raises(TrainingError, match="cannot be split"):
        train_adapter(tiny_recommender(), tiny_dataset(), SHARED, ranks=Ranks(0, 3))
