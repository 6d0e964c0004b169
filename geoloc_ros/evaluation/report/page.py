"""The page itself: template, style and scripts of this folder around a scene."""

from __future__ import annotations

from html import escape
from importlib.resources import files
from string import Template

from geoloc_ros.evaluation.report.payload import payload_json
from geoloc_ros.evaluation.report.scene import Figure, Scene

SCRIPTS = ("data.js", "canvas.js", "frames.js", "city.js", "map.js", "camera.js", "chart.js", "main.js")


def render_page(scene: Scene) -> str:
    """HTML of the report of `scene`, with everything it needs inside."""
    figures = "\n".join(_tile(figure) for figure in scene.figures if figure.tile)
    rows = "\n".join(
        f"<tr><th>{escape(figure.name)}</th><td>{escape(figure.value)} <small>{escape(figure.note)}</small></td></tr>"
        for figure in scene.figures
    )
    facts = "\n".join(f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in scene.facts)
    return Template(asset("page.html")).substitute(
        title=escape(scene.title),
        subtitle=escape(scene.subtitle),
        attribution=escape(scene.geomap.source.attribution),
        style=asset("page.css"),
        figures=figures,
        table=rows,
        facts=facts,
        configuration=escape(scene.configuration),
        data=payload_json(scene),
        script="\n".join(asset(name) for name in SCRIPTS),
    )


def asset(name: str) -> str:
    """Text of a file of this folder."""
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


def _tile(figure: Figure) -> str:
    verdict = {True: "good", False: "bad", None: ""}[figure.good]
    return f'<li class="{verdict}"><b>{escape(figure.value)}</b><span>{escape(figure.name)}</span></li>'
