"""A folder of the openml client's cache: one process at a time, every file held against the digest of its first load.

The digests lie beside the files as `sslbench.sha256`, in the form of sha256sum. The client itself is never asked to
load: it deletes a folder whose load fails, and it does not notice a file that changed.
"""

import hashlib
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import openml
from filelock import FileLock, Timeout

from sslbench.data.openml.download import fetch
from sslbench.errors import DataError

MANIFEST = "sslbench.sha256"
PATIENCE = 3.0  # seconds until a process says that it waits


def root() -> Path:
    """The client's cache of the server in use."""
    return Path(openml.config.get_cache_directory())


@contextmanager
def held(kind: str, number: str) -> Iterator["Folder"]:
    """The folder `kind`/`number` of the cache, for this process alone; without a lock where the cache is read-only."""
    lock = FileLock(root() / "sslbench" / f"{kind}-{number}.lock")
    try:
        Path(lock.lock_file).parent.mkdir(parents=True, exist_ok=True)
        try:
            lock.acquire(timeout=PATIENCE)
        except Timeout:
            print(f"another process loads {kind} {number} of OpenML; waiting for it", file=sys.stderr)
            lock.acquire()
    except OSError as error:
        if not root().is_dir():
            raise DataError(f"the cache of OpenML cannot be made at {root()}: {error.strerror}") from None
    try:
        yield Folder(root() / kind / number)
    finally:
        lock.release()


def digest(path: Path) -> str:
    """The sha256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class Folder:
    """The files of one task, data set or suite, and their digests."""

    def __init__(self, path: Path):
        self.path, self.known = path, {}
        if (path / MANIFEST).is_file():
            lines = (path / MANIFEST).read_text(encoding="utf-8").splitlines()
            self.known = {name: sha for sha, _, name in (line.partition("  ") for line in lines)}

    def file(self, name: str, url: str, read: Callable, resume: bool = False):
        """What `read` makes of a file: the one that is here, or fetched if it is missing or not whole.

        Raises DataError: it cannot be fetched, or it is not the file of the first load (then it is set aside).
        """
        if here := self.here(name, read):
            return here[0]
        found = fetch(url, self.path / name, lambda part: (read(part), self._same(name, digest(part)))[0], resume)
        self.remember(name)
        return found

    def here(self, name: str, read: Callable) -> tuple:
        """(what `read` makes of it,) if a file is here and whole, else (); raises DataError if it changed."""
        path = self.path / name
        if not path.is_file():
            return ()
        self._unchanged(path)
        try:
            found = read(path)
        except ValueError as error:
            print(f"{path} is not whole ({error})", file=sys.stderr)
            return ()
        self.remember(name)
        return (found,)

    def _unchanged(self, path: Path) -> None:
        before, now = self.known.get(path.name), digest(path)
        if before in (None, now):
            return
        aside = path.with_name(path.name + ".changed")
        os.replace(path, aside)
        raise DataError(
            f"{path} is not the file that was first loaded here (sha256 {before[:12]} then, {now[:12]} now): it was "
            f"damaged or edited. It now lies beside, as {aside.name}; run again, and a good one is fetched. To use it "
            f"nevertheless, give it its name back and delete {path.parent / MANIFEST}"
        )

    def _same(self, name: str, now: str) -> None:
        """Data that is fetched again must be what it was; a description may have been edited on OpenML."""
        before = self.known.get(name)
        if before not in (None, now) and not name.endswith(".xml"):
            raise DataError(
                f"OpenML now gives another {name} than the one first loaded here (sha256 {before[:12]} then, "
                f"{now[:12]} now). To go on with the new one, delete {self.path / MANIFEST}"
            )

    def intact(self, name: str) -> bool:
        """Whether a file that was made here is there as it was made."""
        return (self.path / name).is_file() and self.known.get(name) == digest(self.path / name)

    def remember(self, name: str) -> None:
        """Write the digest of a file down; a cache that cannot be written goes without."""
        now = digest(self.path / name)
        if self.known.get(name) == now:
            return
        self.known[name] = now
        text = "".join(f"{sha}  {file}\n" for file, sha in sorted(self.known.items()))
        temporary = self.path / f".{MANIFEST}.tmp"
        try:
            temporary.write_text(text, encoding="utf-8")
            os.replace(temporary, self.path / MANIFEST)
        except OSError as error:
            print(f"{self.path / MANIFEST} cannot be written: {error.strerror}", file=sys.stderr)
