"""Targets, gaps and boards on synthetic records: what ranks, why not, and what another record may move."""

import numpy as np
import pytest
from synthetic import CORE, IDENTITY, LEVELS, cell, run, store, suite, task_card

from sslbench.config import REFERENCES
from sslbench.errors import StorageError
from sslbench.records import AssumptionRecord
from sslbench.tables import build_tables

TASKS = ("a", "b", "c")


def rng(seed=0):
    return np.random.default_rng(seed)


def reason(folder, records, **more):
    store(folder, records, **more)
    row = build_tables(folder).targets.iloc[0]
    return bool(row["ranked"]), row["reason"]


def test_a_target_with_headroom_converged_and_complete_is_ranked_and_its_gaps_are_the_levels(tmp_path):
    store(tmp_path, suite(rng(), TASKS), converged=TASKS)
    tables = build_tables(tmp_path)
    row = tables.targets.set_index("task").loc["a"]
    assert row["ranked"] and row["reason"] == "" and row["control"] == "raw-input" and row["converged"] == "yes"
    assert row["headroom"] == pytest.approx(1.0, abs=0.02) and row["test_rows"] == 1250 and row["methods"] == 8
    assert row["residual_sd"] == pytest.approx(0.02, rel=0.25), "the fold effect of .05 is no residual"
    gaps = tables.gaps.query("task == 'a'").set_index("method")
    for method in CORE:
        assert gaps.loc[method, "gap"] == pytest.approx(LEVELS[method] - 1.0, abs=0.05)
    assert gaps.loc[["raw-input", "supervised"], ["gap", "low", "high"]].to_numpy().tolist() == [[0.0] * 3, [1.0] * 3]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"moved": 0.1}, "not converged: doubling the steps moves"),
        ({"converged": ()}, "was not measured for this card"),
        ({"identity": "another.1"}, "was not measured for this card"),
    ],
)
def test_a_budget_that_has_not_converged_is_not_ranked(tmp_path, change, words):
    ranked, why = reason(tmp_path, suite(rng(), "a"), **({"converged": "a"} | change))
    assert not ranked and words in why


def test_every_reason_not_to_rank_is_said_with_its_numbers(tmp_path):
    def say(name, records, **more):
        (tmp_path / name).mkdir()
        ranked, why = reason(tmp_path / name, records, converged="a", **more)
        assert not ranked
        return why

    assert say("headroom", suite(rng(), "a", noise=0.5)).startswith("supervised is ")
    alike = [r for m in CORE for r in cell(rng(1), m, "a", LEVELS.get(m) if m not in REFERENCES else 1.5)]
    assert say("alike", alike).startswith("the reference methods do not differ: F = ")
    assert say("rows", suite(rng(), "a", n=10)) == "50 test rows, and 1000 are needed over all folds"
    few = {"a": task_card(folds=2, inits=2)}
    assert say("runs", suite(rng(), "a", folds=2, n=900), tasks=few) == "4 runs per cell, at least 5 are needed"
    fixed = {"a": task_card(folds=1, inits=3, kind="fixed")}
    assert say("fixed", suite(rng(), "a", folds=1, inits=3, n=1500), tasks=fixed) == (
        "1500 test rows, and 2000 are needed in a fixed test set"
    )
    missing = [r for r in suite(rng(), "a") if r.method != "pca" and (r.method, r.fold, r.init) != ("byol", 3, 1)]
    assert say("missing", missing) == "of 10 runs there are: pca 0, byol 9"


def test_boards_rank_by_the_gap_and_list_incomplete_methods_unranked(tmp_path):
    records = [*suite(rng(), TASKS), *cell(rng(1), "partial", "b", 1.9), *cell(rng(2), "broken", "a", 1.9)[:-1]]
    tasks = {"a": task_card(), "b": task_card("pairs"), "c": task_card("pairs")}
    store(tmp_path, records, tasks, converged=TASKS)
    board = build_tables(tmp_path).leaderboard.set_index(["board", "method"])
    overall = board.loc["overall"]
    assert overall.index[:3].tolist() == ["supervised", "jepa", "mae"] and overall["rank"].iloc[:3].tolist() == [
        1,
        2,
        3,
    ]
    assert overall["best"][overall["best"]].index.tolist() == ["jepa"], "of rows without labels, noise is far below .1"
    assert overall.loc["jepa", "low"] < 0.9 < overall.loc["jepa", "high"] and overall.loc["mae", "more_targets"] == 0
    for method, covered in (("partial", 1), ("broken", 0)):
        row = overall.loc[method]
        assert np.isnan(row["gap"]) and not row["best"] and (row["targets"], row["of_targets"]) == (covered, 3)
    assert set(board.loc["vision"].index) == {*CORE, "broken"} and board.loc["vision", "low"].isna().all()
    assert "tabular" not in board.index


