"""The stored measurement of convergence: bits at the card's steps and at twice as many, one row a run."""

from pathlib import Path

import pandas as pd

from sslbench.errors import StorageError
from sslbench.records.schema import RunRecord

COLUMNS = ("task", "identity", "method", "target", "fold", "init", "steps", "bits")


def identity_under(card: str, training: int | str, method: int | str) -> str:
    """Under which a measurement counts: the digest of the card, the versions of training and, past 1, of the method."""
    return f"{card}.{training}" if str(method) == "1" else f"{card}.{training}.{method}"


def identity_of_run(run: RunRecord) -> str:
    """The identity under which a stored run counts as a measurement at its card's steps."""
    training = next((w for part in run.identity.code.split(", ") for w in part.split("training ")[1:]), "")
    _, version, *_ = *run.identity.method.split(" "), "1"
    return identity_under(run.identity.task, training, version)


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
