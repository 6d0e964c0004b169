"""A group of parameters, and how one is made of plain values."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from geoloc_ros.core.errors import ConfigError


class Section(BaseModel):
    """A group of parameters. Unknown keys fail, and so do numbers that are none; values cannot be changed."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


AnySection = TypeVar("AnySection", bound=Section)


def validated(section: type[AnySection], tree: dict[str, Any]) -> AnySection:
    """A section of plain values.

    Raises:
        ConfigError: If a key is unknown or a value is illegal.
    """
    try:
        return section.model_validate(tree)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise ConfigError(f"config key '{key}': {first['msg']} (seen: {first.get('input')!r})") from error
