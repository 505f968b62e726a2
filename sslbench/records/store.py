"""Reading and writing records: append-only files, one writer, nothing lost."""

import errno
import fcntl
import os
from pathlib import Path

from sslbench.errors import StorageError
from sslbench.records.convert import OLD_FOLDER, converted, rewrite, task_folds
from sslbench.records.parse import parse_line
from sslbench.records.schema import Record

FOLDERS = ("records", OLD_FOLDER, "assumptions")


def _files(results: Path) -> list[Path]:
    return sorted(file for folder in FOLDERS for file in results.glob(f"{folder}/*.jsonl"))


def read_records(results: Path) -> tuple[list[Record], list[str]]:
    """All stored records, old ones converted, and a warning for every torn last line, which a killed writer leaves.

    Nothing on disk is changed.
    """
    found, warnings = [], []
    for file in _files(results):
        lines = file.read_bytes().split(b"\n")
        torn = lines.pop()  # what follows the last newline: empty unless a writer was killed
        for number, line in enumerate(lines, 1):
            if line.strip():
                found.append(parse_line(line.decode("utf-8", "replace"), f"{file}:{number}"))
        if torn:
            warnings.append(
                f"{file}: the last line is torn ({len(torn)} bytes) and is ignored; that run will be repeated"
            )
    return converted(found, task_folds(results)), warnings


class Writer:
    """The only writer of a results folder. Every record is on disk before `append` returns.

    Raises StorageError if the folder cannot be written, or another run holds it.
    """

    def __init__(self, results: Path):
        self.results = results
        try:
            results.mkdir(parents=True, exist_ok=True)
            self._lock = open(results / ".lock", "w")  # noqa: SIM115 - held for the life of the run
        except OSError as error:
            raise StorageError(
                f"cannot write to {results}: {error.strerror}. Choose another folder with --results"
            ) from None
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._lock.close()
            raise StorageError(
                f"{results} is in use by another sslbench run; wait for it, or choose another with --results"
            ) from None
        self._mended: set[Path] = set()

    def append(self, records: list[Record]) -> None:
        """Add the records to their files, one write and one sync per file; a failed write leaves the file as it was."""
        by_file: dict[Path, list[str]] = {}
        for record in records:
            by_file.setdefault(self.results / record.file, []).append(record.line())
        for file, lines in by_file.items():
            try:
                file.parent.mkdir(parents=True, exist_ok=True)
                self.mend(file)
                self._write(file, "".join(lines).encode())
            except OSError as error:
                full = "the disk is full" if error.errno in (errno.ENOSPC, errno.EDQUOT) else error.strerror
                raise StorageError(
                    f"cannot write {file}: {full}. What was finished before is kept; "
                    "run the same command again after mending it"
                ) from None

    def _write(self, file: Path, data: bytes) -> None:
        with open(file, "ab", buffering=0) as handle:
            size = handle.seek(0, os.SEEK_END)
            try:
                if handle.write(data) != len(data):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                os.fsync(handle.fileno())
            except OSError:
                os.ftruncate(handle.fileno(), size)
                raise

    def mend(self, file: Path) -> None:
        """Set a torn last line aside, once, before the first append to a file."""
        if file in self._mended:
            return
        if file.exists():
            data = file.read_bytes()
            torn = data[data.rfind(b"\n") + 1 :]
            if torn:
                with open(file.with_suffix(".torn"), "ab") as aside:
                    aside.write(torn + b"\n")
                with open(file, "r+b") as handle:
                    handle.truncate(len(data) - len(torn))
        self._mended.add(file)

    def close(self) -> None:
        self._lock.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def convert_results(results: Path) -> int:
    """Rewrite a folder's old records in this schema; the number of files changed. Torn last lines are set aside."""
    with Writer(results) as writer:
        for file in _files(results):
            writer.mend(file)
        return rewrite(results, read_records(results)[0])
