"""Stored predictions of the test rows: one small file a run, whose digest the record carries. No torch."""

import hashlib
import io
from pathlib import Path

import numpy as np

from sslbench.errors import RecordError
from sslbench.files import write_file
from sslbench.records.identity import Identity

FOLDER = "predictions"


def key_of(target: str, readout: str, probe: str, labels: str) -> str:
    """The name under which the predictions of a probe are stored."""
    return "|".join((target, readout, probe, labels))


def predictions_file(results: Path, method: str, task: str, fold: int, init: int, identity: Identity) -> Path:
    """Where the predictions of a run lie."""
    return results / FOLDER / method / f"{task}.{fold}.{init}.{identity.digest}.npz"


def digest_of(data: bytes) -> str:
    """16 hex digits of the hash of a file."""
    return hashlib.sha256(data).hexdigest()[:16]


def write_predictions(file: Path, arrays: dict[str, np.ndarray]) -> str:
    """Store arrays by their keys, compressed, in one move; the digest of the file. Raises StorageError."""
    made = io.BytesIO()
    np.savez_compressed(made, **arrays)
    write_file(file, made.getvalue())
    return digest_of(made.getvalue())


def read_predictions(file: Path, expected: str) -> dict[str, np.ndarray]:
    """The arrays of a file by their keys; raises RecordError unless the digest is right."""
    data = file.read_bytes()
    if (found := digest_of(data)) != expected:
        raise RecordError(
            f"{file}: its record says digest {expected}, the file has {found}, so it was changed since. Delete the "
            "file, and the run counts as one without predictions; with its record deleted too it is made again"
        )
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        return dict(arrays)
