"""A person's arrays: one NPY file or one array of an NPZ file as a stream of numbers or of images."""

from pathlib import Path

import numpy as np
import pandas as pd
import torch

from sslbench.data.own.found import Own, targets_of
from sslbench.data.own.options import existing, group_codes
from sslbench.data.own.reading import check_memory
from sslbench.data.streams import Columns, Raw, Stream
from sslbench.errors import DataError
from sslbench.registry import SOURCES
from sslbench.tasks import Source

CHANNELS = (1, 3)


def read_array(name: str | Path) -> np.ndarray:
    """The array of an NPY file; raises DataError for objects and for what is no such file."""
    path = existing(str(name), "NPY file")
    check_memory(path, 2.0)
    try:
        return np.load(path, allow_pickle=False)
    except Exception as error:
        raise DataError(
            f"{path} could not be read as NPY without pickled objects ({str(error).strip()}); save numbers: "
            "np.save(path, x.astype(float))"
        ) from None


def array_stream(values: np.ndarray, name: str, where: str) -> Stream:
    """A stream of numbers (n, dim) or (n,), or of uint8 images (n, height, width) or with channels first or last.

    Raises DataError for objects, texts, gaps and infinities, no rows, and shapes that are neither.
    """
    if values.dtype == object or values.dtype.kind not in "fiub":
        raise DataError(
            f"{where}: {name} must hold numbers, got {values.dtype}; mixed columns go in CSV or Parquet files"
        )
    if values.ndim == 0 or values.size == 0:
        raise DataError(f"{where}: {name} holds no values, its shape is {values.shape}")
    if values.dtype == np.uint8 and values.ndim in (3, 4):
        images = values[:, None] if values.ndim == 3 else values
        if images.shape[1] not in CHANNELS and images.shape[-1] in CHANNELS:
            images = np.moveaxis(images, -1, 1)
        if images.shape[1] in CHANNELS:
            return Stream(name, torch.tensor(np.ascontiguousarray(images)))
        raise DataError(f"{where}: {name} must have 1 or 3 channels, first or last, got shape {values.shape}")
    if values.ndim > 2:
        raise DataError(
            f"{where}: {name} must be (n, dim) finite numbers or (n, channels, height, width) uint8 images, "
            f"got shape {values.shape} of {values.dtype}; pixels in [0, 1] become images by (255 * x).astype('uint8')"
        )
    values = values.reshape(len(values), -1)
    if bad := int((~np.isfinite(values)).sum()) if values.dtype.kind == "f" else 0:
        raise DataError(
            f"{where}: {name} must be finite numbers, got shape {values.shape} of {values.dtype} with {bad} values "
            "that are nan or infinite; drop those rows, or write a CSV or Parquet file, where gaps are allowed"
        )
    constant = (values == values[:1]).all()
    if constant and len(values) > 1:
        raise DataError(f"{where}: {name} is constant, every row is the same")
    return Stream(name, torch.tensor(values.astype(np.float32)), Columns.numbers(range(values.shape[1])))


def read_npz(source: Source) -> Own:
    """The streams x1, x2, ... of an NPZ file, its targets and its groups; raises DataError."""
    path = existing(source.name, "npz file")
    check_memory(path, 2.0)
    try:
        arrays = dict(np.load(path, allow_pickle=False))
    except Exception as error:
        raise DataError(f"{path} could not be read as npz without pickled objects: {error}") from None
    if missing := {"x1", "x2"} - set(arrays):
        raise DataError(
            f"{path} has no array {' and no array '.join(sorted(missing))}; it has {', '.join(arrays) or 'none'}"
        )
    names = ["x1", "x2"]
    while (name := f"x{len(names) + 1}") in arrays and arrays[name].ndim > 1:  # one value per row is a target
        names.append(name)
    streams = tuple(array_stream(arrays.pop(name), name, str(path)) for name in names)
    groups = arrays.pop("groups", None)
    if wide := [k for k, v in arrays.items() if v.ndim != 1]:
        raise DataError(
            f"{path}: {', '.join(wide)} must have one value per row, (n,); streams are x1, x2, ... in a row"
        )
    rows = {n: len(s.values) for n, s in zip(names, streams, strict=True)} | {k: len(v) for k, v in arrays.items()}
    if len(set(rows.values())) > 1:
        raise DataError(f"{path}: row i of every array is item i; got {', '.join(f'{k} {n}' for k, n in rows.items())}")
    frame = pd.DataFrame(arrays)
    wanted = [t.strip() for t in str(source.options.get("targets", "")).split(",") if t.strip()]
    classes, columns = targets_of(source, frame, wanted or list(arrays), str(path))
    codes = {name: c.codes for name, c in classes.items()}
    return Own(Raw(streams, codes, None if groups is None else group_codes(groups)), classes, columns)


@SOURCES.register("pair")
def pair_source(source: Source) -> Raw:
    """An npz file with aligned arrays x1, x2 and perhaps x3, ...; one array of classes per target.

    x1, ...: (n, dim) numbers, or (n, channels, height, width) uint8 images; an array "groups" (n,) keeps rows together.
    Options: targets = names of arrays, all others where it is left out; bins. Raises DataError.
    """
    return read_npz(source).raw
