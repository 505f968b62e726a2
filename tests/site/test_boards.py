"""What the pages say of ranks: who ranks where, why a target does not, how far an order can be trusted."""

import re
from dataclasses import replace
from html import unescape

import pandas as pd
import pytest

from sslbench.records.protocols import LeftOut
from sslbench.site.boards import boards
from sslbench.site.build import build_site, interval, number
from sslbench.tables import build_tables


@pytest.fixture(scope="module")
def tables(made_results):
    return build_tables(made_results)


def section(site, board):
    """The text of a board's part of the first page."""
    page = (site / "index.html").read_text()
    return re.search(f'<section aria-labelledby="board-{board}">.*?</section>', page, re.DOTALL)[0]


def lines(text):
    """(method, rest of the row) of every row of the tables in a text."""
    return re.findall(r'<th scope="row"><a href="methods/([a-z-]+).html">(.*?)</tr>', text, re.DOTALL)


def test_a_board_ranks_by_gap_closed_and_marks_what_is_not_told_from_the_best(site, tables):
    rows = tables.leaderboard[tables.leaderboard["board"] == "vision"].astype({"rank": float}).to_dict("records")
    shown = lines(section(site, "vision"))
    assert [m for m, _ in shown] == [r["method"] for r in rows] and 1 < sum(r["best"] for r in rows) < 5
    for row, (_, text) in zip(rows, shown, strict=True):
        assert ("the best<" in text or "not distinguishable<" in text) == row["best"]
        assert (interval(row, 2, "gap") if row["rank"] >= 1 else "not ranked") in text


def test_a_method_says_where_it_stands(site):
    text = (site / "methods" / "jepa.html").read_text()
    assert "rank 2 of 12, not distinguishable from the best" in text
    assert "not ranked, 1 of 3 targets" in (site / "methods" / "late.html").read_text()


def test_a_board_without_a_ranked_target_shows_the_reason_and_no_ranks(site):
    text = section(site, "tabular")
    assert "No target of this board is ranked" in text and "bits above pca" in text
    assert "<table" not in text and "trust" not in text


def test_a_board_says_how_far_it_is_and_how_far_to_trust_it(site, tables):
    text = section(site, "overall")
    assert "So far all runs are in for 1 of 5 tasks" in text
    for row in tables.reliability[tables.reliability["board"] == "overall"].to_dict("records"):
        assert f"(reliability {row['reliability']:.2f} [{row['low']:.2f}, {row['high']:.2f}])" in text
    assert "not known, as it takes ranked targets on two tasks" in section(site, "pairs")
    assert "version" in (site / "index.html").read_text()


@pytest.mark.parametrize(
    ("value", "words"), [(0.95, "nearly the same"), (0.7, "much the same"), (0.2, "do not choose")]
)
def test_the_words_for_a_reliability_follow_its_number(tables, value, words):
    overall = boards(replace(tables, reliability=tables.reliability.assign(reliability=value)))[0]
    assert len(overall.trust) == 2 and all(words in sentence for sentence in overall.trust)


def test_what_would_tell_a_row_from_the_best_is_said(tables):
    needed = tables.leaderboard.assign(best=tables.leaderboard["method"].isin(["jepa", "mae", "swav"]))
    needed["more_targets"] = pd.array([4 if m == "mae" else pd.NA for m in needed["method"]], "Int64")
    needed["more_runs"] = pd.array([1 if m == "mae" else pd.NA for m in needed["method"]], "Int64")
    overall = boards(replace(tables, leaderboard=needed))[0]
    assert overall.closest == "about 4 further targets or 1 further run would tell mae from jepa."
    assert set(overall.apart) == {"mae"}


def test_every_target_is_on_its_pages_with_its_numbers_or_the_reason(site, tables):
    for row in tables.targets.to_dict("records"):
        for page in ("targets.html", f"tasks/{row['task']}.html"):
            text = unescape((site / page).read_text())
            assert row["reason"] in text and row["control"] in text
            for column in ("control_bits", "supervised_bits", "headroom", "residual_sd"):
                assert number(row[column]) in text, (page, column)
    assert (site / "targets.html").read_text().count(">ranked<") == tables.targets["ranked"].sum() == 3


def test_a_task_shows_convergence_label_budgets_and_gaps(site, tables):
    for task in ("photos", "short"):
        text = (site / "tasks" / f"{task}.html").read_text()
        assert (">not converged<" in text) == (task == "short")
        for row in tables.convergence[tables.convergence["task"] == task].to_dict("records"):
            assert number(row["bits_doubled"]) in text and number(row["moved"]) in text
        for row in tables.gaps[tables.gaps["task"] == task].to_dict("records"):
            assert interval(row, 2, "gap") in text
        mine = tables.scores[(tables.scores["task"] == task) & tables.scores["metric"].isin(["bits", "accuracy"])]
        assert set(mine["labels"]) == {"all", "10 %", "5 per class"}
        assert all(interval(row) in text for row in mine.to_dict("records"))


def test_a_verdict_without_power_shows_no_value(tables, tmp_path):
    power = ["no power" if t == "photos" else "yes" for t in tables.assumptions["task"]]
    verdicts = tables.assumptions.assign(power=power)
    build_site(replace(tables, assumptions=verdicts), tmp_path)
    for page in ("assumptions.html", "tasks/photos.html"):
        row = re.search(r"undecided</span></td>.*?</tr>", (tmp_path / page).read_text(), re.DOTALL)[0]
        assert "no power" in row and "nats" not in row and number(-0.01) not in row
    assert "photos" not in (tmp_path / "figures" / "assumptions.svg").read_text()


def test_a_board_of_few_targets_says_so_first(site, tables):
    by_name = {b.name: b.few for b in boards(tables)}
    assert (
        "one ranked target" in by_name["pairs"] and "2 ranked targets" in by_name["vision"] and not by_name["tabular"]
    )
    text = section(site, "vision")
    assert 0 < text.index(by_name["vision"]) < text.index("<table")
    many = tables.targets.assign(ranked=True)
    assert len(many) >= 4 and boards(replace(tables, targets=many))[0].few == ""


def test_records_that_are_left_out_are_said_on_every_page(tables, tmp_path):
    gone = LeftOut("2 of 9 records are <old>", "sed /home/me")
    build_site(replace(tables, left_out=gone), tmp_path)
    for page in ("index.html", "about.html", "tasks/photos.html"):
        text = (tmp_path / page).read_text()
        assert "2 of 9 records are &lt;old&gt;" in text and "/home/me" not in text
