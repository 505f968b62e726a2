"""What the sources of installed packages share: choosing a data set by name, and finding a package's data file."""

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch

from sslbench.data.streams import Columns, Raw, Stream
from sslbench.errors import DataError
from sslbench.tasks import Source


def choose(source: Source, known: dict[str, Callable[..., Raw]]) -> Raw:
    """The data set that a source names, made with its options; raises DataError for a name it does not have."""
    if source.name not in known:
        raise DataError(f"source {source.kind} has no {source.name!r}; it has {', '.join(sorted(known))}")
    return known[source.name](**source.options)


def package_file(package: str, inside: str, extra: str = "") -> Path:
    """A data file of an installed package, which is not imported; raises DataError with the pip line without it."""
    try:
        spec = find_spec(package)
    except ValueError:  # a stand-in without a spec
        spec = None
    if spec is None or not spec.submodule_search_locations:
        what = f"'sslbench[{extra}]'" if extra else package
        raise DataError(f"these data ship inside the package {package}, which is not installed: pip install {what}")
    file = Path(spec.submodule_search_locations[0]) / inside
    if not file.is_file():
        raise DataError(f"the installed {package} has no file {inside}; reinstall it: pip install -U {package}")
    return file


def columns_of(values: np.ndarray, name: str, prefix: str, series: int = 1) -> Stream:
    """A stream of plain numbers, of so many interleaved series."""
    names = [f"{prefix}{j}" for j in range(values.shape[1])]
    return Stream(name, torch.tensor(values, dtype=torch.float32), Columns.numbers(names), series)


def cut(values: np.ndarray, classes: int) -> np.ndarray:
    """Numbers -> classes 0 .. classes-1 of equal shares, cut at their quantiles."""
    return np.searchsorted(np.quantile(values, np.linspace(0, 1, classes + 1)[1:-1]), values)
