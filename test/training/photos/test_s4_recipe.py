from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed: pip install 'geoloc_ros[train]'")
pytest.importorskip("transformers", reason="transformers is not installed: pip install 'geoloc_ros[train]'")
pytest.importorskip("pytorch_metric_learning", reason="it is not installed: pip install 'geoloc_ros[train]'")

from geoloc_ros.core.errors import DatasetError  # noqa: E402
from geoloc_ros.core.photos import PhotoCollection, PhotoSet  # noqa: E402
from geoloc_ros.training.loop import Budget, LoopSettings, train  # noqa: E402
from geoloc_ros.training.photos.augment import Augmentation  # noqa: E402
from geoloc_ros.training.photos.images import PhotoImages  # noqa: E402
from geoloc_ros.training.photos.mining.choosing import MiningSettings  # noqa: E402
from geoloc_ros.training.photos.multisimilarity_recipe import MultiSimilarityRecipe  # noqa: E402
from geoloc_ros.training.photos.networks.photo_network import make_photo_network  # noqa: E402
from geoloc_ros.training.photos.networks.spec import parse_network  # noqa: E402
from geoloc_ros.training.photos.photo_recipe import PhotoTask  # noqa: E402
from geoloc_ros.training.photos.s4_recipe import (  # noqa: E402
    S4MinedRecipe,
    S4Recipe,
    S4Settings,
    make_s4_recipe,
    segmentation_loss,
)
from geoloc_ros.training.photos.training_photos import join_collections  # noqa: E402
from geoloc_ros.training.photos.triplet_recipe import TripletRecipe  # noqa: E402
from geoloc_ros.training.photos.validation import prepare_validation  # noqa: E402
from geoloc_ros.training.recipe import DescentRecipe, RefreshingRecipe  # noqa: E402

SIZE = 32
FAST = S4Settings(optimizer="adamw", learning_rate=1e-3)

MakeStreet = Callable[[int, int], PhotoCollection]


def labelled(photos: PhotoSet) -> PhotoSet:
    """What is bright in red is a building, the rest is road."""
    names = []
    for number in range(len(photos)):
        names.append(f"labels/{Path(photos.file[number]).stem}.png")
        path = photos.root / names[-1]
        path.parent.mkdir(exist_ok=True)
        image = cv2.imread(str(photos.path(number)))
        assert image is not None
        cv2.imwrite(str(path), np.where(image[:, :, 2] > 127, 1, 3).astype(np.uint8))
    return replace(photos, label_file=tuple(names))


@pytest.fixture
def task(make_street: MakeStreet) -> PhotoTask:
    street = make_street(8, 0)
    training = join_collections([PhotoCollection(labelled(street.database), labelled(street.queries), ())])
    network = make_photo_network(parse_network("resnet18@0.125+msatt", SIZE, SIZE), seed=0)
    images = PhotoImages(training.photos, SIZE, SIZE)
    validation = prepare_validation(make_street(6, 1), SIZE, SIZE, seed=0)
    return PhotoTask(network, training, images, validation, 0, 1e-3, Augmentation())


@pytest.fixture
def targets(make_street: MakeStreet) -> PhotoImages:
    return PhotoImages(make_street(3, 2).database, SIZE, SIZE)


def test_classes_are_cropped_and_mirrored_with_their_photos(task: PhotoTask) -> None:
    colourless = replace(task, augmentation=Augmentation(0.0, 0.0, 0.0, 0.0, 0.5))
    image, labels, answer, others = make_s4_recipe(MultiSimilarityRecipe(colourless, 4), S4Settings()).batch(7)
    assert image.shape == (16, 3, SIZE, SIZE) and labels.shape == (16, SIZE, SIZE) and len(others) == 0
    is_red = image[:, 0] > 0.5
    agree = (labels == 1) == is_red
    # Interpolation moves the border by a pixel.
    assert float(agree.float().mean()) > 0.93
    assert answer.tolist() == [0] * 4 + [1] * 4 + [2] * 4 + [3] * 4


