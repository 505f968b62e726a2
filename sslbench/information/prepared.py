"""Two views and a label made ready to be read: checked, standardised, folded, view 2 with its cross-view features."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from sslbench.errors import InputError
from sslbench.information.folds import Folds, make_folds
from sslbench.information.readers.crossview import cross_view_features, standardise
from sslbench.information.readers.wide import wide_scores

FOLDS = 5
FEWEST_ROWS = 50
BINS, MOST_LEVELS = 4, 20  # classes that a numeric target is binned into; distinct values up to which it is classes


@dataclass(frozen=True)
class Prepared:
    """Views and labels ready to be read: standardised, folded, view 2 with its cross-view features."""

    x1: Tensor
    z2: Tensor
    y: Tensor
    classes: int
    folds: Folds
    groups: np.ndarray | None
    network: bool
    seed: int
    unlabelled: tuple[Tensor, Tensor] | None = None
    own: int = 0  # columns of view 2 before its cross-view features
    dropped: Tensor | None = None  # columns of view 2 that a reduction left out, with sd 1

    @cached_property
    def every(self) -> Tensor | None:
        """All columns of view 2, those dropped included, if any were: (n, dim)."""
        return None if self.dropped is None else torch.cat([self.z2[:, : self.own], self.dropped], 1)

    @cached_property
    def wide(self) -> list[Tensor] | None:
        """Scores of all columns of view 2, if any were dropped, at full size and both halves: (folds, n, columns)."""
        if self.every is None:
            return None
        f, labels = self.folds, self.y[None].expand(self.folds.count, -1)
        return wide_scores(self.every, labels, self.classes, f, [f.full, f.half_a, f.half_b])

    @cached_property
    def lines(self) -> list[Tensor] | None:
        """Of `wide` the scores as lines alone, which are its first half."""
        return None if self.wide is None else [w[..., : w.shape[-1] // 2] for w in self.wide]

    @cached_property
    def given(self) -> Tensor:
        """All that a linear model is shown of view 2 in one table, (n, dim): z2, and the lines of rows as tested."""
        if self.lines is None:
            return self.z2
        return torch.cat([self.z2, self.lines[0][torch.as_tensor(self.folds.fold), torch.arange(len(self.y))]], 1)


def matrix(x, name: str) -> Tensor:
    x = x.detach().cpu().float() if isinstance(x, Tensor) else torch.tensor(np.array(x, dtype=np.float32))
    x = x[:, None] if x.ndim == 1 else x.flatten(1)
    if not x.isfinite().all():
        raise InputError(
            f"{name} holds {int((~x.isfinite()).sum())} values that are nan or infinite; drop or fill them first"
        )
    return x


def is_regression(y: np.ndarray) -> bool:
    """Whether a target is a number to be binned, not a class: floating point, with more than 20 distinct values."""
    return np.issubdtype(y.dtype, np.floating) and len(np.unique(y)) > MOST_LEVELS


def class_codes(y: np.ndarray) -> tuple[np.ndarray, int]:
    """Labels (n,) as 0 .. classes-1; numbers in BINS classes of equal shares.

    Raises InputError for a target that is constant, an id, has gaps, or a class of fewer than FOLDS rows.
    """
    if np.issubdtype(y.dtype, np.floating) and not np.isfinite(y).all():
        raise InputError(
            f"y holds {int((~np.isfinite(y)).sum())} values that are nan or infinite; drop those rows first"
        )
    if is_regression(y):
        y = np.searchsorted(np.quantile(y, np.arange(1, BINS) / BINS), y, side="right")
    names, codes, counts = np.unique(y.astype(str) if y.dtype == object else y, return_inverse=True, return_counts=True)
    if len(names) < 2:
        raise InputError("y has one class only; at least 2 are needed")
    if len(names) > len(y) / 5:
        raise InputError(
            f"y has {len(names)} classes in {len(y)} rows: an id or a number, not classes. Choose another target; a "
            "number to be binned must be floating point"
        )
    if counts.min() < FOLDS:
        raise InputError(
            f"class {names[counts.argmin()]!r} has {counts.min()} rows; every class needs at least {FOLDS}. "
            "Merge rare classes, or drop their rows"
        )
    return codes.ravel(), len(names)


def prepare(x1, x2, y, groups=None, unlabelled=None, network: bool = True, seed: int = 0, dropped=None) -> Prepared:
    """Check and prepare two views (n, dim) and class labels (n,).

    groups: (n,), rows of one group stay in one fold (several views of one item, neighbouring patches); unlabelled: more
    pairs (x1, x2) for the cross-view features; dropped: (n, more), columns that a reduction left out of x2, with sd 1.
    Raises InputError for what cannot be read.
    """
    x1, x2 = matrix(x1, "x1"), matrix(x2, "x2")
    y = y.cpu().numpy() if isinstance(y, Tensor) else np.asarray(y)
    y = y.reshape(len(y), -1)[:, 0] if y.ndim == 2 and y.shape[1] == 1 else y
    if y.ndim != 1:
        raise InputError(f"y must be (n,), one value per row; got shape {y.shape}. Several targets go in a dict")
    if not len(x1) == len(x2) == len(y):
        raise InputError(f"x1, x2 and y must have the same number of rows, got {len(x1)}, {len(x2)} and {len(y)}")
    if len(y) < FEWEST_ROWS:
        raise InputError(
            f"{len(y)} rows are too few to read conditional information; at least {FEWEST_ROWS} are needed"
        )
    y, classes = class_codes(y)
    groups = None if groups is None else np.asarray(groups)
    if groups is not None and len(np.unique(groups)) < 2 * FOLDS:
        raise InputError(
            f"{len(np.unique(groups))} groups are too few for {FOLDS} folds with halves; "
            f"at least {2 * FOLDS} are needed"
        )
    more = (None, None) if unlabelled is None else tuple(matrix(u, "unlabelled") for u in unlabelled)
    some = lambda u: u if u is not None and len(u) else None  # noqa: E731
    (x1, u1), (x2, u2) = standardise(x1, some(more[0])), standardise(x2, some(more[1]))
    if not x1.shape[1] or not x2.shape[1]:
        raise InputError(f"{'x1' if not x1.shape[1] else 'x2'} is constant: it can tell nothing")
    folds = make_folds(len(y), FOLDS, groups, seed)
    none = unlabelled is not None and not len(more[0])  # an empty set: no cross-view features
    pairs = None if none or unlabelled is None else (u1, u2)
    crossed = x2[:, :0] if none else cross_view_features(x1, x2, folds, seed + 5, pairs)
    z2 = torch.cat([x2, crossed], 1)
    more = None if dropped is None else torch.as_tensor(dropped).float()
    return Prepared(x1, z2, torch.as_tensor(y), classes, folds, groups, network, seed, pairs, x2.shape[1], more)
