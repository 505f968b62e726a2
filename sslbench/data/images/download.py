"""One download of a torchvision set for all processes: retried, and in place only once it is whole."""

import os
import shutil
import socket
import tarfile
import time
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path

from sslbench.data.images.cache import cache_folder, one_at_a_time, tell, writing
from sslbench.errors import DataError

ATTEMPTS = 3
PAUSE = 2.0  # seconds before the second attempt, twice as long before each further one
SILENCE = 60.0  # seconds without a byte after which a server counts as dead
# what torchvision raises for a network that fails, a wrong checksum, a damaged archive
BROKEN = (OSError, HTTPException, EOFError, RuntimeError, tarfile.TarError, zipfile.BadZipFile)


def parts_of(name: str, cls: str, parts: Sequence[dict]) -> list:
    """The torchvision datasets of a set, one per part, downloaded if it is not there. Raises DataError, StorageError.

    It is downloaded into a folder beside its own, which takes its place when every checksum is right.
    """
    root = cache_folder() / "torchvision" / name
    if found := _load(root, cls, parts):
        return found
    with one_at_a_time(root, name):
        if found := _load(root, cls, parts):  # another process downloaded it
            return found
        partial = root.with_name(f"{name}.partial")
        with writing(name):
            shutil.rmtree(partial, ignore_errors=True)  # of a process that was killed
            partial.mkdir(parents=True)
        try:
            _download(partial, root, name, cls, parts)
            with writing(name):
                if root.exists():  # incomplete or damaged, perhaps copied here by a person: kept
                    aside = root.with_name(f"{name}.damaged-{time.time():.0f}")
                    tell(f"{name}: {root} is not complete; it is kept as {aside.name}")
                    os.replace(root, aside)
                os.replace(partial, root)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    found = _load(root, cls, parts)
    assert found, f"{root} was downloaded just now"
    return found


def _load(root: Path, cls: str, parts: Sequence[dict]) -> list | None:
    """The set as it lies in its folder; None if it is not there, not complete, or not as its checksums say."""
    if not root.is_dir():
        return None
    try:
        return _made(root, cls, parts, download=False)
    except BROKEN:
        return None


def _made(root: Path, cls: str, parts: Sequence[dict], download: bool) -> list:
    import torchvision.datasets

    make = getattr(torchvision.datasets, cls)
    out = []
    for i, arguments in enumerate(parts):
        # sets that come as one archive refuse to be downloaded twice
        wanted = download and (i == 0 or cls == "SVHN")
        out.append(make(str(root), **arguments, **({"download": True} if wanted else {})))
    return out


def _download(partial: Path, root: Path, name: str, cls: str, parts: Sequence[dict]) -> None:
    """Let torchvision download into `partial`, again after a fault; raises DataError after the last attempt."""
    tell(f"{name}: downloading through torchvision, once, to {root}")
    for attempt in range(ATTEMPTS):
        try:
            with _impatient():
                _made(partial, cls, parts, download=True)
            return
        except BROKEN as error:
            why = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
            full = shutil.disk_usage(partial).free < 1 << 20
        if full:
            raise DataError(
                f"{name} could not be downloaded: the disk of {partial.parent} is full. Make room, or set "
                "SSLBENCH_CACHE to a folder on another disk"
            )
        if attempt + 1 < ATTEMPTS:
            tell(f"{name}: {why}; trying again")
            time.sleep(PAUSE * 2**attempt)
    raise DataError(
        f"{name} could not be downloaded, {ATTEMPTS} times: {why}. The first use needs the internet. Without it, make "
        f"torchvision.datasets.{cls}(root, download=True) on another machine and copy that root to {root}"
    )


@contextmanager
def _impatient() -> Iterator[None]:
    """A silent server is given up: torchvision itself sets no limit."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(SILENCE)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)
