"""A person's own data -> the views that the assumption tests read: arrays, tables, images."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from sslbench.assumptions.base import Verdict, ViewData
from sslbench.assumptions.reduction import components_for, in_words, through_components
from sslbench.assumptions.suite import test_views
from sslbench.config import STANDARD, Protocol
from sslbench.data.dataset import Dataset
from sslbench.data.own_pairs import labels, names_of, read_frame
from sslbench.data.streams import ColumnEncoding, Raw
from sslbench.data.tables import table_stream
from sslbench.diagnosis.task_views import task_views
from sslbench.errors import InputError, UsageError
from sslbench.registry import SOURCES, VIEWS
from sslbench.tasks import Budget, EncoderSpec, Source, Splits, Target, Task, ViewSpec
from sslbench.threads import one_thread

FEWEST = 200  # rows from which on a verdict is worth asking for


@dataclass(frozen=True)
class Question:
    """What a person asks: one or two paths, what is to be predicted, and how the views come about."""

    data: tuple[str, ...]
    targets: str = ""
    views: str = ""  # "a, b | c, d": two groups of columns
    corruption: str = ""  # a view generator for tables or images
    strength: float = 1.0
    groups: str = ""
    drop: str = ""
    rows: int = 5000
    size: int = 32  # pixels that images are brought to


def task_of(question: Question) -> Task:
    """The question as a task card; raises UsageError for what does not fit together."""
    kind, name, modality, options = _source(question)
    generator = "streams" if modality == "pairs" else question.corruption
    return Task(
        name="mine",
        title="own data",
        modality=modality,
        description="",
        source=Source(kind=kind, name=name, options=options),
        views=ViewSpec(generator=generator, strength=question.strength),
        targets=(Target(name="any", title=""),),
        splits=Splits(kind="stratified"),
        encoder=EncoderSpec(name="mlp", rep_dim=1),
        budget=Budget(steps=1, batch=2),
        licence="",
        citation="",
    )


def _source(q: Question) -> tuple[str, str, str, dict]:
    path = Path(q.data[0]).expanduser()
    more = {"groups": q.groups} if q.groups else {}
    if len(q.data) == 2:
        if not q.targets:
            raise UsageError("two files need --target: a column of either, or an NPY file with one value per row")
        return "files", " | ".join(q.data), "pairs", {"targets": q.targets} | more
    if len(q.data) > 2:
        raise UsageError(f"one or two paths are assessed, got {len(q.data)}")
    if path.suffix == ".npz":
        return "pair", q.data[0], "pairs", {}
    if path.is_dir():
        kind = _corruption(q, "image", "--corruption image, or photo")
        return "folder", q.data[0], kind, {"size": q.size}
    if not q.targets:
        raise UsageError("a table needs --target COLUMN: what you want the representation to say something about")
    if q.views:
        sides = q.views.split("|")
        if len(sides) != 2:
            raise UsageError(f'--views needs two groups of columns, as in --views "a, b | c, d"; got {q.views!r}')
        return "columns", q.data[0], "pairs", {"first": sides[0], "second": sides[1], "targets": q.targets} | more
    kind = _corruption(q, "columns", "--corruption resample, swap, subset or noise, or --views of two column groups")
    drop = ", ".join(filter(None, [q.drop, q.groups]))
    return "table", q.data[0], kind, {"targets": q.targets} | ({"drop": drop} if drop else {})


def _corruption(q: Question, kind: str, hint: str) -> str:
    if not q.corruption:
        raise UsageError(f"how do two views of an item come about? Give {hint}")
    found = VIEWS.get(q.corruption)
    if found.kind != kind:
        raise UsageError(f"view {q.corruption!r} works on {found.kind}, and this data is {kind}; give {hint}")
    return "vision" if kind == "image" else "tabular"


def load_question(question: Question) -> Dataset:
    """The question's data, without splits. Raises DataError, UsageError."""
    task = task_of(question)
    raw: Raw = SOURCES.get(task.source.kind)(task.source)
    targets, groups = dict(raw.targets), raw.groups
    if task.source.kind == "table":
        frame = read_frame(Path(question.data[0]).expanduser())
        targets = dict(zip(targets, (labels(frame[c]) for c in names_of(question.targets)), strict=True))
        if question.groups:
            groups = np.unique(frame[question.groups].astype(str), return_inverse=True)[1]
    if not targets:
        raise InputError(f"{question.data[0]} holds no target; an npz file needs an array of classes beside x1 and x2")
    return Dataset(task, raw.streams, targets, groups, (), {}, "")


