"""Calibration trials: verdicts where the truth is known, one row of a CSV file each."""

import csv
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from sslbench.errors import StorageError


@dataclass(frozen=True)
class Trial:
    """One verdict where the truth is known; information in the verdict's unit."""

    assumption: str
    world: str
    n: int
    dim: int
    repetition: int
    truth: float
    expected: str
    verdict: str
    value: float
    low: float
    high: float
    tolerance: float
    seconds: float
    exact: bool
    code: str  # versions of the rule, the metrics and the estimators

    @property
    def key(self) -> tuple:
        return (self.assumption, self.world, self.n, self.dim, self.repetition, self.code)


def read_trials(file: Path) -> list[Trial]:
    """Stored trials; [] where there is no file. Raises StorageError for a file that is none of ours."""
    if not file.exists():
        return []
    with file.open(newline="", encoding="utf-8") as handle:
        rows = list(csv.DictReader(handle))
    kinds = {f.name: f.type for f in fields(Trial)}
    try:
        return [Trial(**{k: v == "True" if kinds[k] is bool else kinds[k](v) for k, v in row.items()}) for row in rows]
    except (KeyError, TypeError, ValueError) as error:
        raise StorageError(f"{file} does not hold calibration trials ({error}); move it away") from None


def append_trials(file: Path, trials: list[Trial]) -> None:
    """Add rows to the file, with a header if it is new."""
    new = not file.exists()
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("a", newline="", encoding="utf-8") as handle:
            writer = csv.DictWriter(handle, [f.name for f in fields(Trial)], lineterminator="\n")
            if new:
                writer.writeheader()
            writer.writerows(asdict(t) for t in trials)
    except OSError as error:
        raise StorageError(f"cannot write {file}: {error.strerror}") from None
