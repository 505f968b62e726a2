"""Numbers in the README and the findings are those of the tables, and none is typed by hand."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from facts import best, ranked_names, reliability
from former import components
from frames import Frames
from pages import MarkError, fill, run, unmarked

from sslbench.tables.columns import TABLES

ROOT = Path(__file__).resolve().parents[2]
# what may stand in the text: sources, versions, the level of intervals, and names
ALLOWED = r"^\d\. |arXiv[ :]\d{4}\.\d{5}|95 %|Python 3\.11|Apache 2\.0|I\([^)]*\)|float64|\bL2\b|R@1/5/10|\bview [12]\b"


def test_every_page_says_what_the_tables_say():
    """Mended by `python docs/fill`."""
    assert [str(d) for d in run(ROOT, check=True)] == []


@pytest.mark.parametrize("page", ["README.md", "docs/findings.md"])
def test_no_number_is_typed_by_hand(page):
    assert list(unmarked((ROOT / page).read_text("utf-8"), ALLOWED)) == []


def test_a_typed_number_is_found():
    text = "of <!--= targets() -->6<!--/--> and `--seeds 5`, [a](b2.md)\n```\n3\n```\nthen x2 rank, arXiv 2303.00633"
    assert list(unmarked(text, ALLOWED)) == [(5, "x2")]


def stored(results: Path, name: str, rows: list[dict]) -> None:
    """A table with these rows; columns that they lack are empty."""
    frame = pd.DataFrame(rows, columns=TABLES[name].columns)
    (results / "tables").mkdir(parents=True, exist_ok=True)
    frame.to_csv(results / "tables" / f"{name}.csv", index=False)


def target(task: str, ranked: bool, name: str = "class") -> dict:
    return {"task": task, "target": name, "modality": "vision", "ranked": ranked}


def row(method: str, rank: int, best: bool, labels: bool = False) -> dict:
    return {"board": "vision", "method": method, "rank": rank, "best": best, "uses_labels": labels}


def test_a_page_that_differs_is_named_by_line_and_mended(tmp_path):
    stored(tmp_path / "results", "targets", [target("a", True), target("b", False)])
    (tmp_path / "docs").mkdir()
    page = tmp_path / "README.md"
    page.write_text("# A\n\nOf <!--= targets() -->2<!--/--> targets <!--= ranked(vision) -->2<!--/--> rank.\n")
    assert [str(d) for d in run(tmp_path, check=True)] == ["README.md:3: says '2', the tables say '1'"]
    run(tmp_path, check=False)
    assert "targets <!--= ranked(vision) -->1<!--/--> rank" in page.read_text() and not run(tmp_path, check=True)


def test_what_is_said_follows_the_rows(tmp_path):
    stored(tmp_path, "targets", [target("a", True), target("b", True, "x"), target("b", False, "y")])
    rows = [row("vicreg", 3, True), row("byol", 1, True), row("mae", 4, False), row("supervised", 2, True, True)]
    stored(tmp_path, "leaderboard", rows)
    stored(
        tmp_path, "reliability", [{"board": "vision", "over": "tasks", "reliability": 0.8, "low": -0.1, "high": 0.9}]
    )
    frames = Frames(tmp_path)
    assert ranked_names(frames, "vision") == "`a`, `b, x`" and best(frames, "vision") == "`byol`, `vicreg`"
    assert reliability(frames, "vision", "tasks") == "0.80 [−0.10, 0.90]"
    assert best(frames, "pairs") == "no target is ranked yet" and reliability(frames, "vision", "runs").endswith("yet")


def test_a_table_of_an_earlier_protocol_has_no_rows(tmp_path):
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "leaderboard.csv").write_text("board,method,rank\nvision,byol,1\n")
    assert best(Frames(tmp_path), "vision") == "no target is ranked yet"


@pytest.mark.parametrize(
    "text, words",
    [
        ("x <!--= tragets() --><!--/-->", "p.md:1: no function 'tragets'; there are: best"),
        ("x <!--= targets() -->3", "not closed"),
        ("x\n<!--= targets() --><!--/-->", "p.md:2: targets must not begin a line"),
        ("x <!--= headroom() --><!--/-->", "must begin its line"),
        ("x <!--= reliability(vision) --><!--/-->", "cannot be read from the tables"),
    ],
)
def test_a_wrong_mark_is_named(tmp_path, text, words):
    with pytest.raises(MarkError) as caught:
        fill("p.md", text, Frames(tmp_path))
    assert words in str(caught.value)


def test_the_spread_of_the_former_results_is_that_of_a_crossed_design():
    """Recovers the parts that random tables are made of: 400 methods, 12 targets, 3 runs."""
    rng = np.random.default_rng(0)
    x = 0.5 * rng.normal(size=(400, 1, 1)) + 0.3 * rng.normal(size=(400, 12, 1)) + 0.1 * rng.normal(size=(400, 12, 3))
    across = pd.MultiIndex.from_product([["a"], range(12), range(3)], names=["task", "target", "run"])
    found = components(pd.DataFrame((x + rng.normal(size=(12, 3))).reshape(400, -1), columns=across))
    want = 0.25 / (0.25 + 0.09 / 12 + 0.01 / 36)
    assert found == pytest.approx({"method": 0.5, "method × task": 0.3, "residual": 0.1, "reliability": want}, rel=0.1)
