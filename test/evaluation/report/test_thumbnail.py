import cv2
import numpy as np

from geoloc_ros.core.classes import SemanticClass
from geoloc_ros.evaluation.report.thumbnail import (
    MAX_LABEL_WIDTH,
    MAX_WIDTH,
    label_colours,
    make_label_thumbnail,
    make_thumbnail,
    thumbnail_size,
)


def test_a_wide_image_shrinks_and_keeps_its_shape() -> None:
    assert thumbnail_size(2048, 1024) == (MAX_WIDTH, MAX_WIDTH // 2) and thumbnail_size(100, 50) == (100, 50)


def test_red_stays_red() -> None:
    red = np.full((64, 1024, 3), (200, 10, 10), np.uint8)
    decoded = cv2.imdecode(np.frombuffer(make_thumbnail(red), np.uint8), cv2.IMREAD_COLOR_RGB)
    assert decoded.shape == (32, 512, 3)
    np.testing.assert_allclose(decoded.mean(axis=(0, 1)), (200, 10, 10), atol=8)


def test_every_class_has_a_colour_of_its_own() -> None:
    colours = label_colours(np.array([list(SemanticClass)], np.uint8))[0]
    assert len(np.unique(colours, axis=0)) == len(SemanticClass)


def test_labels_shrink_without_mixing_classes() -> None:
    labels = np.full((256, 1024), SemanticClass.SKY, np.uint8)
    labels[128:] = SemanticClass.ROAD
    decoded = cv2.imdecode(np.frombuffer(make_label_thumbnail(labels), np.uint8), cv2.IMREAD_COLOR_RGB)
    assert decoded.shape == (64, MAX_LABEL_WIDTH, 3)
    assert np.array_equal(decoded, label_colours(labels[::4, ::4]))
