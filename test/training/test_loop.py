from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed: pip install 'geoloc_ros[train]'")

from geoloc_ros.core.errors import ArtifactError  # noqa: E402
from geoloc_ros.training.checkpoint import write_curve  # noqa: E402
from geoloc_ros.training.loop import Budget, LoopSettings, TrainingResult, train  # noqa: E402
from geoloc_ros.training.processes import Processes  # noqa: E402
from geoloc_ros.training.recipe import Batch, seeded_weights  # noqa: E402


class LineRecipe:
    """Learns y = 3 x + 1 from noisy points; a normalisation layer keeps state besides the weights."""

    name = "line"
    weight_decay = 0.01

    def __init__(self, seed: int, fails_at: int = -1) -> None:
        self._seed = seed
        self._fails_at = fails_at
        with seeded_weights(seed):
            self.module = torch.nn.Sequential(torch.nn.Linear(1, 4), torch.nn.BatchNorm1d(4), torch.nn.Linear(4, 1))
        self.validations: list[float] = []

    def learning_rate(self, progress: float) -> float:
        return 0.05 * (1.0 - progress)

    def batch(self, step: int) -> Batch:
        if step == self._fails_at:
            raise KeyboardInterrupt
        rng = np.random.default_rng((self._seed, step))
        x = rng.normal(size=(16, 1))
        return torch.tensor(x).float(), torch.tensor(3.0 * x + 1.0 + 0.1 * rng.normal(size=x.shape)).float()

    def loss(self, batch: Batch) -> torch.Tensor:
        return torch.mean((self.module(batch[0]) - batch[1]) ** 2)

    def validate(self) -> float:
        x = torch.linspace(-1.0, 1.0, 9)[:, None]
        self.validations.append(-float(torch.mean((self.module(x) - 3.0 * x - 1.0) ** 2)))
        return self.validations[-1]

    def export(self, path: Path) -> None:
        raise NotImplementedError


class DriftingRecipe(LineRecipe):
    """Its second validation is its best; `best` keeps the weights of that moment."""

    def validate(self) -> float:
        self.validations.append(0.0)
        if len(self.validations) == 2:
            self.best = self.module[0].weight.detach().clone()
        return 1.0 if len(self.validations) == 2 else 0.0


class RememberingRecipe(LineRecipe):
    """Every ten steps looks at what the network makes of a point; its batches and its next look follow from that."""

    refresh_every = 10

    def __init__(self, seed: int, fails_at: int = -1) -> None:
        super().__init__(seed, fails_at)
        self._seen = torch.zeros(1)
        self.refreshed: list[int] = []

    def refresh(self, step: int, processes: Processes) -> None:
        assert not self.module.training and not torch.is_grad_enabled()
        self.refreshed.append(step)
        self._seen = 0.5 * self._seen + self.module(torch.ones(1, 1))[0]

    def memory(self) -> dict[str, torch.Tensor]:
        return {"seen": self._seen}

    def remember(self, memory: dict[str, torch.Tensor]) -> None:
        self._seen = memory["seen"]

    def batch(self, step: int) -> Batch:
        x, y = super().batch(step)
        return x + 0.1 * self._seen, y


SETTINGS = LoopSettings(validations=4, checkpoint_every_s=0.0)


def run(recipe: LineRecipe, folder: Path, settings: LoopSettings = SETTINGS, steps: int = 40) -> TrainingResult:
    return train(recipe, f"seed {recipe._seed}", Budget(steps=steps), settings, folder)


def weights(recipe: LineRecipe) -> list[torch.Tensor]:
    return list(recipe.module.state_dict().values())


def test_training_learns(tmp_path: Path) -> None:
    result = run(LineRecipe(0), tmp_path, steps=300)
    assert result.curve[0].validation < -1.0
    assert result.best_validation > -0.05


def test_the_same_seed_gives_the_same_weights(tmp_path: Path) -> None:
    recipes = [LineRecipe(0), LineRecipe(0), LineRecipe(1)]
    for number, recipe in enumerate(recipes):
        run(recipe, tmp_path / str(number))
    assert all(torch.equal(*pair) for pair in zip(weights(recipes[0]), weights(recipes[1]), strict=True))
    assert not torch.equal(weights(recipes[0])[0], weights(recipes[2])[0])


