"""What a folder of images holds: its files, their classes, and which of them are the test set."""

import os
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from sslbench.errors import DataError

IMAGES = {".png", ".jpg", ".jpeg", ".bmp", ".webp", ".gif", ".tif", ".tiff", ".pgm", ".ppm", ".pbm"}
TRAIN, VALIDATION, TEST = {"train", "training"}, {"val", "valid", "validation"}, {"test", "testing"}


@dataclass(frozen=True)
class Listing:
    """The images of a folder, in the order of their paths."""

    root: Path
    files: tuple[str, ...]  # paths below the root, with forward slashes
    stamps: tuple[tuple[int, int], ...]  # size and time of change of each: another file has another stamp
    classes: tuple[str, ...] | None  # the subfolder of each; None in a folder without subfolders
    tested: tuple[bool, ...] | None  # whether each is of the test set; None if the folder has none

    @property
    def paths(self) -> list[Path]:
        return [self.root / f for f in self.files]


def list_images(root: Path) -> Listing:
    """The images below a folder; raises DataError where it is not clear what they are.

    Forms: root/<class>/<image>, or root/<image> without classes; either may lie under root/train and root/test. Without
    a test folder a validation folder is the test set; beside one it is train, as validation rows are drawn anew.
    """
    if not root.is_dir():
        raise DataError(f"source folder: there is no folder at {root} (seen from {Path.cwd()})")
    found = sorted(_walk(root, ""))
    if not found:
        raise DataError(f"{root} holds no images; expected {root}/<class>/<image>.png (or {', '.join(sorted(IMAGES))})")
    files, stamps = zip(*found, strict=True)
    parts = {f.partition("/")[0].lower() for f in files if "/" in f}
    below, tested = 0, None
    if parts & TRAIN and parts <= TRAIN | VALIDATION | TEST:
        test = TEST if parts & TEST else VALIDATION
        below = 1
        tested = tuple(f.partition("/")[0].lower() in test for f in files) if parts & test else None
    depths = [f.count("/") - below for f in files]  # 0: in no class folder
    if len({min(d, 1) for d in depths}) > 1:
        inside, outside = files[depths.index(max(depths))], files[depths.index(min(depths))]
        raise DataError(
            f"{root}: some images lie in a class folder ({inside}) and some in none ({outside}); move them into one, "
            "or out of the folder"
        )
    classes = tuple(f.split("/")[below] for f in files) if depths[0] > 0 else None
    listing = Listing(root, files, stamps, classes, tested)
    _check_classes(listing, below)
    return listing


def _walk(folder: Path, prefix: str):
    """(path below the root, (size, time of change)) of every image; hidden files and folders are not looked at."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith((".", "__")):
                continue
            if entry.is_dir():
                yield from _walk(Path(entry.path), f"{prefix}{entry.name}/")
            elif os.path.splitext(entry.name)[1].lower() in IMAGES:
                stat = entry.stat()
                yield prefix + entry.name, (stat.st_size, stat.st_mtime_ns)


def _check_classes(listing: Listing, below: int) -> None:
    """Raises DataError for a class folder without images, and for a class that only the test set has."""
    if listing.classes is None:
        return
    parents = [listing.root] if not below else [p for p in sorted(listing.root.iterdir()) if p.is_dir()]
    kept = set(zip((f.split("/")[0] if below else "" for f in listing.files), listing.classes, strict=True))
    for parent in parents:
        where = parent.name if below else ""
        for folder in sorted(parent.iterdir()):
            hidden = folder.name.startswith((".", "__")) or where.startswith((".", "__"))
            if folder.is_dir() and not hidden and (where, folder.name) not in kept:
                raise DataError(f"class folder {folder} holds no image; remove it, or put images into it")
    if listing.tested is not None:
        pairs = list(zip(listing.classes, listing.tested, strict=True))
        if unknown := {c for c, t in pairs if t} - {c for c, t in pairs if not t}:
            raise DataError(f"{listing.root}: class {', '.join(sorted(unknown))} is in the test folder only")


def labels_from(file: Path, listing: Listing) -> pd.DataFrame:
    """The rows of a CSV file for the listed images: first column the path below the root (or the bare name).

    Every other column is a target. Raises DataError for an image without a row and for a row without an image.
    """
    try:
        table = pd.read_csv(file, dtype=str, sep=None, engine="python", encoding="utf-8-sig")
    except Exception as error:
        raise DataError(f"{file} could not be read as CSV: {error}") from None
    if table.shape[1] < 2:
        raise DataError(f"{file} needs a column of file names and one per target; it has {', '.join(table.columns)}")
    key = table.columns[0]
    table = table.set_index(table[key].str.replace("\\", "/")).drop(columns=key)
    if twice := table.index[table.index.duplicated()].tolist():
        raise DataError(f"{file} has two rows for {twice[0]}")
    wanted = list(listing.files)
    if not table.index.isin(wanted).any():
        bare = [f.rpartition("/")[2] for f in wanted]
        wanted = bare if len(set(bare)) == len(bare) else wanted
    for have, names, lack in ((set(table.index), wanted, "row in"), (set(wanted), table.index, "image of")):
        if missing := [n for n in names if n not in have]:
            where = f"no {lack} {file if lack == 'row in' else listing.root}"
            raise DataError(f"{len(missing)} files have {where}: {', '.join(map(str, missing[:5]))}")
    return table.loc[wanted].reset_index(drop=True)
