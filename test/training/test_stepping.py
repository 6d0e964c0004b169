from __future__ import annotations

from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed: pip install 'geoloc_ros[train]'")

from geoloc_ros.training.processes import one_process  # noqa: E402
from geoloc_ros.training.recipe import Batch, Descent  # noqa: E402
from geoloc_ros.training.stepping import Stepper  # noqa: E402

FACTOR = 0.5


class TwoWeights:
    """Loss is `slow` + `quick` + 0 * `idle`, each with a rate of its own; gradients are one."""

    name = "two"
    weight_decay = 0.0

    def __init__(self) -> None:
        self.module = torch.nn.ParameterDict({name: torch.zeros(1) for name in ("slow", "quick", "idle")})

    def descents(self) -> tuple[Descent, ...]:
        groups = [
            {"params": [self.module["slow"]], "lr": 0.1}, {"params": [self.module["idle"]], "lr": 0.1, "momentum": 0.9},
        ]  # fmt: skip
        quick = torch.optim.SGD([self.module["quick"]], lr=2.0)
        return Descent(torch.optim.SGD(groups), lambda progress: 1.0 - progress), Descent(quick, lambda progress: 1.0)

    def learning_rate(self, progress: float) -> float:
        raise AssertionError("it has optimisers of its own")

    def batch(self, step: int) -> Batch:
        raise NotImplementedError

    def loss(self, batch: Batch) -> torch.Tensor:
        return (self.module["slow"] + self.module["quick"]).sum()

    def validate(self) -> float:
        raise NotImplementedError

    def export(self, path: Path) -> None:
        raise NotImplementedError


def values(recipe: TwoWeights) -> dict[str, float]:
    return {name: float(value.detach()) for name, value in recipe.module.items()}


def test_each_optimiser_goes_at_its_own_rate_which_falls_as_it_says() -> None:
    recipe = TwoWeights()
    stepper = Stepper(recipe, max_gradient_norm=10.0, processes=one_process())
    for progress in (0.0, 0.5):
        stepper.clear()
        stepper.backward(recipe.loss(()))
        norm, rate = stepper.step(progress)
    assert values(recipe) == pytest.approx({"slow": -0.1 - 0.05, "quick": -4.0, "idle": 0.0})
    assert (norm, rate) == pytest.approx((2.0**0.5, 0.05))


def test_gradients_of_each_optimiser_are_as_long_as_allowed_at_most() -> None:
    recipe = TwoWeights()
    stepper = Stepper(recipe, max_gradient_norm=0.25, processes=one_process())
    stepper.backward(recipe.loss(()))
    stepper.step(0.0)
    assert values(recipe) == pytest.approx({"slow": -0.025, "quick": -0.5, "idle": 0.0}, abs=1e-5)


def test_peaks_are_those_of_the_recipe_also_after_a_pause() -> None:
    first, second = TwoWeights(), TwoWeights()
    stepper = Stepper(first, 10.0, one_process())
    stepper.backward(first.loss(()))
    stepper.step(0.5)
    resumed = Stepper(second, 10.0, one_process())
    resumed.load_state_dict(stepper.state_dict())
    resumed.backward(second.loss(()))
    assert resumed.step(0.0)[1] == 0.1
