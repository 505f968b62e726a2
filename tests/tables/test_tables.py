"""Records -> tables: the right numbers, the last record counts, and only complete methods are ranked."""

import json

import numpy as np
import pandas as pd
import pytest
from synthetic import task_card

from sslbench.errors import StorageError
from sslbench.files import write_file
from sslbench.records import AssumptionRecord, Identity, RunRecord, Score, Writer
from sslbench.tables import build_tables, write_tables
from sslbench.tables.columns import COLUMNS, TABLES
from sslbench.tables.metrics import metric_verdicts_table

IDENTITY = Identity(digest="d", method="m", task="t", data="x", split="s", protocol="p")
RNG = np.random.default_rng(0)


def run(method, task, fold, bits, **more):
    scores = tuple(
        Score(
            target="y",
            readout=readout,
            probe=probe,
            metric=metric,
            value=value,
            se=0.1,
            n=50,
            chance=0.0 if metric == "bits" else 0.5,
            ceiling=1.0,
        )
        for readout, probe, metric, value in (
            ("joint", "linear", "bits", bits),
            ("joint", "linear", "accuracy", 0.9),
            ("left", "linear", "bits", 9.0),
            ("joint", "knn", "accuracy", 0.8),
        )
    )
    fields = {
        "method": method,
        "task": task,
        "fold": fold,
        "init": 0,
        "status": "ok",
        "protocol": "standard",
        "identity": IDENTITY,
        "scores": scores,
        "seconds": {"probe": 1.0},
        "peak_mib": 5.0,
    }
    return RunRecord(**(fields | more))


def store(folder, records, modalities=None):
    with Writer(folder) as writer:
        writer.append(records)
    tasks = {t: task_card(m, folds=3, inits=1) for t, m in (modalities or {"a": "vision", "b": "pairs"}).items()}
    methods = {
        r.method: {"title": r.method, "family": "control", "uses_labels": False}
        for r in records
        if isinstance(r, RunRecord)
    }
    (folder / "cards.json").write_text(json.dumps({"methods": methods, "tasks": tasks, "assumptions": {}}))


def grid(methods=("best", "worst"), tasks=("a", "b"), runs=3):
    return [
        run(m, t, s, bits=(1.0 if m == "best" else 0.5) + 0.01 * RNG.normal())
        for m in methods
        for t in tasks
        for s in range(runs)
    ]


def test_scores_hold_mean_interval_and_n(tmp_path):
    records = [run("m", "a", s, v) for s, v in enumerate([0.1, 0.2, 0.6])]
    store(tmp_path, records)
    scores = build_tables(tmp_path).scores.set_index(["readout", "probe", "metric"])
    row = scores.loc[("joint", "linear", "bits")]
    assert row["value"] == pytest.approx(0.3) and row["runs"] == 3 and row["test_rows"] == 150 and row["unit"] == "bits"
    half = 4.302653 * np.std([0.1, 0.2, 0.6], ddof=1) * np.sqrt(1 / 3 + 1 / 2)  # three folds share train rows
    assert row["value"] - row["low"] == pytest.approx(half, rel=1e-5)
    assert row["high"] == 1.0, "bits never exceed their ceiling, whatever the spread"


def test_the_last_record_of_a_run_counts(tmp_path):
    store(tmp_path, [run("m", "a", 0, 0.1), run("m", "a", 0, 0.7)])
    assert build_tables(tmp_path).scores.query("metric == 'bits' and readout == 'joint'")["value"].tolist() == [0.7]


def test_quick_results_do_not_mix_with_standard_ones(tmp_path):
    store(tmp_path, [run("m", "a", 0, 0.1), run("m", "a", 1, 0.9, protocol="quick")])
    assert build_tables(tmp_path).protocol == "standard" and len(build_tables(tmp_path).scores) == 4
    assert build_tables(tmp_path, "quick").scores.query("metric == 'bits' and readout == 'joint'")[
        "value"
    ].tolist() == [0.9]


def test_gains_are_paired_run_by_run(tmp_path):
    """Both rows vary by much over the splits, but their difference does not: the paired interval is narrow."""
    level = {0: 0.2, 1: 0.9, 2: 1.7}
    records = [run("random-encoder", "a", s, v) for s, v in level.items()]
    records += [run("m", "a", s, v + 0.3 + 0.001 * s) for s, v in level.items()]
    store(tmp_path, records)
    gains = build_tables(tmp_path).gains
    assert gains["over"].tolist() == ["random-encoder"] and gains["method"].tolist() == ["m"]
    assert gains.loc[0, "value"] == pytest.approx(0.301) and gains.loc[0, "low"] > 0.29 and gains.loc[0, "high"] < 0.31


def test_failed_cells_and_tests_keep_their_reason(tmp_path):
    failed = run("m", "a", 0, 0.1, status="failed", reason="it burst", scores=())
    verdict = AssumptionRecord(
        assumption="redundancy-1",
        target="y",
        task="a",
        status="failed",
        reason="too few rows",
        protocol="standard",
        identity=IDENTITY,
    )
    store(tmp_path, [failed, verdict])
    tables = build_tables(tmp_path)
    assert tables.cells.loc[0, ["status", "reason"]].tolist() == ["failed", "it burst"]
    assert tables.assumptions.loc[0, ["verdict", "note"]].tolist() == ["failed", "too few rows"]


