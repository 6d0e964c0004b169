from __future__ import annotations

import math

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed: pip install 'geoloc_ros[train]'")

from geoloc_ros.training.photos.s4_domains import (  # noqa: E402
    Discriminator,
    adversarial_loss,
    discriminator_loss,
    shown_to_discriminator,
)


class Mean(torch.nn.Module):
    """Calls what is bright the source."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = torch.nn.Parameter(torch.tensor(2.0))

    def forward(self, shown: torch.Tensor) -> torch.Tensor:
        return self.scale * shown.mean((1, 2, 3))


def test_losses_are_cross_entropies() -> None:
    source, target = torch.full((1, 1, 2, 2), 1.0), torch.full((1, 1, 2, 2), -0.5)
    # Logits are 2 and -1.
    assert float(discriminator_loss(Mean(), source, target).detach()) == pytest.approx(
        math.log(1.0 + math.exp(-2.0)) + math.log(1.0 + math.exp(-1.0))
    )
    assert float(adversarial_loss(Mean(), target).detach()) == pytest.approx(math.log(1.0 + math.exp(1.0)))


def test_each_side_learns_from_its_own_loss_only() -> None:
    source, target = (torch.randn(1, 1, 2, 2, requires_grad=True) for _ in range(2))
    judge = Mean()
    discriminator_loss(judge, source, target).backward()
    assert source.grad is None and target.grad is None and judge.scale.grad is not None
    judge.scale.grad = None
    adversarial_loss(judge, target).backward()
    assert target.grad is not None and judge.scale.grad is None


def test_what_fools_the_judge_looks_more_like_the_source() -> None:
    target = torch.randn(1, 1, 2, 2, requires_grad=True)
    adversarial_loss(Mean(), target).backward()
    assert target.grad is not None and bool((target.grad < 0.0).all())


def test_the_published_judge_has_five_layers() -> None:
    layers = [each for each in Discriminator(8, 1.0).modules() if isinstance(each, torch.nn.Conv2d)]
    assert [each.out_channels for each in layers] == [64, 128, 256, 512, 1]
    assert {(each.kernel_size, each.stride) for each in layers} == {((4, 4), (2, 2))}


@pytest.mark.parametrize("size", [(120, 160), (48, 64)])
def test_probabilities_are_large_enough_for_it(size: tuple[int, int]) -> None:
    shown = shown_to_discriminator(torch.randn(2, 8, 3, 4), size)
    assert torch.allclose(shown.sum(dim=1), torch.ones(2, *shown.shape[2:]), atol=1e-5)
    assert min(Discriminator(8, 0.25)(shown).shape) >= 1
