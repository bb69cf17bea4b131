"""Several processes, one for each GPU, as `torchrun` starts them.

Every process draws the same whole batch and keeps every n-th example of it. Each loss term is a sum over a process's own
examples, over the number in the whole batch, times the number of processes: the mean over processes of the gradients is
then the gradient of the whole batch.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import torch
import torch.distributed as dist
from torch import Tensor

_PATIENCE = timedelta(hours=1)
"""The first process validates, exports and trains the SASRec alone; the others wait for it this long."""


@dataclass(frozen=True)
class Ranks:
    """This process's number and how many there are."""

    rank: int = 0
    world: int = 1

    @property
    def is_first(self) -> bool:
        """Whether this process is the one that validates, logs and writes."""
        return self.rank == 0

    def own(self, rows: Tensor) -> Tensor:
        """Returns this process's part of the rows of a whole batch."""
        return rows[self.rank :: self.world]

    def own_count(self, first: int) -> int:
        """Returns how many of the `first` rows of a whole batch are this process's; they are its first ones."""
        return max(0, -(-(first - self.rank) // self.world))

    def total(self, value: Tensor) -> Tensor:
        """Returns the sum of `value` over all processes, without a gradient."""
        if self.world == 1:
            return value.detach()
        summed = value.detach().clone()
        dist.all_reduce(summed)
        return summed

    def average_gradients(self, parameters: Sequence[torch.nn.Parameter]) -> None:
        """Replaces every gradient by its mean over all processes, in one exchange; all must have the same gradients."""
        if self.world == 1:
            return
        moved = [p for p in parameters if p.grad is not None]
        flat = torch.cat([p.grad.flatten() for p in moved if p.grad is not None])
        dist.all_reduce(flat)
        flat /= self.world
        for parameter, piece in zip(moved, flat.split([p.numel() for p in moved]), strict=True):
            parameter.grad = piece.view_as(parameter)

    def share_first(self, tensors: Sequence[Tensor]) -> None:
        """Overwrites tensors by those of the first process."""
        if self.world > 1:
            for tensor in tensors:
                dist.broadcast(tensor.detach(), 0)

    def wait(self) -> None:
        """Returns when every process has come here."""
        if self.world > 1:
            dist.barrier()


ALONE = Ranks()


def join_ranks(device: torch.device) -> tuple[Ranks, torch.device]:
    """Joins the processes that `torchrun` started; alone without it. Returns the device of this process too."""
    world = int(os.environ.get("WORLD_SIZE", "1"))
    if world == 1:
        return ALONE, device
    if device.type == "cuda":
        device = torch.device("cuda", int(os.environ["LOCAL_RANK"]))
        torch.cuda.set_device(device)
    if not dist.is_initialized():
        dist.init_process_group("nccl" if device.type == "cuda" else "gloo", timeout=_PATIENCE)
    return Ranks(dist.get_rank(), world), device


def leave_ranks() -> None:
    """Parts from the other processes."""
    if dist.is_initialized():
        dist.destroy_process_group()
