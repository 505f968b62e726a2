"""The sentences of the first page say what the tables say, and that nothing is shown where nothing is."""

from dataclasses import replace

import pandas as pd
import pytest

from sslbench.site.answers import answers, between, keep_or_compress, keeping_gains
from sslbench.site.boards import boards
from sslbench.tables import build_tables


@pytest.fixture(scope="module")
def tables(made_results):
    return build_tables(made_results)


def by_question(tables):
    return {a.about: a for a in answers(boards(tables), tables)}


def test_each_kind_of_data_has_its_best_method_or_why_there_is_none(tables):
    found = by_question(tables)
    board = tables.leaderboard[(tables.leaderboard["board"] == "vision") & tables.leaderboard["best"].astype(bool)]
    best = board.sort_values("rank").iloc[0]
    assert found["Images"].shown and found["Images"].text.startswith(
        f"{best['method'].upper()} closes {best['gap']:.2f} ["
    )
    assert f"on {best['of_targets']} targets" in found["Images"].text
    assert not found["Tables"].shown and "none of 1 targets ranks methods yet, most often as" in found["Tables"].text


def test_what_was_not_measured_is_not_shown(tables):
    found = by_question(tables)
    assert not found["Where redundancy holds"].shown and not found["Where redundancy is violated"].shown
    assert found["In worlds"].text == "2 violated, 0 holds, 1 undecided, of 3 verdicts"


def test_keeping_is_compared_with_compressing_target_by_target(tables):
    rows = [
        ("halves", "y", "simclr-keep", 0.9, True),
        ("halves", "y", "simclr-compress", 0.4, True),
        ("halves", "y", "byol-keep", 0.6, True),
        ("halves", "y", "byol-compress", 0.3, True),
        ("halves", "y", "vicreg-keep", 5.0, True),
        ("photos", "y", "simclr-keep", 9.0, False),
        ("photos", "y", "simclr-compress", 0.0, False),
    ]
    gaps = pd.DataFrame(rows, columns=["task", "target", "method", "gap", "ranked"])
    assert keeping_gains(gaps) == {("halves", "y"): pytest.approx(0.4)}
    found = next(keep_or_compress(replace(tables, gaps=gaps)))
    assert found.shown and found.text.startswith("keeping closes +0.40 (no interval) more of the gap")


def test_a_share_is_written_with_its_sign_and_its_interval():
    assert between({"gap": -0.104, "low": -0.3, "high": 0.1}) == "−0.10 [−0.30, 0.10]"
    assert between({"gap": 0.2, "low": float("nan"), "high": float("nan")}, True) == "+0.20 (no interval)"
