"""A person's own data -> the views that the assumption tests read: arrays, tables, images."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from sslbench.assumptions.base import NOT_APPLICABLE, Verdict, ViewData, streams_in_words
from sslbench.assumptions.reduction import components_for, in_words, through_components
from sslbench.assumptions.suite import test_views
from sslbench.config import STANDARD, Protocol
from sslbench.data.dataset import Dataset
from sslbench.data.own.options import listed
from sslbench.data.own.request import Request, is_own, read_own, source_of, without_ids
from sslbench.data.own.table import read_inputs
from sslbench.data.streams import ColumnEncoding
from sslbench.data.tables import table_stream
from sslbench.diagnosis.neighbours import Neighbour, neighbours, profile_of
from sslbench.diagnosis.task_views import task_views
from sslbench.errors import InputError, UsageError
from sslbench.information.prepared import BINS, class_codes
from sslbench.registry import VIEWS
from sslbench.tasks import Budget, EncoderSpec, Splits, Target, Task, ViewSpec
from sslbench.threads import one_thread


@dataclass(frozen=True)
class Question:
    """What a person asks: one or several paths, what is to be predicted, and how the views come about.

    data: a table, an npz, a folder, or two and more files with the same rows; or one of them as sslbench run --task
    names it, "table:data.csv". Real-valued targets are cut into quarters, or into `bins` classes.
    """

    data: tuple[str, ...]
    targets: str = ""
    views: str = ""  # "a, b | c, d": groups of columns
    corruption: str = ""  # a view generator for tables or images
    strength: float = 1.0
    groups: str = ""
    drop: str = ""
    rows: int = 5000
    size: int = 32  # pixels that images are brought to
    bins: int = 0

    @property
    def request(self) -> Request:
        """The same data as sslbench run --task names them."""
        data = self.data[0] if len(self.data) == 1 and is_own(self.data[0]) else f"{self._kind}:{','.join(self.data)}"
        return Request(data, self.targets, self.groups, self.views, self.drop, self.bins, self.size)

    @property
    def _kind(self) -> str:
        if len(self.data) > 1 or self.data[0].endswith(".npz"):
            return "streams"
        return "folder" if Path(self.data[0]).expanduser().is_dir() else "table"


def task_of(question: Question) -> Task:
    """The question as a task card; raises UsageError for what does not fit together."""
    request = question.request
    source, modality = source_of(request)
    if source.kind in ("table", "columns", "files") and not question.targets:
        raise UsageError(_no_target(request))
    if source.kind in ("table", "columns", "files", "pair") and not question.bins:
        source = source.model_copy(update={"options": source.options | {"real_bins": BINS}})
    if modality != "pairs":
        _check_corruption(question, *KINDS[modality])
    return Task(
        name="mine",
        title="own data",
        modality=modality,
        description="",
        source=source,
        views=ViewSpec(generator="streams" if modality == "pairs" else question.corruption, strength=question.strength),
        targets=(Target(name="any", title=""),),
        splits=Splits(kind="stratified"),
        encoder=EncoderSpec(name="mlp", rep_dim=1),
        budget=Budget(steps=1, batch=2),
        licence="",
        citation="",
    )


KINDS = {
    "vision": ("image", "--corruption image, or photo"),
    "tabular": ("columns", "--corruption resample, swap, subset or noise, or --views of two column groups"),
}


def _no_target(request: Request) -> str:
    if request.kind != "table":
        return "aligned files need --target: a column of one of them, or an NPY file with one value per row"
    columns = listed(read_inputs(request.paths[0]).frame.columns)
    return f"a table needs --target: what you want the representation to say something about. Its columns: {columns}"


def _check_corruption(q: Question, kind: str, hint: str) -> None:
    if not q.corruption:
        raise UsageError(f"how do two views of an item come about? Give {hint}")
    if (found := VIEWS.get(q.corruption)).kind != kind:
        raise UsageError(f"view {q.corruption!r} works on {found.kind}, and this data is {kind}; give {hint}")


def load_question(question: Question) -> tuple[Dataset, tuple[str, ...]]:
    """The question's data, without splits, and notes on how they were read. Raises DataError, UsageError."""
    task = task_of(question)
    own, ids = without_ids(read_own(task.source))
    if not own.raw.targets:
        raise InputError(f"{question.data[0]} holds no target; an npz file needs an array of classes beside x1 and x2")
    return Dataset(task, own.raw.streams, own.raw.targets, own.raw.groups, (), {}, ""), (*own.notes, *ids)


