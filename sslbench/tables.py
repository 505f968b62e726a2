"""Records -> tidy tables, as CSV and Parquet. Derived: rebuilt at any time, from records alone, without torch."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from sslbench.files import write_file
from sslbench.records import AssumptionRecord, RunRecord, read_records
from sslbench.stats import mean_interval, mean_ranks, tie_groups

UNITS = {
    "bits": "bits",
    "accuracy": "share",
    "balanced-accuracy": "share",
    "recall@1": "share",
    "recall@5": "share",
    "recall@10": "share",
}
MAIN_PROBES = ("linear", "own")  # whose bits rank a method; "own" where a reference predicts by itself
NAMES = ("scores", "cells", "gains", "assumptions", "leaderboard", "cost")
CONTROLS = ("random-encoder", "raw-input")  # what every method is compared with, seed by seed
TRACKS = ("default", "tuned")  # published settings; or chosen on val, from equally many per method
BOARDS = ("overall", "vision", "tabular", "pairs")


@dataclass(frozen=True)
class Tables:
    """All derived tables of one protocol."""

    protocol: str
    scores: pd.DataFrame
    cells: pd.DataFrame
    gains: pd.DataFrame
    assumptions: pd.DataFrame
    leaderboard: pd.DataFrame
    cost: pd.DataFrame
    cards: dict

    @property
    def tracks(self) -> list[str]:
        """The tracks that have a run, the default first."""
        return [t for t in TRACKS if (self.cells["track"] == t).any()]

    def of_track(self, track: str) -> "Tables":
        """The same tables with the rows of one track only; verdicts belong to tasks, so all of them stay."""
        rows = {n: f[f["track"] == track].reset_index(drop=True) for n, f in self.frames.items() if "track" in f}
        return replace(self, **rows)

    @property
    def frames(self) -> dict[str, pd.DataFrame]:
        """The frames by the names of their files."""
        return {name: getattr(self, name) for name in NAMES}


def read_cards(results: Path) -> dict:
    """Cards of methods, tasks and assumptions as the last run wrote them; empty where no run did."""
    file = results / "cards.json"
    empty = {"methods": {}, "tasks": {}, "assumptions": {}}
    return json.loads(file.read_text(encoding="utf-8")) if file.is_file() else empty


def build_tables(results: Path, protocol: str | None = None) -> Tables:
    """Tables from the stored records: of the standard protocol if there is any record of it, else of the quick one.

    The last record of a (track, method, task, seed) counts; of tuned runs those with the most candidates. Raises
    RecordError for a record that cannot be read.
    """
    records, _ = read_records(results)
    names = {r.protocol for r in records}
    protocol = protocol or ("standard" if "standard" in names or not names else sorted(names)[0])
    found = [r for r in records if isinstance(r, RunRecord) and r.protocol == protocol and r.track in TRACKS]
    most = max((r.candidates for r in found), default=0)  # a search of fewer settings is not compared with it
    runs = {(r.track, r.method, r.task, r.seed): r for r in found if r.candidates in (0, most)}
    verdicts = {
        (r.assumption, r.task, r.target): r
        for r in records
        if isinstance(r, AssumptionRecord) and r.protocol == protocol
    }
    cards = read_cards(results)
    tracks = {t: [runs[k] for k in sorted(runs) if k[0] == t] for t in TRACKS}
    return Tables(
        protocol,
        _by_track(tracks, _scores),
        _by_track(tracks, _cells),
        _by_track(tracks, _gains),
        _assumptions([verdicts[k] for k in sorted(verdicts)]),
        _by_track(tracks, lambda runs: _leaderboard(runs, cards)),
        _by_track(tracks, _cost),
        cards,
    )


def _by_track(tracks: dict[str, list[RunRecord]], make: Callable[[list[RunRecord]], pd.DataFrame]) -> pd.DataFrame:
    """One frame for all tracks that have a run, or an empty one; the track is the first column."""
    frames = []
    for track, runs in tracks.items():
        if runs or track == TRACKS[0]:
            frame = make(runs)
            frame.insert(0, "track", track)
            frames.append(frame)
    return pd.concat([f for f in frames if len(f)] or frames[:1], ignore_index=True)


def _scores(runs: list[RunRecord]) -> pd.DataFrame:
    """One row per cell and score: mean over seeds with its 95 % interval."""
    grouped: dict[tuple, list] = {}
    for run in runs:
        for s in run.scores:
            grouped.setdefault((run.task, run.method, s.target, s.readout, s.probe, s.metric), []).append(s)
    rows = []
    for (task, method, target, readout, probe, metric), found in grouped.items():
        mean, low, high = mean_interval([s.value for s in found], [s.se for s in found if s.se is not None] or None)
        average = lambda key, found=found: _mean([getattr(s, key) for s in found])  # noqa: E731
        rows.append(
            {
                "task": task,
                "method": method,
                "target": target,
                "readout": readout,
                "probe": probe,
                "metric": metric,
                "value": mean,
                "low": low,
                "high": high,
                "seeds": len(found),
                "test_rows": sum(s.n for s in found),
                "unit": UNITS.get(metric, ""),
                "direction": "higher",
                "chance": average("chance"),
                "ceiling": average("ceiling"),
            }
        )
    columns = [
        "task",
        "method",
        "target",
        "readout",
        "probe",
        "metric",
        "value",
        "low",
        "high",
        "seeds",
        "test_rows",
        "unit",
        "direction",
        "chance",
        "ceiling",
    ]
    return pd.DataFrame(rows, columns=columns).sort_values(columns[:6], ignore_index=True)


def _mean(values: list) -> float:
    known = [v for v in values if v is not None]
    return float(np.mean(known)) if known else float("nan")


def _cells(runs: list[RunRecord]) -> pd.DataFrame:
    """One row per cell: status, reason, what it cost. A tuned cell's seconds are those of all its candidates."""
    grouped: dict[tuple, list[RunRecord]] = {}
    for run in runs:
        grouped.setdefault((run.task, run.method), []).append(run)
    rows = []
    for (task, method), found in grouped.items():
        worst = next((s for s in ("failed", "not_applicable") if any(r.status == s for r in found)), "ok")
        fine = [r for r in found if r.status == "ok"]
        spent = lambda r, *phases: sum(r.seconds.get(p, 0.0) for p in phases or r.seconds) * max(1, r.candidates)  # noqa: E731
        rows.append(
            {
                "task": task,
                "method": method,
                "status": worst,
                "reason": next((r.reason for r in found if r.status == worst and r.reason), ""),
                "seeds_ok": len(fine),
                "candidates": max((r.candidates for r in found), default=0),
                "seconds_per_run": _mean([spent(r) for r in fine]),
                "pretrain_seconds": _mean([spent(r, "pretrain") for r in fine]),
                "probe_seconds": _mean([spent(r, "probe") for r in fine]),
                "samples_per_second": _mean([r.samples_per_second for r in fine]),
                "peak_mib": _mean([r.peak_mib for r in fine]),
                "utilisation": _mean([r.utilisation for r in fine]),
                "regime": next((r.regime for r in fine if r.regime), ""),
            }
        )
    return pd.DataFrame(rows, columns=CELL_COLUMNS).sort_values(CELL_COLUMNS[:2], ignore_index=True)


