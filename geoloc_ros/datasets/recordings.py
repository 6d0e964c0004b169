"""Which bags a user means: single ones, and folders of them, by condition."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from geoloc_ros.core.errors import DatasetError


@dataclass(frozen=True)
class Recording:
    """A bag to evaluate."""

    condition: str
    """Of the drive; names a folder, so it holds no slash."""
    name: str
    """Of the drive, unlike that of any other of its condition."""
    bag: Path


def find_recordings(sources: Sequence[str]) -> tuple[Recording, ...]:
    """Bags of sources, in the order of the sources and of their names.

    Args:
        sources: Each a bag (.mcap file or rosbag2 folder), or a folder of bags. Its condition is the name of the folder
            that the bags lie in; NAME=PATH gives it another.

    Raises:
        DatasetError: If a source holds no bag, or two drives of one condition have one name.
    """
    found: list[Recording] = []
    for source in sources:
        # A name on the disk may hold the sign too.
        name, equals, path = ("", "", source) if Path(source).exists() else source.partition("=")
        folder = Path(path if equals else source)
        bags = [folder] if is_bag(folder) else _bags_in(folder)
        inside = folder.resolve().parent if is_bag(folder) else folder.resolve()
        condition = name if equals else inside.name or "drives"
        if "/" in condition or condition in ("", ".", ".."):
            raise DatasetError(f"'{condition}' in '{source}' cannot name a condition; give NAME=FOLDER, a plain name")
        found += [Recording(condition, bag.name.removesuffix(".mcap"), bag) for bag in bags]
    seen: dict[tuple[str, str], Path] = {}
    for each in found:
        other = seen.setdefault((each.condition, each.name), each.bag)
        if other is not each.bag:
            raise DatasetError(
                f"two drives are called '{each.condition}/{each.name}': '{other}' and '{each.bag}'; "
                "give one of them another condition: NAME=PATH"
            )
    return tuple(found)


def is_bag(path: Path) -> bool:
    """Is this a bag by its looks, and not a folder of bags?"""
    return path.suffix == ".mcap" or (path / "metadata.yaml").is_file()


def _bags_in(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise DatasetError(f"no bag and no folder of bags '{folder}'; make a bag with `geoloc simulate`")
    bags = sorted(path for path in folder.iterdir() if is_bag(path))
    if not bags:
        raise DatasetError(f"folder '{folder}' holds no bag (.mcap file, or folder with metadata.yaml)")
    return bags
