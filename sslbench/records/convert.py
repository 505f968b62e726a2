"""Records of schema 1, in which a run and its representation were two lines, become records of schema 2."""

import shutil
from pathlib import Path

from sslbench.files import write_file
from sslbench.records.cards import read_cards
from sslbench.records.schema import Common, Finite, Record, RunFields, RunRecord, Track

OLD_FOLDER = "representations"
OLD_TABLES = ("representations", "premises")  # now metrics and metric_verdicts


class OldRun(RunFields):
    """A run as schema 1 wrote it: one seed for fold and init."""

    __schema__ = "sslbench.record/1"
    seed: int
    regime: str = ""

    @property
    def key(self) -> tuple:
        return (self.method, self.task, self.seed, self.track, self.candidates, self.identity.digest)


class OldRepresentation(Common):
    """The metrics of a run as schema 1 wrote them, in a line and a file of their own."""

    __schema__ = "sslbench.representation/1"
    method: str
    seed: int
    track: Track = "default"
    candidates: int = 0
    n: int = 0
    measures: dict[str, Finite] = {}
    targets: dict[str, dict[str, Finite]] = {}

    key = OldRun.key


def task_folds(results: Path) -> dict[str, int]:
    """How many folds each task has, from the cards beside the records."""
    return {name: card["splits"]["folds"] for name, card in read_cards(results)["tasks"].items() if "splits" in card}


def converted(found: list[Record | OldRun | OldRepresentation], folds: dict[str, int]) -> list[Record]:
    """The same records in the same order, all of this schema. Of a task without a card, fold k is that of seed k."""
    seen = {r.key: r for r in found if isinstance(r, OldRepresentation)}
    return [
        _run(r, seen.get(r.key), folds.get(r.task)) if isinstance(r, OldRun) else r
        for r in found
        if not isinstance(r, OldRepresentation)
    ]


def _run(old: OldRun, seen: OldRepresentation | None, folds: int | None) -> RunRecord:
    same = {k: getattr(old, k) for k in RunFields.model_fields}
    fold = old.seed % folds if folds else old.seed
    run = RunRecord(**same, fold=fold, init=old.seed, placement=old.regime)
    if seen is None:
        return run
    metrics = {"metrics": seen.measures, "target_metrics": seen.targets, "metric_rows": seen.n}
    if "measure" in seen.seconds:
        metrics["seconds"] = old.seconds | {"metrics": seen.seconds["measure"]}
    return run.model_copy(update=metrics | {"metric_failure": seen.reason})


def rewrite(results: Path, records: list[Record]) -> int:
    """Write a folder's records anew, file by file in one move, and drop what is old; the number of files changed.

    Killed between two files it can be called again: a file that is done already is left as it is.
    """
    by_file: dict[Path, list[str]] = {}
    for record in records:
        by_file.setdefault(results / record.file, []).append(record.line())
    changed = 0
    for file, lines in by_file.items():
        data = "".join(lines).encode()
        changed += not file.is_file() or file.read_bytes() != data
        write_file(file, data)
    shutil.rmtree(results / OLD_FOLDER, ignore_errors=True)
    for name in OLD_TABLES:
        for file in results.glob(f"tables/{name}.*"):
            file.unlink()
    return changed