CELL_COLUMNS = [
    "task",
    "method",
    "status",
    "reason",
    "seeds_ok",
    "candidates",
    "seconds_per_run",
    "pretrain_seconds",
    "probe_seconds",
    "samples_per_second",
    "peak_mib",
    "utilisation",
    "regime",
]


def _cost(runs: list[RunRecord]) -> pd.DataFrame:
    """One row per method: what a run cost, mean over its tasks, the cheapest first."""
    cells = _cells(runs)
    fine = cells[cells["seeds_ok"] > 0]
    numbers = ["seconds_per_run", "pretrain_seconds", "probe_seconds", "samples_per_second", "peak_mib", "utilisation"]
    frame = fine.groupby("method")[numbers].mean()
    frame.insert(0, "tasks", fine.groupby("method").size())
    return frame.sort_values("seconds_per_run").reset_index()


def _gains(runs: list[RunRecord]) -> pd.DataFrame:
    """Bits over a control on the same seeds, so on the same splits: mean paired difference with its t interval."""
    bits: dict[tuple, dict[int, float]] = {}
    for run in runs:
        for s in run.scores:
            if s.metric == "bits" and s.readout == "joint" and s.probe in MAIN_PROBES:
                bits.setdefault((run.task, s.target, run.method), {})[run.seed] = s.value
    rows = []
    for (task, target, method), mine in bits.items():
        for control in CONTROLS:
            theirs = bits.get((task, target, control), {})
            seeds = sorted(set(mine) & set(theirs))
            if method == control or not seeds:
                continue
            mean, low, high = mean_interval([mine[s] - theirs[s] for s in seeds])
            row = {
                "task": task,
                "target": target,
                "method": method,
                "over": control,
                "value": mean,
                "low": low,
                "high": high,
            }
            rows.append(row | {"seeds": len(seeds), "unit": "bits"})
    columns = ["task", "target", "method", "over", "value", "low", "high", "seeds", "unit"]
    return pd.DataFrame(rows, columns=columns).sort_values(columns[:4], ignore_index=True)