@one_thread()
def assess_files(question: Question, names=None, progress=lambda text: None) -> tuple[list[Verdict], str]:
    """The verdicts on a person's files, and a note on how the views were made. Raises DataError, InputError."""
    protocol: Protocol = replace(STANDARD, assumption_rows=question.rows)
    progress("reading the data")
    maps, note = task_views(load_question(question), protocol)
    return test_views(maps, names, progress=progress), note


def as_matrix(x, name: str) -> np.ndarray:
    """An array, tensor or frame as numbers (n, dim): categories of a frame become columns of 0 and 1, gaps are marked.

    Raises InputError for what has no rows and columns.
    """
    if isinstance(x, pd.DataFrame) and not all(pd.api.types.is_numeric_dtype(t) for t in x.dtypes):
        stream = table_stream(x, name)
        everything = torch.arange(len(x))[None]
        encoding = ColumnEncoding(stream, everything)
        return encoding.encode(encoding.take(everything))[0].double().numpy()
    try:
        values = np.asarray(x.detach().cpu() if isinstance(x, torch.Tensor) else x, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"{name} is not an array of numbers: {error}. Mixed columns go in a pandas frame") from None
    if values.ndim == 0:
        raise InputError(f"{name} is a single number; expected (n, dim)")
    values = values.reshape(len(values), -1)
    if not np.isfinite(values).all():
        bad = int((~np.isfinite(values)).sum())
        raise InputError(f"{name} holds {bad} values that are nan or infinite; drop or fill them first")
    return values


@one_thread()
def assess_arrays(x1, x2, targets: dict, groups=None, unlabelled=None, names=None, seed: int = 0) -> list[Verdict]:
    """The verdicts on two arrays (n, dim) and their targets. `unlabelled`: further pairs (x1, x2)."""
    x1, x2 = as_matrix(x1, "x1"), as_matrix(x2, "x2")
    more = None
    if unlabelled is not None:
        pair = [as_matrix(u, "unlabelled") for u in unlabelled]
        if [u.shape[1] for u in pair] != [x1.shape[1], x2.shape[1]] or len(pair[0]) != len(pair[1]):
            raise InputError(
                f"unlabelled pairs must have as many columns as the views, got {pair[0].shape} and {pair[1].shape} "
                f"for views of {x1.shape[1]} and {x2.shape[1]} columns"
            )
        more = tuple(pair)
    groups = None if groups is None else np.asarray(groups)
    views = ViewData((x1, x2), targets, groups, pairs=more)
    read = reduced(views)
    widths = {k: (read.named(k).shape[1], views.named(k).shape[1]) for k in read.kept}
    notes = [in_words(k, *widths[k], share) for k, share in read.kept.items()]
    return [v.noting(*notes) for v in test_views([read], names, seed=seed)]


def reduced(views: ViewData) -> ViewData:
    """Two views as their tests read them: those of more columns than the rows allow through principal components."""
    most, found = components_for(len(views.x1), 2, STANDARD.assumption_dim), {}
    for k, x in enumerate(views.views):
        pair = [x] if views.pairs is None else [x, views.pairs[k]]
        mean, sd = x.mean(0), x.std(0)
        used = sd > 1e-9
        scaled = [(v[:, used] - mean[used]) / sd[used] for v in pair] if x.shape[1] > most else pair
        found[f"x{k + 1}"] = through_components(scaled, most)
    one, two = (f.arrays for f in found.values())
    return replace(
        views,
        views=(one[0], two[0]),
        pairs=None if views.pairs is None else (one[1], two[1]),
        dropped={k: f.dropped[0] for k, f in found.items() if f.dropped},
        kept={k: f.share for k, f in found.items() if f.dropped},
    )
