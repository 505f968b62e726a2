"""Views of tables, on source columns: a category is replaced as a whole, so that every one-hot block stays valid."""

from dataclasses import dataclass

import torch
from torch import Tensor

from sslbench.draws import Draw
from sslbench.registry import VIEWS
from sslbench.views.base import View

SHARES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0)  # a grid of strengths that are shares


def share_of(strength: float, columns: int) -> int:
    """floor(strength x columns), at least one: a strength above 0 that changes nothing gives the same view twice."""
    return max(int(min(strength, 1.0) * columns + 1e-9), 1) if strength > 0 else 0


def resample_cells(table: Tensor, chosen: Tensor, draw: Draw, pool: Tensor) -> Tensor:
    """Replace the chosen cells by the same column of random pool rows, each cell its own row.

    (runs, batch, columns) -> same.
    """
    donor = draw.integers(table.shape, high=pool.shape[1])
    return torch.where(chosen, pool.gather(1, donor), table)


@VIEWS.register("resample")
@dataclass(frozen=True)
class Resample(View):
    """Exactly floor(strength x columns) cells of a row, at least one, drawn anew from their column's train marginal.

    Source: SCARF, Bahri et al. 2022, arXiv:2106.15147, section 3.
    """

    kind = "columns"
    grid = SHARES

    def __call__(self, batch: Tensor, draw: Draw, pool: Tensor) -> Tensor:
        count = share_of(self.strength, batch.shape[-1])
        which = draw.of("which").uniform(batch.shape).topk(count, largest=False, sorted=False).indices
        chosen = torch.zeros(batch.shape, dtype=torch.bool, device=batch.device).scatter_(-1, which, True)
        return resample_cells(batch, chosen, draw.of("donor"), pool)


@VIEWS.register("swap")
@dataclass(frozen=True)
class Swap(View):
    """Each cell, with probability `strength`, becomes the same column of a random train row.

    Source: VIME, Yoon et al. 2020, section 4 (there the donors are a permutation of the column).
    """

    kind = "columns"
    grid = SHARES

    def __call__(self, batch: Tensor, draw: Draw, pool: Tensor) -> Tensor:
        chosen = draw.of("which").uniform(batch.shape) < self.strength
        return resample_cells(batch, chosen, draw.of("donor"), pool)


@VIEWS.register("subset")
@dataclass(frozen=True)
class Subset(View):
    """A random subset of the columns is kept, the same one for a whole batch; the other cells become gaps.

    The share that is dropped is strength / 2, at least one column and never all. Source: SubTab, Ucar et al. 2021,
    arXiv:2110.04361, section 3 (there the subsets are blocks of neighbouring columns).
    """

    kind = "columns"
    grid = SHARES

    def __call__(self, batch: Tensor, draw: Draw, pool: Tensor) -> Tensor:
        columns = batch.shape[-1]
        dropped = min(share_of(self.strength / 2, columns), columns - 1)
        order = draw.permutation(columns)  # (runs, columns)
        gone = torch.zeros_like(order, dtype=torch.bool).scatter(1, order[:, :dropped], True)
        return batch.masked_fill(gone[:, None], float("nan"))


@VIEWS.register("noise")
@dataclass(frozen=True)
class Noise(View):
    """Gaussian noise on numbers, sd = strength x the column's train sd.

    For tables of numbers only: categories would be lost.
    """

    kind = "columns"
    numbers = True

    def __call__(self, batch: Tensor, draw: Draw, pool: Tensor) -> Tensor:
        centre = pool.nanmean(1, keepdim=True)
        sd = (pool - centre).square().nanmean(1, keepdim=True).sqrt()
        return batch + self.strength * sd * draw.normal(batch.shape)
