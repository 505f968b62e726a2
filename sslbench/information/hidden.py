"""What a given view may hold in components that were dropped, and that the scores of all its components do not show.

Two things are measured on the data. What is nonlinear in the dropped components: as much again as products of all
components were found to add, or the share by which nonlinear models beat linear ones on the kept components, whichever
is more. What is linear, but spread over so many components that these rows do not teach it: the reading of a plant.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import normalize

from sslbench.information.conditional import PAD, Reading
from sslbench.information.dropped import linear_stack
from sslbench.information.intervals import Z95, mean_and_error
from sslbench.information.negative_control import MOST, label_drawer
from sslbench.information.prepared import Prepared
from sslbench.information.readers.cross_fitted import read_both, read_one
from sslbench.information.readers.crossview import cross_view_features
from sslbench.information.readers.wide import wide_scores


@dataclass(frozen=True)
class Hidden:
    """Nats. What lines and products of all components were found to add, and what may yet be hidden."""

    lines: float  # gain of the lines beside the models of the kept components
    products: float  # gain of the products beside both
    share: float  # what nonlinear models of the kept components gain over linear ones, per nat of the linear ones
    nonlinear: float  # that may be hidden: the larger of the two high ends
    spread: float  # read where the given view holds, along one line through all components, all that view 1 adds
    spread_se: float

    @property
    def most(self) -> float:
        """All of it, the high end."""
        return self.nonlinear + max(0.0, self.spread + Z95 * self.spread_se)


def hidden_information(p: Prepared, r: Reading) -> Hidden:
    """What may be hidden in the dropped components of view 2. Asks for a view of which some were dropped."""
    assert p.wide is not None, "nothing was dropped"
    f, labels = p.folds, p.y[None].expand(p.folds.count, -1)
    read = lambda wide: read_one(p.z2, labels, p.classes, f, [f.full], p.network, p.seed + 11, wide)[0]  # noqa: E731
    kept, lined = read(None), read(p.lines[:1])
    everything = lined.prior - r.gains[0]  # losses with lines and products
    lines, lines_se = mean_and_error(kept.single - lined.single, p.groups)
    products, products_se = mean_and_error(lined.single - everything, p.groups)
    straight = linear_stack(p.z2, p.y, p.classes, f)
    linear, curved = float((kept.prior - straight).mean()), float((straight - kept.single).mean())
    share = max(0.0, curved) / linear if linear > r.tolerance else 1.0
    nonlinear = max(0.0, products + Z95 * products_se, share * (lines + Z95 * lines_se)) + PAD
    spread, spread_se = _spread_gap(p, r.gap)
    return Hidden(lines, products, share, nonlinear, spread, spread_se)


def _spread_gap(p: Prepared, strength: float) -> tuple[float, float]:
    """Gap and its error, nats, where the truth is 0: view 2 holds `strength` along one line through all components.

    View 1 shows the same in one direction. Of full size and what half the rows foretell of twice as many, the smaller,
    as in the low end of a reading.
    """
    every, f, g = p.every, p.folds, torch.Generator().manual_seed(p.seed + 83)
    axis, line = (normalize(torch.randn(x.shape[1], generator=g), dim=0) for x in (p.x1, every))
    code = every @ line
    code = (code - code.mean()) / code.std().clamp_min(1e-6)
    moved = p.x1[torch.randperm(len(code), generator=g)]
    shown = moved + torch.outer(code - moved @ axis, axis)
    labels = label_drawer(code, p.classes, g)(min(strength, MOST * math.log(p.classes)))[None].expand(f.count, -1)
    sizes = [f.full, f.half_a]
    own: Tensor = p.z2[:, : p.own]
    z2 = torch.cat([own, cross_view_features(shown, own, f, p.seed + 87, None)], 1)
    wide = wide_scores(every, labels, p.classes, f, sizes)
    full, fewer = read_both(z2, shown, labels, p.classes, f, sizes, False, p.seed + 91, False, wide)
    return min(mean_and_error(full.gap, p.groups), mean_and_error(2 * full.gap - fewer.gap, p.groups))
