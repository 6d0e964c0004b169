"""What must be said of anybody's network before we can use it: a small YAML file beside the ONNX file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Union

import yaml
from pydantic import Field, ValidationError, field_validator, model_validator

from geoloc_ros.core.errors import ConfigError
from geoloc_ros.core.section import Section
from geoloc_ros.reading.class_map import ClassMap

Name = Annotated[str, Field(min_length=1)]
Triple = tuple[float, float, float]


class InputDescription(Section):
    """How an image becomes the input (N, 3, H, W) of the network."""

    name: Name = Field("image", description="Name of the input")
    width: int = Field(ge=8, le=8192, description="Width to which images are resized, pixels")
    height: int = Field(
        0, ge=0, le=8192, description="Height, pixels; 0 where the network takes any: it follows the image's shape"
    )
    multiple_of: int = Field(32, ge=1, le=256, description="What a height that follows is a multiple of")
    fit: Literal["stretch", "pad"] = Field(
        "stretch", description="stretch to the size, or keep the shape and pad below and to the right with the mean"
    )
    channels: Literal["rgb", "bgr"] = Field("rgb", description="Order of the colours")
    scale: float = Field(
        1.0 / 255.0, gt=0.0, description="The network gets (pixel * scale - mean) / std, of pixels 0 to 255"
    )
    mean: Triple = Field((0.0, 0.0, 0.0), description="In the network's order of colours")
    std: Triple = Field((1.0, 1.0, 1.0), description="In the network's order of colours")

    @field_validator("std")
    @classmethod
    def _positive(cls, std: Triple) -> Triple:
        if min(std) <= 0.0:
            raise ValueError("must be positive")
        return std

    @model_validator(mode="after")
    def _fixed(self) -> InputDescription:
        if self.fit == "pad" and not self.height:
            raise ValueError("'fit: pad' needs a height")
        return self


class LogitsOutput(Section):
    """Semantic segmentation: one score per class and pixel, (N, C, h, w), of any size and scale."""

    kind: Literal["logits"]
    name: Name = "logits"
    classes: ClassMap


class ClassIdsOutput(Section):
    """Semantic segmentation after its argmax: (N, h, w) or (N, 1, h, w), as float32."""

    kind: Literal["class_ids"]
    name: Name = "class_ids"
    classes: ClassMap


class Mask2FormerOutput(Section):
    """Queries, each a class (N, Q, C + 1), "no object" last, and a mask (N, Q, h, w), both before softmax, sigmoid."""

    kind: Literal["mask2former"]
    class_queries: Name = "class_queries_logits"
    mask_queries: Name = "masks_queries_logits"
    classes: ClassMap
    building_instances: bool = Field(
        False, description="Was it trained to tell buildings apart, a query each? In public data sets they are one mass"
    )
    min_score: float = Field(0.9, ge=0.0, le=1.0, description="Certainty from which an instance counts")


class MaskRcnnOutput(Section):
    """Detections, best first: boxes (N, K, 4) as x0, y0, x1, y1 in pixels of the input, class ids and scores (N, K).

    Masks are probabilities (N, K, m, m) inside the boxes, or (N, K, H, W) of the input's size.
    """

    kind: Literal["maskrcnn"]
    boxes: Name = "boxes"
    labels: Name = "labels"
    scores: Name = "scores"
    masks: Name = "masks"
    classes: ClassMap
    min_score: float = Field(0.9, ge=0.0, le=1.0, description="Certainty from which an instance counts")


class DepthOutput(Section):
    """Depth (N, h, w) or (N, 1, h, w) in metres, along the optical axis."""

    kind: Literal["depth_m"]
    name: Name = "predicted_depth"
    trained_focal_px: float = Field(
        0.0, ge=0.0,
        description="Focal length of the images it was trained on, as it got them, pixels: depths are scaled by the "
        "camera's over this. 0 where they are to be taken as they are",
    )  # fmt: skip


class InverseDepthOutput(Section):
    """One over depth, or disparity: 1 / depth_m = scale * value + shift, (N, h, w) or (N, 1, h, w)."""

    kind: Literal["inverse_depth"]
    name: Name = "predicted_depth"
    scale: float = Field(gt=0.0, description="1/m per unit of the output")
    shift: float = Field(description="1/m")
    trained_focal_px: float = Field(0.0, ge=0.0, description="As with depth_m")


OutputDescription = Annotated[
    Union[LogitsOutput, ClassIdsOutput, Mask2FormerOutput, MaskRcnnOutput, DepthOutput, InverseDepthOutput],
    Field(discriminator="kind"),
]


class PanoramaDescription(Section):
    """How a network that was trained on ordinary photos gets panoramas and fisheye images: cut into such."""

    num_faces: int = Field(
        4, ge=1, le=12, description="Photos per turn; 1 gives the network the whole image, as one trained so needs it"
    )
    overlap_deg: float = Field(10.0, ge=0.0, le=45.0, description="By how much neighbours overlap, degrees")

    @model_validator(mode="after")
    def _narrow(self) -> PanoramaDescription:
        if self.num_faces == 2 or (self.num_faces > 1 and self.face_fov_deg > 140.0):
            raise ValueError(f"{self.num_faces} faces with {self.overlap_deg:g} degrees of overlap are too wide: use 4")
        return self

    @property
    def face_fov_deg(self) -> float:
        """Width of one face."""
        return 360.0 / self.num_faces + self.overlap_deg


class NetworkDescription(Section):
    """Everything that is said of a network."""

    onnx: Name = Field(description="File of the network, from the folder of this description")
    input: InputDescription
    output: OutputDescription
    panorama: PanoramaDescription = PanoramaDescription()

    def output_names(self) -> tuple[str, ...]:
        """Outputs of the ONNX file that are needed."""
        output = self.output
        if isinstance(output, Mask2FormerOutput):
            return output.class_queries, output.mask_queries
        if isinstance(output, MaskRcnnOutput):
            return output.boxes, output.labels, output.scores, output.masks
        return (output.name,)


def load_description(file: Path) -> NetworkDescription:
    """The description in a YAML file, `onnx` being made a path that can be opened from here.

    Raises:
        ConfigError: If the file cannot be read, lacks something, or has an unknown key or an illegal value.
    """
    try:
        tree = yaml.safe_load(file.read_text())
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError(f"cannot read the description '{file}' of a network: {error}") from error
    if not isinstance(tree, dict):
        raise ConfigError(f"'{file}' does not describe a network; docs/networks.md and config/networks show how")
    try:
        description = NetworkDescription.model_validate(tree)
    except ValidationError as error:
        raise ConfigError(f"'{file}': {_complaint(error)}; see docs/networks.md") from error
    try:
        onnx = file.parent / Path(description.onnx).expanduser()
    except RuntimeError as error:  # of a user that is not there
        raise ConfigError(f"'{file}': onnx: '{description.onnx}' is no path here: {error}") from error
    return description.model_copy(update={"onnx": str(onnx)})


def _complaint(error: ValidationError) -> str:
    first = error.errors()[0]
    # Pydantic puts the kind of the output between its key and the key inside.
    kinds = {"logits", "class_ids", "mask2former", "maskrcnn", "depth_m", "inverse_depth"}
    key = ".".join(str(part) for part in first["loc"] if part not in kinds)
    complaint = {"extra_forbidden": "no such key", "missing": "is missing"}.get(first["type"], first["msg"])
    seen = "" if first["type"] == "missing" else f" (seen: {first.get('input')!r})"
    return f"{key}: {complaint}{seen}"
