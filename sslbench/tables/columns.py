"""What the tables are made of: every column declared once, and which columns each table has. Read by pages too."""

from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True)
class Column:
    """A column: its name in files, its heading on pages, its unit, its decimals on pages (None: words or counts)."""

    name: str
    title: str
    unit: str = ""  # "unit": as the row's column of that name says
    digits: int | None = None


COLUMNS: dict[str, Column] = {
    c.name: c
    for c in (
        Column("track", "Track"),
        Column("task", "Task"),
        Column("method", "Method"),
        Column("target", "Target"),
        Column("readout", "Read from"),
        Column("probe", "Probe"),
        Column("metric", "Metric"),
        Column("labels", "Labels"),
        Column("over", "Control"),
        Column("assumption", "Assumption"),
        Column("world", "World"),
        Column("board", "Board"),
        Column("value", "Value", "unit", 3),
        Column("low", "95 % interval, low", "unit", 3),
        Column("high", "95 % interval, high", "unit", 3),
        Column("runs", "Runs"),
        Column("test_rows", "Test rows"),
        Column("unit", "Unit"),
        Column("direction", "Better"),
        Column("chance", "Chance", "unit", 3),
        Column("ceiling", "Ceiling", "unit", 3),
        Column("status", "Status"),
        Column("reason", "Reason"),
        Column("runs_ok", "Finished runs"),
        Column("candidates", "Candidates"),
        Column("seconds_per_run", "Seconds per run", "core-seconds", 2),
        Column("pretrain_seconds", "Pretraining", "core-seconds", 2),
        Column("probe_seconds", "Probes", "core-seconds", 2),
        Column("samples_per_second", "Items per second", "items/second", 0),
        Column("peak_mib", "Peak MiB", "MiB", 0),
        Column("utilisation", "Utilisation", "share", 2),
        Column("placement", "Placement"),
        Column("verdict", "Verdict"),
        Column("tolerance", "Tolerance", "unit", 3),
        Column("n", "Rows"),
        Column("estimator", "Estimator"),
        Column("detectable", "Detectable", "unit", 3),
        Column("power", "Power"),
        Column("note", "Note"),
        Column("dim", "Columns"),
        Column("truth", "Truth", "unit", 3),
        Column("trials", "Trials"),
        Column("right", "Right"),
        Column("undecided", "Undecided"),
        Column("wrong", "Wrong"),
        Column("wrong_high", "Wrong, 95 % bound", "share", 3),
        Column("false_alarms", "False alarms"),
        Column("covered", "Covered", "share", 2),
        Column("bias", "Bias", "unit", 3),
        Column("seconds", "Seconds", "core-seconds", 2),
        Column("gap", "Gap closed", "share", 3),
        Column("best", "Not distinguishable from the best"),
        Column("rank", "Rank"),
        Column("mean_rank", "Mean rank", "", 2),
        Column("bits", "Bits", "bits", 3),
        Column("accuracy", "Accuracy", "share", 3),
        Column("tasks", "Tasks"),
        Column("targets", "Targets"),
        Column("of_targets", "Of targets"),
        Column("more_targets", "Further targets that would separate it from the best"),
        Column("more_runs", "Further runs that would separate it from the best"),
        Column("modality", "Modality"),
        Column("control", "Best untrained control"),
        Column("control_bits", "Bits of that control", "bits", 3),
        Column("supervised_bits", "Bits with labels", "bits", 3),
        Column("residual_sd", "Residual SD", "bits", 4),
        Column("headroom", "Headroom", "bits", 3),
        Column("headroom_sds", "Headroom in residual SDs", "", 1),
        Column("f", "F over methods", "", 1),
        Column("p", "p of that F", "", 4),
        Column("reliability", "Reliability", "share", 2),
        Column("methods", "Methods"),
        Column("converged", "Converged"),
        Column("ranked", "Ranked"),
        Column("steps", "Steps"),
        Column("bits_doubled", "Bits at twice the steps", "bits", 3),
        Column("moved", "Moved", "bits", 4),
        Column("spearman", "Order kept (Spearman)", "", 2),
        Column("least_spearman", "Least that passes", "", 2),
        Column("largest", "Largest move in residual SDs", "", 2),
        Column("of_gap", "Largest move as a share of the headroom", "", 2),
        Column("passed", "Passed"),
        Column("identity", "Identity"),
        Column("rows", "Rows"),
        Column("groups", "Groups"),
        Column("streams", "Streams"),
        Column("classes", "Classes"),
        Column("rarest", "Rows of the rarest class"),
        Column("chance_accuracy", "Chance accuracy", "share", 3),
        Column("entropy", "Bits of the label", "bits", 3),
        Column("data", "Data digest"),
        Column("of", "Digest of what the card asks of its data"),
        Column("title", "Title"),
        Column("family", "Family"),
        Column("uses_labels", "Uses labels"),
        Column("view", "View"),
        Column("strength", "Strength", "", 2),
        Column("item", "Label information of the item", "nats", 3),
        Column("survival", "Survival of the label", "share", 3),
        Column("survival_low", "Survival, low", "share", 3),
        Column("survival_high", "Survival, high", "share", 3),
        Column("flip_rate", "Classes changed", "share", 3),
        Column("shared", "Shared by two views", "nats", 2),
        Column("shared_low", "Shared, low", "nats", 2),
        Column("shared_high", "Shared, high", "nats", 2),
        Column("supported", "Supported"),
    )
}


