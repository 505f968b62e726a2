"""Records -> tidy tables, as CSV and Parquet. Derived: rebuilt at any time, from records alone, without torch."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd

from sslbench.files import write_file
from sslbench.records import AssumptionRecord, RunRecord, read_cards, read_records
from sslbench.records.convergence import read_convergence
from sslbench.records.facts import read_facts
from sslbench.records.protocols import LeftOut, of_one_version
from sslbench.records.samples import TaskSamples, read_samples
from sslbench.records.sweep import read_sweep
from sslbench.records.trials import read_trials
from sslbench.tables.assumptions import assumptions_table
from sslbench.tables.board import leaderboard_table
from sslbench.tables.boards import make_boards
from sslbench.tables.calibration import calibration_table
from sslbench.tables.columns import TABLES
from sslbench.tables.convergence import convergence_table, current_identities
from sslbench.tables.facts import facts_table
from sslbench.tables.gaps import gaps_by_run, gaps_table
from sslbench.tables.metrics import metric_verdicts_table, metrics_table
from sslbench.tables.reliability import reliability_table
from sslbench.tables.scores import cells_table, cost_table, gains_table, scores_table
from sslbench.tables.standard import target_runs
from sslbench.tables.sweep import sweep_table
from sslbench.tables.targets import evidence, targets_table

TRACKS = ("default", "tuned")  # published settings; or chosen on val, from equally many per method


@dataclass(frozen=True)
class Tables:
    """All derived tables of one protocol."""

    protocol: str
    scores: pd.DataFrame
    cells: pd.DataFrame
    gains: pd.DataFrame
    assumptions: pd.DataFrame
    metrics: pd.DataFrame
    metric_verdicts: pd.DataFrame
    calibration: pd.DataFrame
    leaderboard: pd.DataFrame
    targets: pd.DataFrame
    gaps: pd.DataFrame
    reliability: pd.DataFrame
    convergence: pd.DataFrame
    cost: pd.DataFrame
    facts: pd.DataFrame
    sweep: pd.DataFrame
    cards: dict
    samples: dict[str, TaskSamples] = field(default_factory=dict)  # by task, of those with a card
    left_out: LeftOut = field(default_factory=LeftOut)  # records of another version of the protocol

    @property
    def tracks(self) -> list[str]:
        """The tracks that have a run, the default first."""
        return [t for t in TRACKS if (self.cells["track"] == t).any()]

    def of_track(self, track: str) -> "Tables":
        """The same tables with the rows of one track only; verdicts belong to tasks, so all of them stay."""
        rows = {n: f[f["track"] == track].reset_index(drop=True) for n, f in self.frames.items() if "track" in f}
        return replace(self, **rows)

    def of_labels(self, budget: str) -> "Tables":
        """The same tables with the scores of one label budget only; ranks and gains are of all labels anyway."""
        return replace(self, scores=self.scores[self.scores["labels"] == budget].reset_index(drop=True))

    @property
    def frames(self) -> dict[str, pd.DataFrame]:
        """The frames by the names of their files."""
        return {name: getattr(self, name) for name in TABLES}


def build_tables(results: Path, protocol: str | None = None) -> Tables:
    """Tables from the stored records: of the standard protocol if there is any record of it, else of the quick one.

    Records of two versions of a protocol are not mixed: `left_out` says which were not taken. The last record of a
    (track, method, task, fold, init) counts; of tuned runs those with the most candidates. Raises RecordError for a
    record that cannot be read.
    """
    records, _ = read_records(results)
    names = {r.protocol for r in records}
    protocol = protocol or ("standard" if "standard" in names or not names else sorted(names)[0])
    mine, left_out = of_one_version(records, protocol, results)
    tracks = _last_by_track([r for r in mine if isinstance(r, RunRecord)])
    verdicts = {(r.assumption, r.task, r.target): r for r in mine if isinstance(r, AssumptionRecord)}
    cards = read_cards(results)
    assumptions = assumptions_table([verdicts[k] for k in sorted(verdicts)])
    metrics = _by_track(tracks, metrics_table)
    scale = target_runs(tracks[TRACKS[0]], cards)
    found = {key: evidence(target) for key, target in scale.items()}
    measured = read_convergence(results / "convergence.csv")
    if not protocol.startswith("standard"):
        measured = measured.iloc[:0]  # other protocols take other steps
    convergence = convergence_table(measured, current_identities(tracks[TRACKS[0]]), cards, found)
    targets = targets_table(scale, found, convergence)
    ranked = {(r.task, r.target) for r in targets.itertuples() if r.ranked}

    def gap_tables(runs: list[RunRecord]) -> dict[str, pd.DataFrame]:
        mine = target_runs(runs, cards)
        gaps = gaps_by_run(mine, scale, found)
        boards = make_boards(mine, ranked, assumptions, cards)
        return {
            "gaps": gaps_table(gaps, mine, ranked),
            "leaderboard": leaderboard_table(boards, mine, gaps, cards),
            "reliability": reliability_table(boards, mine, gaps, cards),
        }

    by_track = {track: gap_tables(runs) for track, runs in tracks.items()}
    return Tables(
        protocol=protocol,
        scores=_by_track(tracks, scores_table),
        cells=_by_track(tracks, cells_table),
        gains=_by_track(tracks, gains_table),
        assumptions=assumptions,
        metrics=metrics,
        metric_verdicts=_metric_verdicts(metrics, assumptions, cards),
        calibration=calibration_table(read_trials(results / "calibration.csv"), cards["assumptions"]),
        targets=targets,
        convergence=convergence,
        cost=_by_track(tracks, cost_table),
        facts=facts_table(read_facts(results)),
        sweep=sweep_table(read_sweep(results / "sweep.csv")),
        cards=cards,
        samples={t: found for t in cards["tasks"] if (found := read_samples(results, t))},
        left_out=left_out,
        **{name: _joined(tracks, {t: made[name] for t, made in by_track.items()}) for name in by_track[TRACKS[0]]},
    )


def _last_by_track(records: list) -> dict[str, list]:
    """The last record of every run, by track; of tuned runs those with the most candidates."""
    most = max((r.candidates for r in records), default=0)  # a search of fewer settings is not compared with it
    runs = {(r.track, r.method, r.task, r.run): r for r in records if r.track in TRACKS and r.candidates in (0, most)}
    return {t: [runs[k] for k in sorted(runs) if k[0] == t] for t in TRACKS}


def _metric_verdicts(metrics: pd.DataFrame, assumptions: pd.DataFrame, cards: dict) -> pd.DataFrame:
    frames = []
    for track in TRACKS:
        rows = metrics[metrics["track"] == track]
        if len(rows) or track == TRACKS[0]:
            frame = metric_verdicts_table(rows, assumptions, cards)
            frame.insert(0, "track", track)
            frames.append(frame)
    return pd.concat([f for f in frames if len(f)] or frames[:1], ignore_index=True)


def _by_track(tracks: dict[str, list[RunRecord]], make: Callable[[list[RunRecord]], pd.DataFrame]) -> pd.DataFrame:
    """One frame for all tracks that have a run, or an empty one; the track is the first column."""
    return _joined(tracks, {track: make(runs) for track, runs in tracks.items() if runs or track == TRACKS[0]})


def _joined(tracks: dict[str, list[RunRecord]], made: dict[str, pd.DataFrame]) -> pd.DataFrame:
    frames = []
    for track, frame in made.items():
        if tracks[track] or track == TRACKS[0]:
            frame.insert(0, "track", track)
            frames.append(frame)
    return pd.concat([f for f in frames if len(f)] or frames[:1], ignore_index=True)


def csv_text(name: str, frame: pd.DataFrame) -> str:
    """A table as its CSV file has it, with the digits that its layout declares."""
    return frame.to_csv(index=False, float_format=f"%.{TABLES[name].digits}g")


def write_tables(results: Path, protocol: str | None = None) -> Tables:
    """Build and store tables/{scores, cells, ...}.csv and .parquet under `results`; `TABLES` lists them."""
    tables = build_tables(results, protocol)
    for name, frame in tables.frames.items():
        write_table(results, name, frame)
    return tables


def write_table(results: Path, name: str, frame: pd.DataFrame) -> None:
    """Store one table under `results`, as CSV and Parquet."""
    write_file(results / "tables" / f"{name}.csv", csv_text(name, frame).encode())
    write_file(results / "tables" / f"{name}.parquet", frame.to_parquet(index=False))
