"""Where public data that no package holds lie: a folder of the user's cache, filled by hand or by a download."""

import os
import shutil
import zipfile
from pathlib import Path

from sslbench.data.images.cache import cache_folder, one_at_a_time
from sslbench.errors import DataError


def folder_of(given: object, name: str) -> Path:
    """A folder that a card gives, seen from the cache if it is relative; without one, the cache's folder `name`."""
    return cache_folder() / Path(str(given or name)).expanduser()


def archive_in(folder: Path, url: str, inside: str, what: str) -> Path:
    """The folder `inside` of an archive on the web, downloaded once to `folder`; raises DataError.

    One process downloads while others wait; what an interrupted one left is thrown away.
    """
    from torchvision.datasets.utils import download_and_extract_archive

    if folder.is_dir():
        return folder
    partial = folder.with_name(f"{folder.name}.partial")
    try:
        with one_at_a_time(folder, what):
            if not folder.is_dir():
                shutil.rmtree(partial, ignore_errors=True)
                download_and_extract_archive(url, str(partial), remove_finished=True)
                os.replace(partial / inside, folder)
                shutil.rmtree(partial, ignore_errors=True)
    except (OSError, RuntimeError, zipfile.BadZipFile) as error:
        raise DataError(
            f"{what} are not at {folder} and could not be downloaded from {url}: {error}. Unpack that file "
            f"elsewhere and copy its folder {inside} to {folder}, or set SSLBENCH_CACHE to where they lie"
        ) from None
    return folder
