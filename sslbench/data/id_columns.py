"""Columns that number or name the rows: they say nothing of an item, and in sorted data they give its class away."""

import re

import numpy as np
import pandas as pd

NEARLY_ALL = 0.95  # share of different values at which a text, or what is named like an id, names the rows
FEWEST = 20  # rows; among fewer, whole numbers that all differ may well be measurements
NAMES = re.compile(
    r"(row|sample|instance|record|case|customer|patient|user|item|observation|obs)?[ _.-]*"
    r"(id|ids|idx|index|number|num|no|nr|names?)|row|key|code[ _.-]*(number|no)|unnamed[: _.-]*0|uuid|guid|.*_id",
    re.IGNORECASE,
)


def id_columns(frame: pd.DataFrame) -> dict[str, str]:
    """The columns that name rows, each with the reason.

    Whole numbers that all differ; text or categories of which 95 in 100 differ; and what is named like an id, if as
    many differ.
    """
    found = {}
    for column in frame.columns:
        if reason := _reason(str(column), frame[column]):
            found[column] = reason
    return found


def _reason(name: str, data: pd.Series) -> str:
    values = data.dropna()
    share = values.nunique() / max(len(data), 1)
    if share < NEARLY_ALL or len(data) < FEWEST:
        return ""
    if NAMES.fullmatch(name.strip()):
        return "named like an id, nearly all values differ"
    if isinstance(data.dtype, pd.CategoricalDtype) or not pd.api.types.is_numeric_dtype(data):
        return "text of which nearly every row has another"
    whole = np.equal(np.mod(values.to_numpy(dtype=np.float64), 1), 0).all()
    return "whole numbers that all differ" if share == 1 and whole else ""
