"""The decoder that a description asks for."""

from __future__ import annotations

from geoloc_ros.reading.decoders.decoded import Decoder
from geoloc_ros.reading.decoders.depth import DepthDecoder
from geoloc_ros.reading.decoders.detections import DetectionDecoder
from geoloc_ros.reading.decoders.mask2former import Mask2FormerDecoder
from geoloc_ros.reading.decoders.semantic import ClassIdsDecoder, LogitsDecoder
from geoloc_ros.reading.network_description import (
    ClassIdsOutput,
    DepthOutput,
    LogitsOutput,
    Mask2FormerOutput,
    MaskRcnnOutput,
    OutputDescription,
)


def make_decoder(output: OutputDescription) -> Decoder:
    """What decodes outputs as they are described."""
    if isinstance(output, LogitsOutput):
        return LogitsDecoder(output.classes)
    if isinstance(output, ClassIdsOutput):
        return ClassIdsDecoder(output.classes)
    if isinstance(output, Mask2FormerOutput):
        return Mask2FormerDecoder(output.classes, output.building_instances, output.min_score)
    if isinstance(output, MaskRcnnOutput):
        return DetectionDecoder(output.classes, output.min_score)
    if isinstance(output, DepthOutput):
        return DepthDecoder(output.trained_focal_px)
    return DepthDecoder(output.trained_focal_px, (output.scale, output.shift))
