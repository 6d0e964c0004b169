from pathlib import Path

import pytest

from geoloc_ros.core.config import Config, load_config
from geoloc_ros.core.errors import ConfigError
from geoloc_ros.core.section import Section


def test_without_a_file_everything_has_its_default() -> None:
    assert load_config() == Config()


def test_an_override_beats_the_file_and_the_file_beats_the_default(tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    file.write_text("map:\n  place_spacing_m: 5.0\n  level_height_m: 4.0\n")
    config = load_config(file, ("map.place_spacing_m=7",))
    assert (config.map.place_spacing_m, config.map.level_height_m) == (7.0, 4.0)


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("map.place_spacing=7", "map.place_spacing"),
        ("map.place_spacing_m=-7", "-7"),
        ("map.place_spacing_m=near", "near"),
        ("place_spacing_m=7", "section.key=value"),
        ("maps.place_spacing_m=7", "maps"),
        ("observe.min_samples=3000000000", "observe.min_samples"),
        ("observe.min_height_m=.nan", "observe.min_height_m"),
        ("scan.max_range_m=.inf", "scan.max_range_m"),
    ],
)
def test_an_illegal_override_is_named(override: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        load_config(None, (override,))


@pytest.mark.parametrize("text", ["- 1\n- 2\n", "map: 3\n", "map: {place_spacing_m: [}"])
def test_a_file_that_is_no_config_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "c.yaml"
    file.write_text(text)
    with pytest.raises(ConfigError):
        load_config(file)


def test_every_parameter_tells_what_it_is() -> None:
    for section in Config.model_fields.values():
        assert isinstance(section.annotation, type) and issubclass(section.annotation, Section)
        for name, field in section.annotation.model_fields.items():
            assert field.description, name
