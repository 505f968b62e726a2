"""Arrays that are made once and then mapped into memory from the user's cache folder, by any number of processes.

An entry is two files: the raw bytes, and a JSON file of what they are, written last. Both appear in one move, so that
an interruption leaves no half entry; a checksum finds what the disk damaged, and the entry is made again.
"""

import errno
import hashlib
import json
import os
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import numpy as np
from filelock import FileLock, Timeout

from sslbench.errors import StorageError

BLOCK = 1 << 24  # bytes whose checksum is taken at a time


def cache_folder() -> Path:
    """Where downloads and decoded images are kept: $SSLBENCH_CACHE, or sslbench in the user's cache folder."""
    if given := os.environ.get("SSLBENCH_CACHE"):
        return Path(given).expanduser()
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "sslbench"


def tell(text: str) -> None:
    """A line of progress on stderr."""
    print(text, file=sys.stderr, flush=True)


def key_of(*parts) -> str:
    """24 hex digits of the hash of JSON-able parts."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:24]


@contextmanager
def writing(what: str) -> Iterator[None]:
    """Turns an error of the disk into a StorageError that says what was written and what can be done."""
    try:
        yield
    except OSError as error:
        why = "the disk is full" if error.errno == errno.ENOSPC else error.strerror or str(error)
        raise StorageError(
            f"{what} cannot be kept in {cache_folder()}: {why}. Make room there (everything in it can be made again), "
            "or set SSLBENCH_CACHE to a folder on another disk"
        ) from None


@contextmanager
def one_at_a_time(entry: Path, what: str) -> Iterator[None]:
    """Hold an entry's lock; waits for a process that holds it, and says so. A process that dies lets go of it."""
    with writing(what):
        entry.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(entry.with_name(f".{entry.name}.lock"))
        try:
            lock.acquire(timeout=0.5)
        except Timeout:
            tell(f"{what}: waiting for another process that is at it")
            lock.acquire()
    try:
        yield
    finally:
        lock.release()


def kept_array(key: str, what: str, make: Callable[[BinaryIO], dict]) -> tuple[np.ndarray, dict]:
    """The uint8 array of a key, mapped from the cache, and its facts; `make` writes it where it is not there yet.

    make: writes the bytes to an open file and returns facts that JSON can hold, among them "shape". Raises what it
    raises, and StorageError.
    """
    entry = cache_folder() / "images" / key
    if found := _open(entry, what):
        return found
    with one_at_a_time(entry, what):
        if found := _open(entry, what):  # another process made it
            return found
        _write(entry, what, make)
    found = _open(entry, what)
    assert found, f"{entry} was written just now"
    return found


def _write(entry: Path, what: str, make: Callable[[BinaryIO], dict]) -> None:
    partial = entry.with_suffix(".partial")  # of the one process that holds the lock
    try:
        with writing(what), open(partial, "wb") as file:
            facts = make(file)
        bytes_, facts_file = entry.with_suffix(".bin"), entry.with_suffix(".json")
        with writing(what):
            facts_file.unlink(missing_ok=True)
            facts["checksum"] = _checksum(partial)
            os.replace(partial, bytes_)
            partial.write_text(json.dumps(facts))
            os.replace(partial, facts_file)
    finally:
        partial.unlink(missing_ok=True)


def _checksum(file: Path) -> int:
    value = 0
    with open(file, "rb") as opened:
        while block := opened.read(BLOCK):
            value = zlib.crc32(block, value)
    return value


def _open(entry: Path, what: str) -> tuple[np.ndarray, dict] | None:
    """The mapped array and its facts; None if there is no entry, or one that is damaged."""
    bytes_, facts_file = entry.with_suffix(".bin"), entry.with_suffix(".json")
    if not facts_file.is_file():
        return None
    try:
        facts = json.loads(facts_file.read_text())
        shape = tuple(facts["shape"])
        if bytes_.stat().st_size == int(np.prod(shape)) and _checksum(bytes_) == facts["checksum"]:
            return np.memmap(bytes_, np.uint8, mode="c", shape=shape), facts  # c: tensors want writable memory
    except (OSError, ValueError, KeyError, TypeError):
        pass  # unreadable is damaged too
    tell(f"{what}: the cached copy at {bytes_} is damaged; it is made again")
    return None
