"""Image files -> bytes of one shape, decoded in parallel; files that cannot be read are named.

Threads, not processes: Pillow lets go of the interpreter's lock while it decodes and resizes, and a worker process of a
run may not have children of its own.
"""

import os
import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image, ImageOps

from sslbench.data.images.cache import tell
from sslbench.errors import DataError

CHUNK = 64  # files that a thread decodes at a time
SECONDS = 5.0  # between lines of progress
SIDES = range(8, 513)
GRAY = {"1", "L", "LA", "La", "I", "F", "I;16", "I;16L", "I;16B", "I;16N"}  # modes of images without colour


@dataclass(frozen=True)
class Form:
    """How images are brought to one shape.

    size: pixels of the side, 0 leaves images as they are (all alike); fit: "stretch", or "crop" (the middle square);
    channels: "rgb", "gray", or "auto" (gray if no image has colour); unreadable: "fail", or "skip".
    """

    size: int = 32
    fit: str = "stretch"
    channels: str = "auto"
    unreadable: str = "fail"

    def __post_init__(self):
        if self.size and self.size not in SIDES:
            raise DataError(
                f"option size is {SIDES.start} to {SIDES.stop - 1} pixels, or 0 for images as they are; got {self.size}"
            )
        words = {"fit": ("stretch", "crop"), "channels": ("auto", "rgb", "gray"), "unreadable": ("fail", "skip")}
        for name, allowed in words.items():
            if (given := getattr(self, name)) not in allowed:
                raise DataError(f"option {name} is one of {', '.join(allowed)}; got {given!r}")

    def as_dict(self) -> dict:
        """The form as JSON types."""
        return asdict(self)


class _Coloured(Exception):
    """An image with colour among those that were taken for gray."""


def _pixels(file: Path, form: Form, gray: bool | None) -> np.ndarray:
    """One image, (channels, height, width); gray None: as the image itself is."""
    with Image.open(file) as image:
        coloured = image.mode not in GRAY
        if gray and coloured and form.channels == "auto":
            image.load()  # one that cannot be read says nothing about colour
            raise _Coloured
        gray = not coloured if gray is None else gray
        ImageOps.exif_transpose(image, in_place=True)
        if image.mode.startswith("I"):  # 16 bits: Pillow would cut them off at 255
            image = Image.fromarray((np.asarray(image).astype(np.int64) >> 8).clip(0, 255).astype(np.uint8))
        image = image.convert("L" if gray else "RGB")
        side = (form.size, form.size)
        if form.size and form.fit == "crop":
            image = ImageOps.fit(image, side, Image.Resampling.BILINEAR)
        elif form.size and image.size != side:
            image = image.resize(side, Image.Resampling.BILINEAR)
        pixels = np.asarray(image)
    return pixels[None] if gray else pixels.transpose(2, 0, 1)


def _chunk(files: Sequence[Path], form: Form, gray: bool) -> list[np.ndarray | str]:
    """The images of some files; of one that cannot be read, the reason."""
    out: list[np.ndarray | str] = []
    for file in files:
        try:
            out.append(_pixels(file, form, gray))
        except _Coloured:
            raise
        except Exception as error:  # Pillow raises OSError, SyntaxError, ValueError, struct.error, ...
            out.append(f"{error}".replace(str(file), file.name) or type(error).__name__)
    return out


def _in_order(files: Sequence[Path], form: Form, gray: bool) -> Iterator[tuple[Path, np.ndarray | str]]:
    """Every file with its image or the reason why there is none; a few chunks are decoded ahead."""
    workers = min(16, os.cpu_count() or 1)
    waiting: deque = deque()
    with ThreadPoolExecutor(workers) as pool:
        try:
            for start in range(0, len(files) + 2 * workers * CHUNK, CHUNK):
                if part := files[start : start + CHUNK]:
                    waiting.append((part, pool.submit(_chunk, part, form, gray)))
                if waiting and (len(waiting) > 2 * workers or start >= len(files)):
                    part, made = waiting.popleft()
                    yield from zip(part, made.result(), strict=True)
        finally:
            pool.shutdown(cancel_futures=True)


def _first(files: Sequence[Path], form: Form) -> tuple[tuple[int, ...], bool, Path]:
    """Shape and colour of the first image that can be read; raises DataError if none can."""
    why = ""
    for file in files:
        try:
            pixels = _pixels(file, form, {"rgb": False, "gray": True, "auto": None}[form.channels])
        except Exception as error:
            why = why or f"{file}: {error}"
            continue
        return pixels.shape, len(pixels) == 1, file
    raise DataError(f"none of {len(files):,} images could be read; the first one: {why}")


def decode(files: Sequence[Path], form: Form, out: BinaryIO, what: str) -> dict:
    """Write the images one after another; the facts of the cache: shape, and why files are missing, by position.

    Raises DataError for images of different sizes, and for unreadable ones unless they are to be skipped.
    """
    shape, gray, first = _first(files, form)
    try:
        return _write(files, form, out, what, shape, gray, first)
    except _Coloured:
        out.seek(0), out.truncate()
        return _write(files, form, out, what, (3, *shape[1:]), False, first)


def _write(files, form: Form, out: BinaryIO, what: str, shape: tuple, gray: bool, first: Path) -> dict:
    unreadable: dict[int, str] = {}
    began = spoke = time.monotonic()
    for i, (file, found) in enumerate(_in_order(files, form, gray)):
        if isinstance(found, str):
            unreadable[i] = found
        elif found.shape != shape:
            sizes = " and ".join(f"{f.name} {s[2]}x{s[1]}" for f, s in ((first, shape), (file, found.shape)))
            raise DataError(f"{what}: images of different sizes ({sizes}) need the option size, as in size = 64")
        else:
            out.write(np.ascontiguousarray(found))
        if (now := time.monotonic()) - spoke > SECONDS:
            spoke = now
            left = (now - began) * (len(files) - i - 1) / (i + 1)
            tell(f"{what}: {i + 1:,} of {len(files):,} images decoded, {left:.0f} s left")
    if unreadable:
        _report(files, form, what, unreadable)
    return {"shape": [len(files) - len(unreadable), *shape], "unreadable": {str(i): r for i, r in unreadable.items()}}


def _report(files: Sequence[Path], form: Form, what: str, unreadable: dict[int, str]) -> None:
    """Say which images cannot be read; raises DataError unless they are to be skipped."""
    names = "; ".join(f"{files[i]} ({why})" for i, why in list(unreadable.items())[:5])
    more = f"; and {len(unreadable) - 5} more" if len(unreadable) > 5 else ""
    said = f"{what}: {len(unreadable)} of {len(files):,} images could not be read: {names}{more}"
    if form.unreadable == "fail":
        raise DataError(f'{said}. Mend or remove them, or leave them out with the option unreadable = "skip"')
    tell(f"{said}. They are left out")
