"""Derived files: written in one move, only when they change."""

import errno
import os
from pathlib import Path

from sslbench.errors import StorageError


def write_file(file: Path, data: bytes) -> None:
    """Write a derived file in one move, and only if it changes; raises StorageError."""
    try:
        if file.is_file() and file.read_bytes() == data:
            return
        file.parent.mkdir(parents=True, exist_ok=True)
        temporary = file.with_name(f".{file.name}.tmp")
        temporary.write_bytes(data)
        os.replace(temporary, file)
    except OSError as error:
        why = "the disk is full" if error.errno == errno.ENOSPC else error.strerror
        raise StorageError(
            f"cannot write {file}: {why}. The records are kept; rebuild with: sslbench table, sslbench site"
        ) from None
