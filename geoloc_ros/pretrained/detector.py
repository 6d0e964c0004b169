"""Mask R-CNN of torchvision with weights of the user's own, such as one that was trained to find buildings."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from geoloc_ros.core.errors import ArtifactError, BackendError
from geoloc_ros.pretrained.hub import Normalization

DETECTOR_OUTPUTS = ("boxes", "labels", "scores", "masks")


class OneImageDetector(torch.nn.Module):
    """From one normalised image (1, 3, H, W) to boxes (D, 4), labels (D,), scores (D,) and masks (D, 1, 28, 28).

    It leaves out torchvision's resizing, as the image has its size already, and the painting of masks into the image,
    which is large and which `scan.decoders.detections` does for the few that count.
    """

    def __init__(self, model: Any, size: tuple[int, int]) -> None:
        super().__init__()
        self.backbone, self.rpn, self.roi_heads = model.backbone, model.rpn, model.roi_heads
        self.size = size

    def forward(self, image: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """As of the class."""
        from torchvision.models.detection.image_list import ImageList

        features = self.backbone(image)
        proposals, _ = self.rpn(ImageList(image, [self.size]), features)
        detections, _ = self.roi_heads(features, proposals, [self.size])
        return tuple(detections[0][name] for name in DETECTOR_OUTPUTS)


def load_detector(weights: Path, num_classes: int, size: tuple[int, int]) -> tuple[OneImageDetector, Normalization]:
    """The detector whose weights a file holds, ResNet-50 with a feature pyramid, version 1 or 2.

    Args:
        weights: State of the torchvision model (.safetensors).
        num_classes: Those that it finds, and one for the background.
        size: H and W of its images.

    Raises:
        BackendError: If torchvision is not installed.
        ArtifactError: If the file cannot be read, or holds the weights of something else.
    """
    if importlib.util.find_spec("torchvision") is None:
        raise BackendError(
            "Mask R-CNN needs torchvision, which is not installed; pip install torchvision, in the version that "
            f"belongs to torch {torch.__version__}"
        )
    from torchvision.models import detection

    try:
        state = load_file(str(weights))
    except (OSError, SafetensorError) as error:
        raise ArtifactError(
            f"'{weights}' is no .safetensors file that can be read ({error}); save the weights with "
            "safetensors.torch.save_file(model.state_dict(), FILE)"
        ) from error
    is_second = any(name.startswith("backbone.fpn.") and "running_mean" in name for name in state)
    build = detection.maskrcnn_resnet50_fpn_v2 if is_second else detection.maskrcnn_resnet50_fpn
    model = build(weights=None, weights_backbone=None, num_classes=num_classes)
    try:
        model.load_state_dict(state)
    except RuntimeError as error:
        complaint = str(error).strip().splitlines()[-1].strip()
        raise ArtifactError(
            f"'{weights}' holds no {build.__name__} of {num_classes} classes, background included: {complaint}; "
            "give one name with --name per class that it finds"
        ) from error
    mean, std = model.transform.image_mean, model.transform.image_std
    return OneImageDetector(model, size).eval(), Normalization(1.0 / 255.0, tuple(mean), tuple(std))