def test_boards_by_redundancy_need_one_direction_violated_or_all_to_hold(tmp_path):
    found = {"a": ("violated", "undecided"), "b": ("holds", "holds"), "c": ("holds", "undecided")}
    verdicts = [
        AssumptionRecord(
            **{"assumption": f"redundancy-{i}", "task": task, "target": "y", "status": "ok", "verdict": verdict},
            **{"protocol": "standard", "identity": IDENTITY},
        )
        for task, directions in found.items()
        for i, verdict in enumerate(directions, 1)
    ]
    store(tmp_path, [*suite(rng(), TASKS), *verdicts], converged=TASKS)
    tables = build_tables(tmp_path)
    board = tables.leaderboard.query("method == 'jepa'").set_index("board")["gap"]
    own = tables.gaps.query("method == 'jepa'").set_index("task")["gap"]
    for task, name in (("a", "violated"), ("b", "holds"), ("c", "undecided")):
        assert board[f"redundancy-{name}"] == pytest.approx(own[task])


def test_without_a_ranked_target_a_board_has_bits_and_no_gap(tmp_path):
    store(tmp_path, [run(m, "a", 0, 0, 1.5, protocol="quick") for m in CORE])
    board = build_tables(tmp_path).leaderboard
    assert board["gap"].isna().all() and board["rank"].isna().all() and (board["bits"] == 1.5).all()
    assert (board["of_targets"] == 0).all()


@pytest.mark.parametrize("seed", range(3))
def test_another_record_moves_no_other_row(tmp_path, seed):
    """Further runs, methods, tasks outside the suite: gap, interval, bits of every other row stay to the last digit."""
    draw = rng(seed)
    tasks = {t: task_card() for t in ("digits", "textures", "fair")}  # of the core suite, so it fixes the boards
    before = suite(draw, tasks)
    extra = [run(draw.choice(CORE), draw.choice([*tasks]), int(draw.integers(5)), 2, draw.normal()) for _ in range(3)]
    extra += cell(draw, "new", draw.choice([*tasks]), draw.normal())[: draw.integers(1, 11)]
    extra += cell(draw, draw.choice(CORE), "outside", draw.normal())
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    store(tmp_path / "one", before, tasks, converged=tasks)
    order = draw.permutation(len(extra))
    store(tmp_path / "two", [*before, *(extra[i] for i in order)], tasks | {"outside": task_card()}, converged=tasks)
    old, new = build_tables(tmp_path / "one"), build_tables(tmp_path / "two")
    columns = ["gap", "low", "high", "bits", "accuracy", "targets", "of_targets", "runs"]
    for board, rows in old.leaderboard.set_index(["board", "method"]).groupby("board"):
        now = new.leaderboard.set_index(["board", "method"]).loc[rows.index]
        assert rows[columns].equals(now[columns]), board
    same = new.targets[new.targets["task"].isin(tasks)].reset_index(drop=True)
    assert old.targets.equals(same)


def test_reliability_is_high_where_methods_differ_and_unknown_with_one_task(tmp_path):
    tasks = {"a": task_card(), "b": task_card("pairs"), "c": task_card("pairs")}
    store(tmp_path, suite(rng(), TASKS), tasks, converged=TASKS)
    found = build_tables(tmp_path).reliability.set_index(["board", "over"])
    assert found.loc[("overall", "tasks"), "reliability"] > 0.99 and found.loc[("overall", "runs"), "low"] > 0.99
    assert np.isnan(found.loc[("vision", "tasks"), "reliability"]) and found.loc[("vision", "tasks"), "methods"] == 11


def test_a_convergence_file_that_is_none_is_said(tmp_path):
    store(tmp_path, [run("jepa", "a", 0, 0, 1.0)])
    (tmp_path / "convergence.csv").write_text("task,steps\na,100\n")
    with pytest.raises(StorageError, match=r"convergence\.csv lacks the columns identity, .*measure again"):
        build_tables(tmp_path)
