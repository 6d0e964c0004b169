"""Two processes on this machine, as torchrun starts them."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed: pip install 'geoloc_ros[train]'")

from geoloc_ros.training.processes import joined_processes  # noqa: E402

# Trains y = w x on points that follow from the number of the batch; the whole batch of two processes is given to one
# process by ONE_PROCESS. Kills itself after five steps if told so.
PROGRAM = """
import os, sys
from pathlib import Path
import torch
from geoloc_ros.training.loop import Budget, LoopSettings, train
from geoloc_ros.training.processes import joined_processes

folder, steps, joins = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3] == "joins"

class Line:
    name, weight_decay, refresh_every = "line", 0.0, 4
    def __init__(self, processes):
        self.module = torch.nn.Sequential(torch.nn.Linear(3, 1), torch.nn.Linear(1, 1))
        for number, weight in enumerate(self.module.parameters()):
            torch.nn.init.constant_(weight, 0.1 + 0.1 * number + processes.rank)  # the loop makes all like the first
        self.seen = torch.zeros(1)
    def learning_rate(self, progress):
        return 0.01
    def points(self, number):
        x = torch.sin(torch.arange(12.0).view(4, 3) * (number + 1))
        return x + self.seen, x.sum(1, keepdim=True)
    def batch(self, number):
        if not joins:
            return self.points(number)
        both = [self.points(2 * number), self.points(2 * number + 1)]
        return tuple(torch.cat(each) for each in zip(*both))
    def loss(self, batch):
        return ((self.module(batch[0]) - batch[1]) ** 2).mean()
    def refresh(self, step, processes):
        rows = torch.zeros(4, 3)
        mine = processes.share(4)
        rows[mine] = torch.eye(4, 3)[mine]
        self.seen = 0.01 * self.module(processes.add_up(rows)).sum(0)
    def memory(self):
        return {"seen": self.seen}
    def remember(self, memory):
        self.seen = memory["seen"]
    def validate(self):
        return -float(self.module[0].weight.abs().sum())

with joined_processes() as processes:
    recipe = Line(processes)
    if steps < 12:  # ends early, as if it had been killed
        recipe.batch = lambda number, make=recipe.batch: make(number) if number < 2 * steps else sys.exit(3)
    settings = LoopSettings(validations=2, checkpoint_every_s=0.0)
    train(recipe, "", Budget(steps=12), settings, folder, processes=processes)
    if processes.is_first:
        torch.save(recipe.module.state_dict(), folder / "weights.pt")
"""


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def start(folder: Path, steps: int, count: int) -> list[int]:
    """Exit codes of `count` processes."""
    address = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free_port()), "CUDA_VISIBLE_DEVICES": ""}
    command = [sys.executable, "-c", PROGRAM, str(folder), str(steps), "joins" if count == 1 else "shares"]
    started = []
    for rank in range(count):
        place = {"WORLD_SIZE": str(count), "RANK": str(rank), "LOCAL_RANK": str(rank)}
        started.append(subprocess.Popen(command, env={**os.environ, **address, **place}))
    return [each.wait(timeout=120) for each in started]


def weights(folder: Path) -> dict[str, torch.Tensor]:
    found: dict[str, torch.Tensor] = torch.load(folder / "weights.pt", weights_only=True)
    return found


@pytest.mark.slow
def test_two_processes_train_as_one_with_batches_twice_as_large_and_go_on_after_a_kill(tmp_path: Path) -> None:
    for name in ("one", "two", "killed"):
        (tmp_path / name).mkdir()
    assert start(tmp_path / "one", 12, 1) == [0]
    assert start(tmp_path / "two", 12, 2) == [0, 0]
    assert all(start(tmp_path / "killed", 5, 2)) and start(tmp_path / "killed", 12, 2) == [0, 0]
    one, two, killed = (weights(tmp_path / name) for name in ("one", "two", "killed"))
    for name, value in two.items():
        assert torch.equal(value, killed[name])
        torch.testing.assert_close(value, one[name], rtol=1e-5, atol=1e-6)


def test_without_torchrun_there_is_one_process() -> None:
    with joined_processes() as processes:
        assert (processes.rank, processes.count, processes.is_first) == (0, 1, True)
        assert processes.share(7) == slice(0, 7) and processes.from_first(3.5) == 3.5
        assert torch.equal(processes.add_up(torch.ones(2)), torch.ones(2))
