"""Records -> tidy tables, as CSV and Parquet. Derived: rebuilt at any time, from records alone, without torch."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from sslbench.files import write_file
from sslbench.records import AssumptionRecord, RepresentationRecord, RunRecord, read_records
from sslbench.records.trials import read_trials
from sslbench.tables.board import BOARDS, leaderboard_table
from sslbench.tables.calibration import calibration_table
from sslbench.tables.premises import ASSUMPTION_COLUMNS, assumptions_table, premises_table, representations_table
from sslbench.tables.scores import MAIN_PROBES, cells_table, cost_table, gains_table, main_score, scores_table

NAMES = ("scores", "cells", "gains", "assumptions", "representations", "premises", "calibration", "leaderboard", "cost")
TRACKS = ("default", "tuned")  # published settings; or chosen on val, from equally many per method


@dataclass(frozen=True)
class Tables:
    """All derived tables of one protocol."""

    protocol: str
    scores: pd.DataFrame
    cells: pd.DataFrame
    gains: pd.DataFrame
    assumptions: pd.DataFrame
    representations: pd.DataFrame
    premises: pd.DataFrame
    calibration: pd.DataFrame
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
    mine = [r for r in records if r.protocol == protocol]
    tracks = _last_by_track([r for r in mine if isinstance(r, RunRecord)])
    seen = _last_by_track([r for r in mine if isinstance(r, RepresentationRecord) and r.status == "ok"])
    verdicts = {(r.assumption, r.task, r.target): r for r in mine if isinstance(r, AssumptionRecord)}
    cards = read_cards(results)
    assumptions = assumptions_table([verdicts[k] for k in sorted(verdicts)])
    representations = _by_track(seen, representations_table)
    return Tables(
        protocol,
        _by_track(tracks, scores_table),
        _by_track(tracks, cells_table),
        _by_track(tracks, gains_table),
        assumptions,
        representations,
        _premises(representations, assumptions, cards),
        calibration_table(read_trials(results / "calibration.csv"), cards["assumptions"]),
        _by_track(tracks, lambda runs: leaderboard_table(runs, cards)),
        _by_track(tracks, cost_table),
        cards,
    )


def _last_by_track(records: list) -> dict[str, list]:
    """The last record of every run, by track; of tuned runs those with the most candidates."""
    most = max((r.candidates for r in records), default=0)  # a search of fewer settings is not compared with it
    runs = {(r.track, r.method, r.task, r.seed): r for r in records if r.track in TRACKS and r.candidates in (0, most)}
    return {t: [runs[k] for k in sorted(runs) if k[0] == t] for t in TRACKS}


def _premises(representations: pd.DataFrame, assumptions: pd.DataFrame, cards: dict) -> pd.DataFrame:
    frames = []
    for track in TRACKS:
        rows = representations[representations["track"] == track]
        if len(rows) or track == TRACKS[0]:
            frame = premises_table(rows, assumptions, cards)
            frame.insert(0, "track", track)
            frames.append(frame)
    return pd.concat([f for f in frames if len(f)] or frames[:1], ignore_index=True)


def _by_track(tracks: dict[str, list[RunRecord]], make: Callable[[list[RunRecord]], pd.DataFrame]) -> pd.DataFrame:
    """One frame for all tracks that have a run, or an empty one; the track is the first column."""
    frames = []
    for track, runs in tracks.items():
        if runs or track == TRACKS[0]:
            frame = make(runs)
            frame.insert(0, "track", track)
            frames.append(frame)
    return pd.concat([f for f in frames if len(f)] or frames[:1], ignore_index=True)


def write_tables(results: Path, protocol: str | None = None) -> Tables:
    """Build and store tables/{scores, cells, ...}.csv and .parquet under `results`; `NAMES` lists them."""
    tables = build_tables(results, protocol)
    for name, frame in tables.frames.items():
        digits = "%.4g" if name in ("representations", "premises") else "%.6g"
        write_file(results / "tables" / f"{name}.csv", frame.to_csv(index=False, float_format=digits).encode())
        write_file(results / "tables" / f"{name}.parquet", frame.to_parquet(index=False))
    return tables


__all__ = [
    "ASSUMPTION_COLUMNS",
    "BOARDS",
    "MAIN_PROBES",
    "Tables",
    "build_tables",
    "main_score",
    "read_cards",
    "write_tables",
]
