"""The `folder` source: any folder of images, with classes, with a table of labels, or without either."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from sslbench.data.images.cache import kept_array, key_of
from sslbench.data.images.decode import Form, decode
from sslbench.data.images.listing import Listing, labels_from, list_images
from sslbench.data.images.streams_of import streams_of
from sslbench.data.installed import cut
from sslbench.data.streams import Raw
from sslbench.data.tables import labels_of
from sslbench.errors import DataError
from sslbench.registry import SOURCES
from sslbench.tasks import Source

FORMAT = 1  # of decoded images: raised when the same files give other pixels
OPTIONS = ("size", "fit", "channels", "unreadable", "labels", "streams")
LOOKS = ("brightness", "contrast", "detail")  # targets of images without labels
CLASSES = 4  # of each of them
CHUNK = 1024  # images looked at at a time


@SOURCES.register("folder")
def folder_source(source: Source) -> Raw:
    """A folder of images: root/<class>/<image>, or root/<image>; train and test folders above them fix the test rows.

    Options: size (32; 0 as they are), fit ("stretch", "crop"), channels ("auto", "rgb", "gray"), unreadable ("fail",
    "skip"), labels (a CSV file: file name, then a column per target), streams ("halves", "quarters", "lab").
    Without labels the targets are what every image shows: brightness, contrast and detail, in four classes each.
    """
    if unknown := set(source.options) - set(OPTIONS):
        raise DataError(f"source folder has no option {', '.join(sorted(unknown))}; it has {', '.join(OPTIONS)}")
    root = Path(source.name).expanduser()
    form = Form(**{k: v for k, v in source.options.items() if k not in ("labels", "streams")})
    listing = list_images(root)
    table = _labels(source, listing)
    images, kept = decoded(listing.paths, listing.files, listing.stamps, form, root.name or str(root))
    targets = looks_of(images) if table is None else _targets(table, kept)
    folds = None if listing.tested is None else (np.flatnonzero(np.array(listing.tested)[kept]),)
    return Raw(streams_of(images, str(source.options.get("streams", ""))), targets, folds=folds)


def folder_facts(root: Path, labels: str = "") -> tuple[tuple[str, ...], str]:
    """The names of a folder's targets and the kind of its splits, for a task card; no image is opened."""
    listing = list_images(root)
    table = _labels(Source(kind="folder", name=str(root), options={"labels": labels} if labels else {}), listing)
    names = LOOKS if table is None else tuple(map(_name, table.columns))
    return names, "stratified" if listing.tested is None else "fixed"


def decoded(
    paths: Sequence[Path], names: Sequence[str], stamps: Sequence[tuple[int, int]], form: Form, what: str
) -> tuple[np.ndarray, np.ndarray]:
    """The images of some files, (n, channels, height, width) from the cache, and the positions of those it holds."""
    key = key_of(FORMAT, list(names), [list(s) for s in stamps], form.as_dict())
    images, facts = kept_array(key, what, lambda out: decode(paths, form, out, what))
    kept = np.ones(len(paths), bool)
    kept[[int(i) for i in facts["unreadable"]]] = False
    return images, np.flatnonzero(kept)


def _labels(source: Source, listing: Listing) -> pd.DataFrame | None:
    """A column per target, a row per image; None if nothing says what the images are."""
    if "labels" in source.options:
        file = Path(str(source.options["labels"])).expanduser()
        file = file if file.is_absolute() or file.is_file() else listing.root / file
        if not file.is_file():
            raise DataError(f"source folder: there is no table of labels at {file}")
        return labels_from(file, listing)
    return None if listing.classes is None else pd.DataFrame({"class": listing.classes})


def _name(column: str) -> str:
    return "-".join("".join(c if c.isalnum() else " " for c in str(column).lower()).split())


def _targets(table: pd.DataFrame, kept: np.ndarray) -> dict[str, np.ndarray]:
    """The labels of the images that could be read; raises DataError for a class of which none could."""
    for column in table.columns:
        if lost := set(table[column].dropna()) - set(table[column].iloc[kept].dropna()):
            raise DataError(f"no image of class {', '.join(sorted(map(str, lost)))} of {column!r} could be read")
    return {_name(column): labels_of(table[column].iloc[kept]) for column in table.columns}


def looks_of(images: np.ndarray) -> dict[str, np.ndarray]:
    """What any image shows, in classes of equal shares: its mean, its sd, and the mean step between neighbours."""
    found = np.empty((3, len(images)))
    for i in range(0, len(images), CHUNK):
        gray = images[i : i + CHUNK].mean(1)
        steps = (np.abs(np.diff(gray, axis=axis)).mean((1, 2)) for axis in (1, 2))
        found[:, i : i + CHUNK] = gray.mean((1, 2)), gray.std((1, 2)), sum(steps)
    return {name: np.unique(cut(v, CLASSES), return_inverse=True)[1] for name, v in zip(LOOKS, found, strict=True)}
