"""Labels and groups of a person's data: columns of the tables themselves, or files of their own with the same rows."""

from pathlib import Path

import pandas as pd

from sslbench.data.own.arrays import read_array
from sslbench.data.own.options import existing, names_of
from sslbench.data.own.reading import read_table
from sslbench.errors import DataError

ENDINGS = (".npy", ".csv", ".parquet", ".pq")


def are_files(named: str) -> bool:
    """Whether labels are named as files, not as columns."""
    return bool(names_of(named)) and all(Path(part).suffix.lower() in ENDINGS for part in names_of(named))


def labels_in(named: str, frames: list[pd.DataFrame]) -> tuple[pd.DataFrame, list[str]]:
    """Labels or groups and the names of their columns, from files of their own or from the tables of the inputs."""
    if are_files(named):
        found = [_label_file(part) for part in names_of(named)]
        if len({len(f) for f in found}) > 1:
            raise DataError(f"the files of labels differ in rows: {named} have {', '.join(str(len(f)) for f in found)}")
        frame = pd.concat(found, axis=1)
        return frame, list(frame.columns)
    together = pd.concat([f.reset_index(drop=True) for f in frames], axis=1) if frames else pd.DataFrame()
    if names_of(named) and not frames:
        raise DataError(f"arrays have no columns, so {named!r} must be a file of labels, one per row: y.npy")
    return together.loc[:, ~together.columns.duplicated()], names_of(named)


def check_rows(rows: dict[str, int]) -> None:
    """Raises DataError unless all files have the same number of rows; rows: path -> how many."""
    if len(set(rows.values())) > 1:
        counts = ", ".join(f"{path} has {n} rows" for path, n in rows.items())
        raise DataError(f"row i of every file must be one item; {counts}")


def _label_file(name: str) -> pd.DataFrame:
    """One or several columns of labels, one row per item."""
    path = existing(name, "file of labels")
    if path.suffix.lower() != ".npy":
        return read_table(path).frame
    values = read_array(path)
    if values.ndim == 0 or values.ndim > 2 or values.size == 0:
        raise DataError(f"{path} must hold one label per row, (n,), or one column per target; got shape {values.shape}")
    if values.ndim == 1 or values.shape[1] == 1:
        return pd.DataFrame({path.stem: values.ravel()})
    return pd.DataFrame(values, columns=[f"{path.stem}{k}" for k in range(values.shape[1])])
