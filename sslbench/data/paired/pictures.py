"""Photographs as small RGB squares, decoded once and kept in the user's cache."""

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from sslbench.data.paired.place import cache_folder
from sslbench.errors import DataError, StorageError


def squares(files: Sequence[Path], side: int) -> np.ndarray:
    """The middle square of each photograph, brought to side x side: (n, 3, side, side) of uint8; raises DataError.

    Kept under the files' names and sizes, so that another set of files is decoded anew.
    """
    named = "\n".join(f"{file.name} {file.stat().st_size}" for file in files)
    key = hashlib.sha256(f"1 {side}\n{named}".encode()).hexdigest()[:24]
    kept = cache_folder() / "squares" / f"{key}.npy"
    if not kept.is_file():
        pixels = np.stack([_square(file, side) for file in files]).transpose(0, 3, 1, 2)
        temporary = kept.with_name(f".{key}.{os.getpid()}.npy")
        try:
            kept.parent.mkdir(parents=True, exist_ok=True)
            np.save(temporary, np.ascontiguousarray(pixels))
            os.replace(temporary, kept)
        except OSError as error:
            temporary.unlink(missing_ok=True)
            raise StorageError(
                f"decoded photographs cannot be kept in {kept.parent}: {error.strerror}. Make room there, or set "
                "SSLBENCH_CACHE to a folder on another disk"
            ) from None
    return np.load(kept)


def _square(file: Path, side: int) -> np.ndarray:
    try:
        with Image.open(file) as photo:
            photo.draft("RGB", (2 * side, 2 * side))  # JPEG: decodes no more than this needs
            cut = min(photo.size)
            left, top = (photo.width - cut) / 2, (photo.height - cut) / 2
            box = (left, top, left + cut, top + cut)
            return np.asarray(photo.convert("RGB").resize((side, side), Image.Resampling.BOX, box))
    except OSError as error:
        raise DataError(f"{file} cannot be read: {error}; copy or download it again") from None