def test_a_step_follows_from_the_seed_and_its_number(task: PhotoTask, targets: PhotoImages) -> None:
    first, again = (make_s4_recipe(MultiSimilarityRecipe(task, 4), S4Settings(), targets) for _ in range(2))
    assert all(torch.equal(one, other) for one, other in zip(first.batch(3), again.batch(3), strict=True))
    assert not torch.equal(first.batch(3)[3], first.batch(4)[3])
    assert len(first.batch(3)[3]) == 4


def test_the_other_domain_has_its_own_share_of_the_loss(task: PhotoTask, targets: PhotoImages) -> None:
    recipe = make_s4_recipe(MultiSimilarityRecipe(task, 4), FAST, targets)
    recipe.loss(recipe.batch(0)).backward()
    assert recipe.module.discriminator is not None
    assert all(weights.grad is not None for weights in recipe.module.parameters())
    network, judge = recipe.descents()
    assert {type(each.optimizer).__name__ for each in (network, judge)} == {"AdamW", "Adam"}
    assert network.factor(0.5) == judge.factor(0.5) == pytest.approx(0.5**0.9)


def test_as_published_it_is_gradient_descent_with_momentum(task: PhotoTask) -> None:
    (descent,) = make_s4_recipe(MultiSimilarityRecipe(task, 4), S4Settings()).descents()
    (group,) = descent.optimizer.param_groups
    assert isinstance(descent.optimizer, torch.optim.SGD)
    assert (group["lr"], group["momentum"], group["weight_decay"]) == (1e-4, 0.9, 5e-4)


def test_all_parts_switched_off_leave_the_loss_of_places(task: PhotoTask) -> None:
    places = MultiSimilarityRecipe(task, 4)
    recipe = make_s4_recipe(places, S4Settings(segmentation="none"))
    expected = places.loss(places.batch(2))
    assert torch.allclose(recipe.loss(recipe.batch(2)), expected, atol=1e-4)


def test_mining_is_that_of_the_places(task: PhotoTask) -> None:
    mined = make_s4_recipe(TripletRecipe(task, MiningSettings("random")), S4Settings())
    plain = make_s4_recipe(MultiSimilarityRecipe(task, 4), S4Settings())
    assert isinstance(mined, S4MinedRecipe) and isinstance(mined, RefreshingRecipe)
    assert isinstance(plain, DescentRecipe) and not isinstance(plain, RefreshingRecipe)


def test_it_learns_classes_and_places(task: PhotoTask, targets: PhotoImages, tmp_path: Path) -> None:
    recipe: S4Recipe = make_s4_recipe(MultiSimilarityRecipe(task, 4), FAST, targets)
    image, labels, _, _ = recipe.batch(0)

    def mistaken() -> float:
        with torch.no_grad():
            scores = recipe.module.eval()(image).scores
        assert scores is not None
        return float(segmentation_loss(scores, labels))

    before = mistaken()
    result = train(recipe, "test", Budget(steps=30), LoopSettings(validations=2), tmp_path)
    assert mistaken() < 0.8 * before
    assert result.curve[-1].loss < result.curve[1].loss
    recipe.export(tmp_path / "n.onnx")


def test_pixels_without_a_class_teach_nothing() -> None:
    scores, labels = torch.zeros(1, 8, 2, 2), torch.full((1, 4, 4), 255, dtype=torch.uint8)
    assert float(segmentation_loss(scores, labels)) == 0.0
    labels[0, 0, 0] = 3
    assert float(segmentation_loss(scores, labels)) == pytest.approx(float(np.log(8.0)))


def test_photos_without_labels_are_refused(task: PhotoTask) -> None:
    photos = replace(task.training.photos, label_file=("",) * len(task.training.photos))
    unlabelled = replace(task, training=replace(task.training, photos=photos))
    with pytest.raises(DatasetError, match="has labels"):
        make_s4_recipe(MultiSimilarityRecipe(unlabelled, 4), S4Settings())