@dataclass(frozen=True)
class Assessment:
    """The verdicts on a person's data, how its views were made, and the nearest tasks of the board by target."""

    data: str
    note: str
    verdicts: list[Verdict]
    near: dict[str, list[Neighbour]]

    @property
    def known(self) -> list[Verdict]:
        """The verdicts that could be asked for."""
        return [v for v in self.verdicts if v.verdict != NOT_APPLICABLE]

    @property
    def by_target(self) -> dict[str, list[Verdict]]:
        return {t: [v for v in self.known if v.target == t] for t in dict.fromkeys(v.target for v in self.known)}


@one_thread()
def assess_files(question: Question, names=None, progress=lambda text: None) -> Assessment:
    """What a person's files show. Raises DataError, InputError."""
    protocol: Protocol = replace(STANDARD, assumption_rows=question.rows)
    progress("reading the data")
    dataset, notes = load_question(question)
    for text in notes:
        progress(f"note: {text}")
    maps, note = task_views(dataset, protocol)
    verdicts = test_views(maps, names, progress=progress)
    width = sum(s.values[0].numel() for s in dataset.streams)
    near = nearest_of(dataset.task.modality, dataset.rows, width, verdicts, dataset.targets)
    return Assessment(", ".join(question.data), note, verdicts, near)


def nearest_of(
    modality: str, rows: int, width: int, verdicts: list[Verdict], targets: dict
) -> dict[str, list[Neighbour]]:
    """The nearest tasks of the shipped board for every target; targets: name -> (n,) classes or numbers."""
    found = {}
    for target, labels in targets.items():
        mine = [v for v in verdicts if v.target == target]
        found[target] = neighbours(profile_of(modality, rows, width, mine, class_codes(np.asarray(labels))[0]))
    return found


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
def assess_arrays(
    views: Sequence, targets: dict, groups=None, unlabelled=None, names=None, seed: int = 0
) -> Assessment:
    """What two or more arrays (n, dim) show about their targets. `unlabelled`: further pairs, of two views."""
    if len(views) < 2:
        raise InputError(f"two or more views are compared, got {len(views)}")
    arrays = tuple(as_matrix(x, f"x{k + 1}") for k, x in enumerate(views))
    more = None
    if unlabelled is not None:
        pair = [as_matrix(u, "unlabelled") for u in unlabelled]
        widths = [x.shape[1] for x in arrays]
        if [u.shape[1] for u in pair] != widths or len({len(u) for u in pair}) > 1:
            raise InputError(
                "unlabelled items must have as many columns as the views, got "
                f"{' and '.join(str(u.shape) for u in pair)} for views of {' and '.join(map(str, widths))} columns"
            )
        if len(arrays) > 2:
            raise InputError(f"unlabelled pairs help two views, and here are {len(arrays)}; leave them out")
        more = tuple(pair)
    read = reduced(ViewData(arrays, targets, None if groups is None else np.asarray(groups), pairs=more))
    before = {f"x{k + 1}": x.shape[1] for k, x in enumerate(arrays)}
    notes = [in_words(k, read.named(k).shape[1], before[k], share) for k, share in read.kept.items()]
    verdicts = [v.noting(*notes) for v in test_views([read], names, seed=seed)]
    near = nearest_of("pairs", len(arrays[0]), sum(before.values()), verdicts, targets)
    return Assessment(f"{len(arrays)} arrays", f"the {streams_in_words(len(arrays))}", verdicts, near)


def reduced(views: ViewData) -> ViewData:
    """The views as their tests read them: those of more columns than the rows allow through principal components."""
    most, found = components_for(len(views.x1), len(views.views), STANDARD.assumption_dim), {}
    for k, x in enumerate(views.views):
        pair = [x] if views.pairs is None else [x, views.pairs[k]]
        mean, sd = x.mean(0), x.std(0)
        used = sd > 1e-9
        scaled = [(v[:, used] - mean[used]) / sd[used] for v in pair] if x.shape[1] > most else pair
        found[f"x{k + 1}"] = through_components(scaled, most)
    arrays = [f.arrays for f in found.values()]
    return replace(
        views,
        views=tuple(a[0] for a in arrays),
        pairs=None if views.pairs is None else (arrays[0][1], arrays[1][1]),
        dropped={k: f.dropped[0] for k, f in found.items() if f.dropped},
        kept={k: f.share for k, f in found.items() if f.dropped},
    )