def test_csv_and_parquet_agree_and_are_the_same_twice(tmp_path):
    store(tmp_path, grid())
    write_tables(tmp_path)
    files = {f.name: f.read_bytes() for f in (tmp_path / "tables").iterdir()}
    for name in TABLES:
        csv, parquet = (
            pd.read_csv(tmp_path / "tables" / f"{name}.csv"),
            pd.read_parquet(tmp_path / "tables" / f"{name}.parquet"),
        )
        assert list(csv.columns) == list(parquet.columns) and len(csv) == len(parquet)
    write_tables(tmp_path)
    assert {f.name: f.read_bytes() for f in (tmp_path / "tables").iterdir()} == files


def test_an_empty_folder_gives_empty_tables(tmp_path):
    tables = build_tables(tmp_path)
    assert tables.scores.empty and tables.leaderboard.empty and tables.assumptions.empty


def test_a_file_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "tables").write_text("in the way")
    with pytest.raises(StorageError, match=r"cannot write .*scores\.csv.*records are kept"):
        write_file(tmp_path / "tables" / "scores.csv", b"x")


def test_tracks_are_kept_apart_and_candidates_are_no_results(tmp_path):
    store(
        tmp_path,
        [
            run("m", "a", 0, 0.5),
            run("m", "a", 0, 0.6, track="tuned", candidates=4),
            run("m", "a", 0, 0.8, track="tuned", candidates=8),
            run("m", "a", 0, 0.9, track="candidate"),
        ],
    )
    tables = build_tables(tmp_path)
    assert tables.tracks == ["default", "tuned"]
    bits = tables.scores.query("metric == 'bits' and readout == 'joint'").set_index("track")["value"]
    assert bits.to_dict() == {"default": 0.5, "tuned": 0.8}  # of the larger search
    tuned = tables.of_track("tuned")
    assert set(tuned.scores["track"]) == set(tuned.leaderboard["track"]) == {"tuned"}
    assert tuned.cells["seconds_per_run"].tolist() == [8.0] and tables.cost["seconds_per_run"].tolist() == [1.0, 8.0]


def measured(method, init, metrics, bits):
    targets = {"y": {"bits-linear": bits, "bits-mlp": bits - 0.1}}
    return run(method, "a", init, bits, metric_rows=100, metrics=metrics, target_metrics=targets)


def test_metrics_are_means_over_runs_and_losses_are_paired(tmp_path):
    records = [measured("raw-input", s, {"effective-rank": 9.0}, 1.0 + s) for s in range(3)]
    records += [measured("m", s, {"effective-rank": 5.0 + s}, 0.8 + s) for s in range(3)]
    store(tmp_path, records)
    found = build_tables(tmp_path).metrics.set_index(["method", "target", "metric"])
    rank = found.loc[("m", "", "effective-rank")]
    assert rank["value"] == 6 and rank["runs"] == 3 and rank["low"] < 6 < rank["high"] and rank["unit"] == "dimensions"
    lost = found.loc[("m", "y", "bits-lost")]  # splits differ by a bit each, the loss never does
    assert lost["value"] == pytest.approx(0.2) and lost["high"] - lost["low"] < 1e-9
    assert ("raw-input", "y", "bits-lost") not in found.index


def test_sufficiency_may_lose_what_redundancy_leaves_open(tmp_path):
    lost = pd.DataFrame(
        [("a", m, "y", "bits-lost", v, v - 0.01, v + 0.01, 3, "bits") for m, v in (("k", 0.05), ("l", 0.4))]
    )
    lost.columns = TABLES["metrics"].columns
    verdicts = pd.DataFrame([("a", "y", "redundancy-1", 0.1), ("a", "y", "redundancy-2", 0.02)])
    verdicts.columns = ["task", "target", "assumption", "high"]
    rule = {"measure": "bits-lost", "holds": 0.0, "violated": 0.0, "high_is_good": False}
    cards = {"assumptions": {"sufficiency": {"threshold": rule}, "redundancy-1": {"threshold": None}}}
    found = metric_verdicts_table(lost, verdicts, cards).set_index("method")["verdict"]
    assert found.to_dict() == {"k": "holds", "l": "violated"}  # 0.1 nats are 0.144 bits
    nothing = metric_verdicts_table(lost, verdicts.iloc[:0], cards)
    assert set(nothing["verdict"]) == {"undecided"}


def test_every_table_has_its_declared_columns_and_every_column_is_used(tmp_path):
    store(tmp_path, [*grid(), measured("m", 0, {"alpha": 1.0}, 0.5)])
    for name, frame in build_tables(tmp_path).frames.items():
        layout = TABLES[name]
        assert list(frame.columns) == ["track"] * layout.by_track + layout.columns, name
    assert set(COLUMNS) == {"track"} | {c for layout in TABLES.values() for c in layout.columns}


def test_a_label_budget_is_a_row_of_its_own_and_does_not_rank(tmp_path):
    few = [s.model_copy(update={"labels": "10 %", "value": 0.01}) for s in run("m", "a", 0, 0.5).scores]
    store(tmp_path, [run("m", "a", i, 0.5, scores=(*run("m", "a", i, 0.5).scores, *few)) for i in range(2)])
    tables = build_tables(tmp_path)
    bits = tables.scores.query("metric == 'bits' and readout == 'joint'").set_index("labels")
    assert bits["value"].to_dict() == {"all": 0.5, "10 %": 0.01} and bits["runs"].to_dict() == {"all": 2, "10 %": 2}
    assert tables.leaderboard["bits"].tolist()[0] == 0.5
    assert set(tables.of_labels("all").scores["labels"]) == {"all"}


def test_taking_metrics_is_no_cost_of_a_method(tmp_path):
    store(tmp_path, [run("m", "a", 0, 0.5, seconds={"pretrain": 2.0, "probe": 1.0, "metrics": 50.0})])
    assert build_tables(tmp_path).cells["seconds_per_run"].tolist() == [3.0]
