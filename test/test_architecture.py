"""The shape of the house, where linters do not look. Layers: .importlinter."""

import ast
import subprocess
import sys
import xml.etree.ElementTree
from pathlib import Path

import pytest

import geoloc_ros

MODULES = sorted((Path(__file__).parent.parent / "geoloc_ros").rglob("*.py"))


def test_imports_point_down(root: Path) -> None:
    pytest.importorskip("importlinter", reason="import-linter is not installed")
    # In a process of its own: it turns off all loggers that there are.
    code = "import importlinter.cli as c, sys; sys.exit(c.lint_imports(config_filename='.importlinter', no_cache=True))"
    assert subprocess.run([sys.executable, "-c", code], cwd=root).returncode == 0


@pytest.mark.parametrize("module", ["rclpy", "torch", "cv2", "scipy", "onnxruntime", "shapely", "osmium"])
def test_the_command_line_starts_without(module: str) -> None:
    code = f"import sys, geoloc_ros.cli; sys.exit('{module}' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_no_module_is_longer_than_300_lines() -> None:
    assert [path.name for path in MODULES if len(path.read_text().splitlines()) > 300] == []


def test_every_module_says_what_it_is() -> None:
    assert [str(path) for path in MODULES if not ast.get_docstring(ast.parse(path.read_text()))] == []


def test_every_folder_is_a_package() -> None:
    assert [path for path in MODULES if not (path.parent / "__init__.py").is_file()] == []


def test_package_xml_and_python_agree_on_the_version(root: Path) -> None:
    package = xml.etree.ElementTree.parse(root / "package.xml").getroot()
    assert package.findtext("version") == geoloc_ros.__version__