@dataclass(frozen=True)
class Layout:
    """A table's columns: the keys that name a row and sort the rows, then its values."""

    keys: tuple[str, ...]
    values: tuple[str, ...]
    digits: int = 6  # significant ones in the CSV file
    by_track: bool = True  # whether the track is its first column

    @property
    def columns(self) -> list[str]:
        """The names of all columns but the track."""
        return [COLUMNS[c].name for c in (*self.keys, *self.values)]

    def frame(self, rows: list) -> pd.DataFrame:
        """The rows (tuples in the order of `columns`, or dicts) as a sorted frame; a dict may lack columns."""
        return pd.DataFrame(rows, columns=self.columns).sort_values(list(self.keys), ignore_index=True)


INTERVAL = ("value", "low", "high")
COSTS = ("seconds_per_run", "pretrain_seconds", "probe_seconds", "samples_per_second", "peak_mib", "utilisation")
TABLES: dict[str, Layout] = {
    "scores": Layout(
        ("task", "method", "target", "readout", "probe", "metric", "labels"),
        (*INTERVAL, "runs", "test_rows", "unit", "direction", "chance", "ceiling"),
    ),
    "cells": Layout(("task", "method"), ("status", "reason", "runs_ok", "candidates", *COSTS, "placement")),
    "gains": Layout(("task", "target", "method", "over"), (*INTERVAL, "runs", "unit")),
    "assumptions": Layout(
        ("task", "target", "assumption"),
        ("verdict", *INTERVAL, "tolerance", "unit", "n", "estimator", "detectable", "power", "note"),
        by_track=False,
    ),
    "metrics": Layout(("task", "method", "target", "metric"), (*INTERVAL, "runs", "unit"), digits=4),
    "metric_verdicts": Layout(
        ("task", "method", "target", "assumption"), ("verdict", "metric", *INTERVAL, "runs"), digits=4
    ),
    "calibration": Layout(
        ("assumption", "world", "n", "dim"),
        (
            *("truth", "trials", "right", "undecided", "wrong", "wrong_high"),
            *("false_alarms", "covered", "bias", "seconds"),
        ),
        by_track=False,
    ),
    "leaderboard": Layout(
        ("board", "method"),
        (
            *("gap", "low", "high", "best", "rank", "mean_rank", "bits", "accuracy", "targets", "of_targets", "runs"),
            *("more_targets", "more_runs", "title", "family", "uses_labels"),
        ),
    ),
    "targets": Layout(
        ("task", "target"),
        (
            *("modality", "control", "control_bits", "supervised_bits", "residual_sd", "headroom", "headroom_sds"),
            *("f", "p", "reliability", "methods", "runs", "test_rows", "converged", "ranked", "reason"),
        ),
        by_track=False,  # the default track decides for all
    ),
    "gaps": Layout(("task", "target", "method"), ("gap", "low", "high", "runs", "bits", "ranked")),
    "reliability": Layout(("board", "over"), ("reliability", "low", "high", "targets", "methods", "runs")),
    "convergence": Layout(
        ("task", "target", "method"),
        (
            *("steps", "bits", "bits_doubled", "moved", "runs", "residual_sd"),
            *("spearman", "least_spearman", "largest", "of_gap", "passed", "identity"),
        ),
        by_track=False,
    ),
    "cost": Layout(("method",), ("tasks", *COSTS)),
    "facts": Layout(
        ("task", "target"),
        (
            *("rows", "test_rows", "groups", "streams"),
            *("classes", "rarest", "chance_accuracy", "entropy", "data", "of"),
        ),
        by_track=False,
    ),
    "sweep": Layout(
        ("task", "target", "view", "strength"),
        (
            *("verdict", *INTERVAL, "tolerance", "unit", "power", "item", "survival", "survival_low", "survival_high"),
            *("flip_rate", "shared", "shared_low", "shared_high", "supported", "n"),
        ),
        by_track=False,
    ),
}
