"""The backbone of a name."""

from __future__ import annotations

from typing import Final

from geoloc_ros.core.errors import ConfigError
from geoloc_ros.training.photos.networks.backbones.features import Backbone
from geoloc_ros.training.photos.networks.backbones.resnet import RESNETS, make_resnet
from geoloc_ros.training.photos.networks.backbones.vgg import make_vgg
from geoloc_ros.training.photos.networks.spec import NetworkSpec

_KNOWN: Final = (*RESNETS, "vgg16", "vit", "cct", "hub:NAME", "timm:NAME")


def make_backbone(spec: NetworkSpec, has_weights: bool) -> Backbone:
    """With random weights, or with those of a hub if `has_weights`.

    Raises:
        ArtifactError: Weights of a hub cannot be had.
        ConfigError: There is no such backbone, or it has no such cut or width.
        BackendError: A library is missing.
    """
    name, size = spec.backbone, (spec.height_px, spec.width_px)
    if name in RESNETS:
        return make_resnet(name, spec.cut, spec.width_ratio)
    if name == "vgg16":
        return make_vgg(spec.cut, spec.width_ratio)
    source, _, wanted = name.partition(":")
    if spec.cut and source != "hub":
        raise ConfigError(f"backbone '{name}' has no {spec.cut}; resnets and vgg16 are cut")
    if name == "vit":
        from geoloc_ros.training.photos.networks.backbones.vit import make_vit

        return make_vit(size, spec.width_ratio)
    if name == "cct":
        from geoloc_ros.training.photos.networks.backbones.cct import make_cct

        return make_cct(size, spec.width_ratio)
    if spec.width_ratio != 1.0:
        raise ConfigError(f"backbone '{name}' is as wide as its weights are; drop @{spec.width_ratio:g}")
    if source == "hub" and wanted:
        from geoloc_ros.training.photos.networks.backbones.hub import make_hub_backbone

        return make_hub_backbone(wanted, size, spec.cut, has_weights)
    if source == "timm" and wanted:
        from geoloc_ros.training.photos.networks.backbones.timm import make_timm_backbone

        return make_timm_backbone(wanted, size, has_weights)
    raise ConfigError(f"backbone '{name}' is not one of {', '.join(_KNOWN)}")
