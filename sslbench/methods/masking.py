"""Masks over units: whole source columns or image patches, so that a one-hot block is hidden or shown as one."""

from functools import lru_cache

import torch
from torch import Tensor

from sslbench.draws import Draw


@lru_cache(maxsize=256)
def count_of(units: Tensor) -> int:
    """How many units a stream has. units: (inputs,), the unit of every flat input; the answer for a tensor is kept, so
    that a captured step never has to ask the device.
    """
    return int(units.max()) + 1


def choose_units(draw: Draw, units: Tensor, batch: int, share) -> Tensor:
    """Exactly round(share x units) units of every row, at least one and never all: (runs, batch, units), boolean."""
    count = count_of(units)
    chosen = min(max(1, int(share * count + 0.5)), max(1, count - 1))
    which = draw.uniform((draw.runs, batch, count)).topk(chosen, largest=False, sorted=False).indices
    return torch.zeros(draw.runs, batch, count, dtype=torch.bool, device=which.device).scatter_(-1, which, True)


def spread(chosen: Tensor, units: Tensor) -> Tensor:
    """From units to inputs: (runs, batch, units) -> (runs, batch, inputs)."""
    return chosen[..., units]


def blank(x: Tensor, hidden: Tensor) -> Tensor:
    """x with the hidden inputs at 0, which is their mean; hidden: (runs, batch, inputs)."""
    return x.masked_fill(hidden.view_as(x), 0.0)


def unit_any(flags: Tensor, units: Tensor) -> Tensor:
    """Whether any input of a unit is set: (runs, batch, inputs) -> (runs, batch, units)."""
    total = flags.new_zeros((*flags.shape[:2], count_of(units)), dtype=torch.float32)
    return total.index_add(-1, units, flags.float()) > 0


def swap_units(x: Tensor, chosen: Tensor, units: Tensor, draw: Draw) -> Tensor:
    """Every chosen unit replaced by the same unit of a random row of the batch; x: (runs, batch, ...), chosen: (runs,
    batch, units).
    """
    flat = x.flatten(2)
    donor = draw.integers(chosen.shape, high=x.shape[1])[..., units]  # (runs, batch, inputs)
    return torch.where(spread(chosen, units), flat.gather(1, donor), flat).view_as(x)


def masked_mean(errors: Tensor, mask: Tensor) -> Tensor:
    """Mean of the errors where the mask is set, per run; both (runs, batch, inputs) -> (runs,)."""
    return (errors * mask).sum((1, 2)) / mask.sum((1, 2)).clamp_min(1)