ASSUMPTION_COLUMNS = [
    "task",
    "target",
    "assumption",
    "verdict",
    "value",
    "low",
    "high",
    "tolerance",
    "unit",
    "n",
    "estimator",
    "detectable",
    "note",
]


def _assumptions(verdicts: list[AssumptionRecord]) -> pd.DataFrame:
    """One row per verdict; a test that failed keeps its reason as the note."""
    rows = []
    for v in verdicts:
        row = {c: getattr(v, c) for c in ASSUMPTION_COLUMNS}
        rows.append(row | ({"verdict": "failed", "note": v.reason} if v.status != "ok" else {}))
    return pd.DataFrame(rows, columns=ASSUMPTION_COLUMNS).sort_values(
        ["task", "target", "assumption"], ignore_index=True
    )


def main_score(run: RunRecord) -> float:
    """What ranks a run: bits of the joint linear probe (or of the reference's own prediction), mean over the task's
    targets.
    """
    return _mean(
        [s.value for s in run.scores if s.metric == "bits" and s.readout == "joint" and s.probe in MAIN_PROBES]
    )


def _leaderboard(runs: list[RunRecord], cards: dict) -> pd.DataFrame:
    """Ranked methods per board. Only methods that finished every task of a board are ranked in it; the others show
    their coverage.
    """
    fine = [r for r in runs if r.status == "ok"]
    modality = {t: c["modality"] for t, c in cards["tasks"].items()}
    score = {(r.method, r.task, r.seed): main_score(r) for r in fine}
    methods = sorted({r.method for r in runs})
    rows = []
    for board in BOARDS:
        tasks = sorted({r.task for r in fine if board in ("overall", modality.get(r.task))})
        if not tasks:
            continue
        seeds = _shared_seeds(score, methods, tasks)
        complete = [m for m in methods if all((m, t, s) in score for t in tasks for s in seeds)]
        ranked = (
            _ranked(np.array([[[score[m, t, s] for s in seeds] for t in tasks] for m in complete])) if complete else {}
        )
        for i, method in enumerate(complete):
            rows.append(
                {
                    "board": board,
                    "method": method,
                    **{k: v[i] for k, v in ranked.items()},
                    "tasks": len(tasks),
                    "of_tasks": len(tasks),
                    "seeds": len(seeds),
                }
            )
        for method in methods:
            if method not in complete and (covered := sum(any((method, t, s) in score for s in seeds) for t in tasks)):
                rows.append(
                    {"board": board, "method": method, "tasks": covered, "of_tasks": len(tasks), "seeds": len(seeds)}
                )
    columns = ["board", "method", "rank", "low", "high", "group", "bits", "tasks", "of_tasks", "seeds"]
    frame = pd.DataFrame(rows, columns=columns)
    for key in ("title", "family", "uses_labels"):
        frame[key] = [cards["methods"].get(m, {}).get(key, "") for m in frame["method"]]
    frame["group"] = frame["group"].astype("Int64")
    frame["board"] = pd.Categorical(frame["board"], BOARDS)
    return frame.sort_values(["board", "rank", "method"], ignore_index=True, na_position="last").astype({"board": str})


def _shared_seeds(score: dict, methods: list[str], tasks: list[str]) -> list[int]:
    """The seeds that the most complete method has on every task: those that are compared."""
    return max(
        (sorted(set.intersection(*({s for m2, t2, s in score if (m2, t2) == (m, t)} for t in tasks))) for m in methods),
        key=len,
        default=[],
    )


def _ranked(scores: np.ndarray) -> dict[str, np.ndarray]:
    if scores.size == 0:
        return {}
    found = mean_ranks(scores)
    groups = tie_groups(found["rank"], found["beats"])
    return {
        "rank": found["rank"],
        "low": found["low"],
        "high": found["high"],
        "group": groups,
        "bits": scores.mean((1, 2)),
    }


def write_tables(results: Path, protocol: str | None = None) -> Tables:
    """Build and store tables/{scores,cells,gains,assumptions,leaderboard,cost}.csv and .parquet under `results`."""
    tables = build_tables(results, protocol)
    for name, frame in tables.frames.items():
        write_file(results / "tables" / f"{name}.csv", frame.to_csv(index=False, float_format="%.6g").encode())
        write_file(results / "tables" / f"{name}.parquet", frame.to_parquet(index=False))
    return tables
