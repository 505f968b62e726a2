"""Points of sweeps over view strength: one row of a CSV file for every target, view kind and strength."""

import csv
import io
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from sslbench.errors import StorageError
from sslbench.files import write_file


@dataclass(frozen=True)
class SweepRow:
    """What views of one kind and strength lose of one target's label, and what two of them share; nats."""

    task: str
    target: str
    view: str
    strength: float
    options: str  # of the generator, as JSON
    n: int
    verdict: str  # of label-invariance
    value: float  # I(Y; X | V): what a view V of an item X loses
    low: float
    high: float
    tolerance: float
    power: str
    item: float  # I(Y; X, V) as read: what item and view say together, and so the item
    flip_rate: float
    shared: float  # I(V1; V2), Gaussian copula
    shared_low: float
    shared_high: float
    seconds: float
    identity: str  # digest of data, targets, rows and view
    code: str  # versions of what measured it

    @property
    def key(self) -> tuple[str, str, str, float]:
        """What the row is about."""
        return (self.task, self.target, self.view, self.strength)


def read_sweep(file: Path) -> list[SweepRow]:
    """Stored rows, [] where there is no file; a last line that a kill cut short is left out. Raises StorageError."""
    if not file.exists():
        return []
    kinds = {f.name: f.type for f in fields(SweepRow)}
    try:
        text = file.read_text(encoding="utf-8")
        rows = csv.DictReader(io.StringIO(text[: text.rfind("\n") + 1]))
        return [SweepRow(**{k: kinds[k](v) for k, v in row.items()}) for row in rows]
    except (KeyError, TypeError, ValueError, OSError) as error:
        raise StorageError(f"{file} does not hold the points of a sweep ({error}); move it away") from None


def _lines(rows: Sequence[SweepRow], header: bool) -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, [f.name for f in fields(SweepRow)], lineterminator="\n")
    if header:
        writer.writeheader()
    writer.writerows(asdict(r) for r in rows)
    return out.getvalue().encode()


def write_sweep(file: Path, rows: Sequence[SweepRow]) -> None:
    """The file with these rows only, in one move. Raises StorageError."""
    write_file(file, _lines(rows, header=True))


def append_sweep(file: Path, rows: Sequence[SweepRow]) -> None:
    """Add rows to the file, with a header if it is new, after its last whole line. Raises StorageError."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("a+b") as handle:
            handle.seek(0)
            whole = handle.read().rfind(b"\n") + 1
            handle.truncate(whole)
            handle.write(_lines(rows, header=not whole))
    except OSError as error:
        raise StorageError(f"cannot write {file}: {error.strerror}") from None
