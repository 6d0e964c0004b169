from dataclasses import replace

from geoloc_ros.evaluation.accuracy_page.sources import Estimate, Row
from geoloc_ros.evaluation.accuracy_page.tables import MEASURES, accuracy_table, trajectory_table

TOP1, HEADING = MEASURES[0], MEASURES[-1]
OURS = Row("san_francisco", "paper", "ours", 46596, 1500, 0, "abc", {
    "top1": Estimate(61.0, (58.0, 64.0), 1.0), "heading_deg": Estimate(3.0), "t80": Estimate(70.0, None, 0.02)
})  # fmt: skip
THEIRS = replace(OURS, method="paper", measures={
    "top1": Estimate(40.0, (38.0, 42.0), 1.0), "heading_deg": Estimate(9.0), "t80": Estimate(40.0, None, 0.02)
})  # fmt: skip


def test_the_best_of_a_column_is_marked_with_its_interval() -> None:
    table = accuracy_table([OURS, THEIRS], TOP1)
    assert '<td class="best">61.0<small>58.0 – 64.0</small></td>' in table and table.count("best") == 1


def test_of_headings_the_smallest_error_is_best() -> None:
    assert '<td class="best">3.0°</td>' in accuracy_table([OURS, THEIRS], HEADING)


def test_equal_ones_are_both_best() -> None:
    assert accuracy_table([OURS, replace(OURS, method="paper")], TOP1).count('class="best"') == 2


def test_published_figures_stand_beside_and_are_never_the_best() -> None:
    table = accuracy_table([replace(THEIRS, measures={"top1": Estimate(20.0)})], TOP1)
    assert '<td class="published">51.4</td>' in table and '<td class="best">20.0</td>' in table


def test_other_cities_were_not_published() -> None:
    assert "51.4" not in accuracy_table([replace(THEIRS, city="kyoto")], TOP1)


def test_places_queries_chance_seed_and_commit_are_said() -> None:
    table = accuracy_table([OURS], TOP1)
    for said in ("46\u202f596 places", "seed 0", "commit abc", "1\u202f500 queries", "<td>1.0</td>"):
        assert said in table


def test_a_column_of_fewer_queries_says_so() -> None:
    table = accuracy_table([OURS, replace(OURS, condition="images", count=300)], TOP1)
    assert "1\u202f500 queries" in table and "rendered, ±5°; 300 queries" in table


def test_what_a_method_does_not_have_is_a_dash() -> None:
    stale = replace(OURS, condition="stale30")
    assert "<td>–</td>" in accuracy_table([OURS, THEIRS, stale], TOP1)


def test_trajectories_show_published_ones_of_the_same_length() -> None:
    table = trajectory_table([OURS, THEIRS])
    assert '<td class="published">42.8</td>' in table and "0.02" in table
    assert "42.8" not in trajectory_table([replace(THEIRS, condition="stale30")])


def test_names_are_escaped() -> None:
    row = replace(OURS, city="<em>", method="<i>", commit="<u>", condition="<s>")
    for table in (accuracy_table([row], TOP1), trajectory_table([row])):
        assert not any(tag in table for tag in ("<Em>", "<em>", "<i>", "<u>", "<s>"))
