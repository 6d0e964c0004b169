"""Steps of one or several optimisers: rates, scaled gradients, their mean over processes, their largest norm."""

from __future__ import annotations

from typing import Any

import torch

from geoloc_ros.training.precision import choose_precision
from geoloc_ros.training.processes import Processes
from geoloc_ros.training.recipe import Descent, DescentRecipe, Recipe


class Stepper:
    """Moves the parameters of a recipe's module against the gradient of its loss."""

    def __init__(self, recipe: Recipe, max_gradient_norm: float, processes: Processes) -> None:
        """The module must be on its device."""
        self._descents = recipe.descents() if isinstance(recipe, DescentRecipe) else (_adam(recipe),)
        self._peaks = [[float(group["lr"]) for group in each.optimizer.param_groups] for each in self._descents]
        self._parameters = [_parameters(each.optimizer) for each in self._descents]
        self._max_norm = max_gradient_norm
        self._processes = processes
        scales = choose_precision().needs_scaling
        self._scaler = torch.amp.GradScaler(processes.device.type, enabled=scales)

    def clear(self) -> None:
        """Forget gradients."""
        for each in self._descents:
            each.optimizer.zero_grad(set_to_none=True)

    def backward(self, loss: torch.Tensor) -> None:
        """Gradients of a loss, added to those that are there."""
        torch.autograd.backward(self._scaler.scale(loss))

    def step(self, progress: float) -> tuple[float, float]:
        """Step along the gradients that are there; their norm, and the first rate."""
        self._set_rates(progress)
        norms = []
        for each, parameters in zip(self._descents, self._parameters, strict=True):
            self._average_gradients(parameters)
            self._scaler.unscale_(each.optimizer)
            norms.append(torch.nn.utils.clip_grad_norm_(parameters, self._max_norm))
            self._scaler.step(each.optimizer)
        self._scaler.update()
        return float(torch.stack(norms).norm()), float(self._descents[0].optimizer.param_groups[0]["lr"])

    def state_dict(self) -> dict[str, Any]:
        """Of the optimisers and of the scale of gradients."""
        return {
            "optimizers": [each.optimizer.state_dict() for each in self._descents],
            "scaler": self._scaler.state_dict(),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take what `state_dict` gave."""
        for each, stored in zip(self._descents, state["optimizers"], strict=True):
            each.optimizer.load_state_dict(stored)
        if state["scaler"]:
            self._scaler.load_state_dict(state["scaler"])

    def _average_gradients(self, parameters: list[torch.nn.Parameter]) -> None:
        """Over all processes; a parameter that none of them used stays without one, or it would move by momentum."""
        if self._processes.count == 1:
            return
        used = self._processes.add_up(torch.tensor([float(p.grad is not None) for p in parameters]))
        chosen = [p for p, number in zip(parameters, used.tolist(), strict=True) if number > 0.0]
        for parameter in chosen:
            if parameter.grad is None:
                parameter.grad = torch.zeros_like(parameter)
        self._processes.average([p.grad for p in chosen if p.grad is not None])

    def _set_rates(self, progress: float) -> None:
        for each, peaks in zip(self._descents, self._peaks, strict=True):
            for group, peak in zip(each.optimizer.param_groups, peaks, strict=True):
                group["lr"] = peak * each.factor(progress)


def _adam(recipe: Recipe) -> Descent:
    """Of a recipe without optimisers of its own. Adam is AdamW without decay."""
    optimizer = torch.optim.AdamW(recipe.module.parameters(), lr=1.0, weight_decay=recipe.weight_decay)
    return Descent(optimizer, recipe.learning_rate)


def _parameters(optimizer: torch.optim.Optimizer) -> list[torch.nn.Parameter]:
    return [parameter for group in optimizer.param_groups for parameter in group["params"]]
