"""The negative control: what would be found if view 2 held all that view 1 says, as a product of two directions.

From few rows such a code is learnt in part only, and what is missed looks like information of view 1 alone. The control
measures how much, on the view's own rows: a reading has to exceed it before it is called a violation.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from sslbench.information.folds import Folds
from sslbench.information.intervals import mean_and_error
from sslbench.information.positive_controls import bisect, information_of
from sslbench.information.readers.cross_fitted import read_both, read_one
from sslbench.information.readers.crossview import cross_view_features

MOST = 0.8  # of log(classes): the strongest label that is planted


def _coded_view(x1: Tensor, x2: Tensor, g: torch.Generator, axes: tuple[Tensor, ...]) -> tuple[Tensor, Tensor]:
    """View 1 with one direction of it set to the product of two directions of view 2; and that product.

    The rows of view 1 are shuffled first, so that nothing else is shared. axes: a direction of view 1, two of view 2.
    """
    a, b = (((x2 @ axis) - (x2 @ axis).mean()) / (x2 @ axis).std().clamp_min(1e-6) for axis in axes[1:])
    product = a * b
    product = (product - product.mean()) / product.std().clamp_min(1e-6)
    moved = x1[torch.randperm(len(x1), generator=g)]
    return moved + torch.outer(product - moved @ axes[0], axes[0]), product


def label_drawer(code: Tensor, classes: int, g: torch.Generator) -> Callable[[float], Tensor]:
    """A function that draws labels (n,) of which a code (n,), with sd 1, tells so many nats by a random contrast."""
    contrast = torch.randn(classes, generator=g).double() if classes > 2 else torch.tensor([-1.0, 1.0]).double()
    contrast = (contrast - contrast.mean()) / contrast.std()
    t = code.double()
    base, some = torch.zeros(1, classes, dtype=torch.double), t[torch.randperm(len(t), generator=g)[:400]]
    one = torch.ones(1, dtype=torch.double)

    def draw(nats: float) -> Tensor:
        beta = bisect(lambda b: information_of(base, one, some, contrast, b), nats)
        return torch.multinomial(torch.softmax(beta * t[:, None] * contrast, -1), 1, generator=g)[:, 0]

    return draw


def negative_control_gap(
    x1: Tensor,
    x2: Tensor,
    y: Tensor,
    classes: int,
    folds: Folds,
    groups,
    unlabelled: tuple[Tensor, Tensor] | None,
    seed: int,
) -> tuple[float, float]:
    """Gap and its standard error, nats, that is found where the truth is 0.

    It is 0 because view 2 codes all that view 1 says about the label as a product. Predictive models read as much about
    the label in that code as about y in view 1.

    x1, x2: (n, dim), standardised, without cross-view features; unlabelled: further pairs. One random code;
    without the network model.
    """
    labels = y[None].expand(folds.count, -1)
    (own,) = read_one(x1, labels, classes, folds, [folds.full], False, seed + 41)
    strength = max(float((own.prior - own.single).mean()), 0.02)
    g = torch.Generator().manual_seed(seed + 43)
    unit = lambda width: torch.nn.functional.normalize(torch.randn(width, generator=g), dim=0)  # noqa: E731
    axes = (unit(x1.shape[1]), unit(x2.shape[1]), unit(x2.shape[1]))
    coded, product = _coded_view(x1, x2, g, axes)
    more = None if unlabelled is None else (_coded_view(*unlabelled, g, axes)[0], unlabelled[1])
    draw = label_drawer(product, classes, g)
    planted = lambda nats: draw(nats)[None].expand(folds.count, -1)  # noqa: E731
    drawn = planted(strength)
    (again,) = read_one(coded, drawn, classes, folds, [folds.full], False, seed + 41)
    read_back = float((again.prior - again.single).mean())
    if read_back < strength / 2:  # from few rows models see a part only, of y as of this: so much more is planted
        drawn = planted(min(strength * strength / max(read_back, strength / 10), MOST * math.log(classes)))
    z2 = torch.cat([x2, cross_view_features(coded, x2, folds, seed + 47, more)], 1)
    (found,) = read_both(z2, coded, drawn, classes, folds, [folds.full], False, seed + 53, False)
    return mean_and_error(found.gap, groups)
