"""The stored measurement of convergence: bits at the card's steps and at twice as many, one row a run."""

from pathlib import Path

import pandas as pd

from sslbench.errors import StorageError

COLUMNS = ("task", "identity", "method", "target", "fold", "init", "steps", "bits")


def read_convergence(file: Path) -> pd.DataFrame:
    """The stored rows, none where there is no file; the last of a run counts. Raises StorageError for another file."""
    if not file.exists():
        return pd.DataFrame(columns=list(COLUMNS))
    try:
        frame = pd.read_csv(file, dtype={"identity": str})
    except (ValueError, OSError) as error:
        raise StorageError(f"cannot read {file} ({error}); move it away and measure again") from None
    if missing := [c for c in COLUMNS if c not in frame]:
        raise StorageError(f"{file} lacks the columns {', '.join(missing)}; move it away and measure again")
    return frame.drop_duplicates([c for c in COLUMNS if c != "bits"], keep="last", ignore_index=True)
