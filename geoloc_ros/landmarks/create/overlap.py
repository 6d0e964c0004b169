"""Do the images of a scene show the same things?"""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from geoloc_ros.core.posed_images import PosedImages
from geoloc_ros.core.types import Int64
from geoloc_ros.landmarks.create.scene_check import LEAST_VIEWS, SceneCheck
from geoloc_ros.landmarks.create.sightings import Sightings

LEAST_VIEWS_OF_LANDMARK = 3
"""Landmarks that fewer images show cannot be learned from several sides."""

# Images overlap if they share so many landmarks: what a pose is made of.
_LEAST_SHARED = 6
_NAMES_TOLD = 3


def check_overlap(images: PosedImages, sightings: Sightings) -> SceneCheck:
    """See that images show landmarks that others show, too, and are not groups that share nothing."""
    errors, warnings = [], []
    group = _groups(sightings)
    sizes = np.bincount(group, minlength=1)
    order = np.argsort(-sizes, kind="stable")
    largest, apart = int(sizes[order[0]]), [int(number) for number in order[1:]]
    if largest < LEAST_VIEWS:
        errors.append(
            f"the {len(images)} images of '{images.name}' fall into {len(sizes)} groups without a landmark in common, "
            f"the largest of {largest} images ({_names(images, group, int(order[0]))}); at least {LEAST_VIEWS} must "
            "overlap: record more between them, or see that poses and surface have the same frame"
        )
    elif apart:
        count = int(sizes[apart].sum())
        warnings.append(
            f"{count} of {len(images)} images share nothing with the other {largest}: {len(apart)} groups, the first "
            f"of {int(sizes[apart[0]])} images ({_names(images, group, apart[0])}); what they show is learned from "
            "them alone"
        )
    views = np.bincount(sightings.landmark, minlength=sightings.num_landmarks + 1)[1:]
    seen, kept = int((views > 0).sum()), int((views >= LEAST_VIEWS_OF_LANDMARK).sum())
    if seen > 2 * kept:
        warnings.append(
            f"only {kept} of {seen} landmarks that are seen at all are seen in {LEAST_VIEWS_OF_LANDMARK} images; "
            "record more images, or choose larger patches"
        )
    return SceneCheck(tuple(errors), tuple(warnings))


def _groups(sightings: Sightings) -> Int64:
    """Number (N,) of the group that each image belongs to, by what it shares with others."""
    shape = (sightings.num_images, sightings.num_landmarks + 1)
    shows = sparse.csr_matrix((np.ones(len(sightings.image), np.int32), (sightings.image, sightings.landmark)), shape)
    shared = shows @ shows.T
    shared.data[shared.data < _LEAST_SHARED] = 0
    shared.eliminate_zeros()
    _, group = connected_components(shared, directed=False)
    return np.asarray(group, np.int64)


def _names(images: PosedImages, group: Int64, number: int) -> str:
    rows = np.flatnonzero(group == number)
    told = ", ".join(images.file[int(row)] for row in rows[:_NAMES_TOLD])
    return told + (", ..." if len(rows) > _NAMES_TOLD else "")
