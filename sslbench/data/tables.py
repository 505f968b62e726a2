"""A pandas table -> a stream of columns: numbers stay numbers, everything else becomes categories, gaps stay gaps."""

import numpy as np
import pandas as pd
import torch

from sslbench.data.streams import Columns, Stream
from sslbench.errors import DataError

MOST_CATEGORIES = 64


def table_stream(frame: pd.DataFrame, name: str = "table") -> Stream:
    """The columns of a frame. Categories keep their declared order; beyond the 64 most frequent they share one code.

    Constant columns are dropped. Raises DataError if no column is left.
    """
    values, names, sizes = [], [], []
    for column in frame.columns:
        data = frame[column]
        if data.nunique(dropna=True) < 2:
            continue
        if pd.api.types.is_numeric_dtype(data) and not isinstance(data.dtype, pd.CategoricalDtype):
            codes, size = data.to_numpy(dtype=np.float64, na_value=np.nan), 0
            with np.errstate(over="ignore"):  # what float32 cannot hold is infinite, and said below
                codes = codes.astype(np.float32)
            if np.isinf(codes).any():
                raise DataError(
                    f"column {column!r} holds infinite values (3e38 is the most); replace them by gaps or numbers"
                )
        else:
            codes, size = _codes(data)
        values.append(codes.astype(np.float32, copy=False)), names.append(str(column)), sizes.append(size)
    if not values:
        raise DataError(f"table {name!r} has no column with two different values")
    return Stream(name, torch.from_numpy(np.stack(values, 1)), Columns(tuple(names), tuple(sizes)))


def _codes(data: pd.Series) -> tuple[np.ndarray, int]:
    data = data.astype("category").cat.remove_unused_categories()
    codes = data.cat.codes.to_numpy().astype(np.float64)
    size = len(data.cat.categories)
    if size > MOST_CATEGORIES:
        counts = np.bincount(codes[codes >= 0].astype(int), minlength=size)
        kept = np.argsort(-counts, kind="stable")[: MOST_CATEGORIES - 1]
        new = np.full(size, MOST_CATEGORIES - 1.0)
        new[kept] = np.arange(len(kept))
        codes = np.where(codes >= 0, new[codes.astype(int)], -1)
        size = MOST_CATEGORIES
    return np.where(codes < 0, np.nan, codes), size


def labels_of(target: pd.Series) -> np.ndarray:
    """Classes as integers 0 .. classes-1, in sorted order; raises DataError on gaps."""
    if target.isna().any():
        raise DataError(
            f"the target {target.name!r} has {int(target.isna().sum())} missing values; drop those rows first"
        )
    return np.unique(target.astype(str), return_inverse=True)[1]
