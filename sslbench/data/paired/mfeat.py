"""Six descriptions of the same 2,000 handwritten digits (OpenML tasks 12 to 22) as aligned streams."""

from dataclasses import replace

import numpy as np

from sslbench.data.streams import Raw
from sslbench.errors import DataError
from sslbench.registry import SOURCES, nearest
from sslbench.tasks import Source

TASKS = {"fac": 12, "fou": 14, "kar": 16, "mor": 18, "pix": 20, "zer": 22}  # of OpenML


@SOURCES.register("mfeat")
def mfeat_source(source: Source) -> Raw:
    """Some of the six tables of digits, named `fou,zer`: factors, Fourier, Karhunen, morphology, pixels, Zernike.

    OpenML's folds are each table's own and not used. Raises DataError if the tables do not have the same digits in the
    same order.
    """
    names = [name.strip() for name in source.name.split(",")]
    for name in names:
        if name not in TASKS:
            raise DataError(str(nearest("table of digits", name, TASKS, ", ".join(TASKS))))
    tables = [SOURCES.get("openml")(Source(kind="openml", name=str(TASKS[name]))) for name in names]
    digits = tables[0].targets["class"]
    for name, table in zip(names, tables, strict=True):
        if not np.array_equal(table.targets["class"], digits):
            raise DataError(
                f"mfeat: the digits of {name} are not in the order of {names[0]}'s; openml's cache holds another "
                f"version of task {TASKS[name]}: remove it there and load it again"
            )
    streams = tuple(replace(table.streams[0], name=name) for name, table in zip(names, tables, strict=True))
    return Raw(streams, {"class": digits})