@pytest.mark.parametrize("fails_at", [7, 23])
def test_a_killed_training_goes_on_as_if_it_had_not_been(tmp_path: Path, fails_at: int) -> None:
    whole, killed, resumed = LineRecipe(0), LineRecipe(0, fails_at), LineRecipe(0)
    expected = run(whole, tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        run(killed, tmp_path / "killed")
    result = run(resumed, tmp_path / "killed")
    assert all(torch.equal(*pair) for pair in zip(weights(whole), weights(resumed), strict=True))
    assert [(p.step, p.validation) for p in result.curve] == [(p.step, p.validation) for p in expected.curve]
    assert result.curve[-1].loss == expected.curve[-1].loss


@pytest.mark.parametrize("fails_at", [9, 10, 11])
def test_what_a_killed_training_remembered_it_still_knows(tmp_path: Path, fails_at: int) -> None:
    whole, killed, resumed = RememberingRecipe(0), RememberingRecipe(0, fails_at), RememberingRecipe(0)
    run(whole, tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        run(killed, tmp_path / "killed")
    run(resumed, tmp_path / "killed")
    assert whole.refreshed == [0, 10, 20, 30]
    assert resumed.refreshed == [step for step in whole.refreshed if step >= fails_at]
    assert all(torch.equal(*pair) for pair in zip(weights(whole), weights(resumed), strict=True))


def test_a_batch_is_never_made_before_the_look_that_it_follows_from(tmp_path: Path) -> None:
    recipe = RememberingRecipe(0)
    looks: dict[int, int] = {}
    make = recipe.batch

    def batch(step: int) -> Batch:
        looks[step] = len(recipe.refreshed)
        return make(step)

    recipe.batch = batch  # type: ignore[method-assign]
    run(recipe, tmp_path)
    assert all(looks[step] == step // 10 + 1 for step in range(40))


def test_minutes_leave_no_trace_in_the_memory(tmp_path: Path) -> None:
    recipe = RememberingRecipe(0)
    expected = recipe.module.eval()(torch.ones(1, 1))[0].detach()
    memories: list[torch.Tensor] = []
    make = recipe.batch

    def batch(step: int) -> Batch:
        memories.append(recipe.memory()["seen"])
        return make(step)

    recipe.batch = batch  # type: ignore[method-assign]
    train(recipe, "", Budget(minutes=0.01), SETTINGS, tmp_path)
    assert torch.equal(memories[0], expected) and torch.equal(memories[8], expected)


def test_a_resumed_training_keeps_its_number_of_steps(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        run(LineRecipe(0, fails_at=7), tmp_path)
    assert run(LineRecipe(0), tmp_path, steps=1000).steps == 40


def test_a_checkpoint_of_another_training_is_refused(tmp_path: Path) -> None:
    run(LineRecipe(0), tmp_path)
    with pytest.raises(ArtifactError, match=r"is of another training \(line seed 0\).*line seed 1"):
        run(LineRecipe(1), tmp_path)


def test_a_damaged_checkpoint_is_refused(tmp_path: Path) -> None:
    (tmp_path / "checkpoint.pt").write_bytes(b"not a checkpoint")
    with pytest.raises(ArtifactError, match="remove it to start anew"):
        run(LineRecipe(0), tmp_path)


def test_the_weights_of_the_best_validation_are_kept_and_patience_ends_training(tmp_path: Path) -> None:
    recipe = DriftingRecipe(0)
    result = run(recipe, tmp_path, replace(SETTINGS, validations=100, patience=2), steps=1000)
    assert (result.best_step, result.steps) == (10, 30)
    assert torch.equal(recipe.module[0].weight, recipe.best)


def test_minutes_become_steps(tmp_path: Path) -> None:
    assert train(LineRecipe(0), "", Budget(minutes=0.01), SETTINGS, tmp_path).steps > 10


def test_validations_take_a_tenth_of_the_minutes_at_most(tmp_path: Path) -> None:
    class Slow(LineRecipe):
        def validate(self) -> float:
            time.sleep(0.05)
            return super().validate()

    recipe = Slow(0)
    train(recipe, "", Budget(minutes=0.02), SETTINGS, tmp_path)
    # One to measure, one of the first weights, and 1.2 s / 10 / 0.05 s instead of four.
    assert len(recipe.validations) <= 4


def test_progress_reaches_one(tmp_path: Path) -> None:
    told: list[float] = []
    train(LineRecipe(0), "", Budget(steps=5), SETTINGS, tmp_path, lambda stage, ratio: told.append(ratio))
    assert told == [0.2, 0.4, 0.6, 0.8, 1.0]


def test_scalars_are_written_for_tensorboard(tmp_path: Path) -> None:
    run(LineRecipe(0), tmp_path)
    assert list(tmp_path.glob("events.out.tfevents.*"))


def test_the_curve_is_json(tmp_path: Path) -> None:
    result = run(LineRecipe(0), tmp_path)
    write_curve(tmp_path / "curve.json", result.curve)
    rows = json.loads((tmp_path / "curve.json").read_text())
    assert [row["step"] for row in rows] == [0, 10, 20, 30, 40]
    assert rows[0]["loss"] is None and rows[1]["loss"] == result.curve[1].loss
