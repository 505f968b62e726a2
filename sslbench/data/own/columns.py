"""Which columns of a person's table are no inputs: ids and row numbers."""

import numpy as np
import pandas as pd

LEAST = 20  # rows below which nothing can be told from values that all differ


def id_columns(frame: pd.DataFrame) -> dict[str, str]:
    """Columns that name rows instead of describing them, and why: row numbers, ids, texts that are all different."""
    names = [c for c in frame.columns if "," not in c]  # a card's lists of columns are separated by commas
    return {c: why for c in names if (why := _why_id(frame[c]))} if len(frame) >= LEAST else {}


def _why_id(column: pd.Series) -> str:
    whole = pd.api.types.is_integer_dtype(column) and not column.isna().any()
    text = not pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_datetime64_any_dtype(column)
    if not (whole or text):
        return ""
    head = column.head(1000)
    if head.nunique() < len(head) or column.nunique() < len(column):
        return ""
    if text:
        return "a text of its own in every row"
    values = column.to_numpy(dtype=np.int64)
    steps = np.diff(values)
    name = str(column.name).strip().lower().replace(" ", "_")
    if (steps == 1).all() or int(values.max()) - int(values.min()) == len(values) - 1:
        return "row numbers"
    return "an id" if name in ("id", "uid", "key") or name.endswith(("_id", "-id")) else ""
