from __future__ import annotations

from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed: pip install 'geoloc_ros[train]'")

from geoloc_ros.core.errors import ArtifactError  # noqa: E402
from geoloc_ros.training.checkpoint import (  # noqa: E402
    CurvePoint,
    Kept,
    TrainingState,
    load_checkpoint,
    save_checkpoint,
)  # fmt: skip


def parts(value: float) -> dict[str, Kept]:
    layer = torch.nn.Linear(1, 1)
    torch.nn.init.constant_(layer.weight, value)
    return {"module": layer, "steps": torch.optim.SGD(layer.parameters(), lr=value, momentum=0.5)}


def test_all_parts_and_the_state_come_back(tmp_path: Path) -> None:
    state = TrainingState("me", num_steps=9, validate_every=3, step=4, losses=[1.0, 2.0])
    state.curve.append(CurvePoint(0, 0.0, 1.0, 7.0))
    written, read = parts(0.25), parts(0.75)
    save_checkpoint(tmp_path / "checkpoint.pt", state, written)
    assert load_checkpoint(tmp_path / "checkpoint.pt", "me", read) == state
    assert str(read["module"].state_dict()) == str(written["module"].state_dict())
    assert read["steps"].state_dict() == written["steps"].state_dict()


def test_a_checkpoint_without_one_of_the_parts_is_refused(tmp_path: Path) -> None:
    written = parts(0.25)
    save_checkpoint(tmp_path / "checkpoint.pt", TrainingState("me", 1, 1), {"module": written["module"]})
    with pytest.raises(ArtifactError, match="of another version of this program; remove it"):
        load_checkpoint(tmp_path / "checkpoint.pt", "me", written)


def test_what_is_no_training_is_refused(tmp_path: Path) -> None:
    torch.save({"weights": torch.zeros(1)}, tmp_path / "checkpoint.pt")
    with pytest.raises(ArtifactError, match="is of another training"):
        load_checkpoint(tmp_path / "checkpoint.pt", "me", parts(0.0))
