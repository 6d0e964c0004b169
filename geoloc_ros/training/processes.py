"""Processes that train one network together, as torchrun starts them: each has batches of its own."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import torch
from torch import distributed

# A refresh of the mined examples may take long on one of them.
_PATIENCE = timedelta(hours=2)


@dataclass(frozen=True)
class Processes:
    """This process among those that train together. What it says about one of them alone costs nothing."""

    rank: int
    """0 is the first, which writes the files."""
    count: int
    device: torch.device

    @property
    def is_first(self) -> bool:
        """Whether this one writes."""
        return self.rank == 0

    def average(self, tensors: Sequence[torch.Tensor]) -> None:
        """Replace each by its mean over all processes; they must have the same shapes in all of them."""
        if self.count == 1 or not tensors:
            return
        flat = torch.cat([tensor.reshape(-1) for tensor in tensors])
        distributed.all_reduce(flat)
        flat /= self.count
        means = torch.split(flat, [tensor.numel() for tensor in tensors])
        for tensor, mean in zip(tensors, means, strict=True):
            tensor.copy_(mean.view_as(tensor))

    def add_up(self, tensor: torch.Tensor) -> torch.Tensor:
        """Sum over all processes of a tensor on the CPU."""
        if self.count == 1:
            return tensor
        there = tensor.to(self.device)
        distributed.all_reduce(there)
        return there.cpu()

    def largest(self, value: int) -> int:
        """Of what all processes have."""
        if self.count == 1:
            return value
        tensor = torch.tensor([value], device=self.device)
        distributed.all_reduce(tensor, distributed.ReduceOp.MAX)
        return int(tensor)

    def share(self, total: int) -> slice:
        """This process' part of `total` rows."""
        return slice(total * self.rank // self.count, total * (self.rank + 1) // self.count)

    def from_first(self, value: float) -> float:
        """What the first process has, so that all decide alike."""
        if self.count == 1:
            return value
        tensor = torch.tensor([value], dtype=torch.float64, device=self.device)
        distributed.broadcast(tensor, 0)
        return float(tensor)

    def copy_from_first(self, tensors: Iterator[torch.Tensor]) -> None:
        """Overwrite weights or buffers with those of the first process."""
        if self.count > 1:
            for tensor in tensors:
                distributed.broadcast(tensor.data, 0)


def one_process() -> Processes:
    """This one alone, on the GPU if there is one."""
    return Processes(0, 1, torch.device("cuda" if torch.cuda.is_available() else "cpu"))


@contextmanager
def joined_processes() -> Iterator[Processes]:
    """Those that torchrun started (https://docs.pytorch.org/docs/stable/elastic/run.html); one without it."""
    count = int(os.environ.get("WORLD_SIZE", "1"))
    if count == 1:
        yield one_process()
        return
    rank, here = int(os.environ["RANK"]), int(os.environ["LOCAL_RANK"])
    has_gpu = torch.cuda.is_available()
    device = torch.device("cuda", here) if has_gpu else torch.device("cpu")
    if has_gpu:
        torch.cuda.set_device(device)
    distributed.init_process_group("nccl" if has_gpu else "gloo", timeout=_PATIENCE)
    try:
        yield Processes(rank, count, device)
    finally:
        distributed.destroy_process_group()
