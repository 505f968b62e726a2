"""Masks over tokens: whole source columns or image patches, so that a one-hot block is hidden or shown as one."""

from functools import lru_cache

import torch
from torch import Tensor

from sslbench.draws import Draw


@lru_cache(maxsize=256)
def count_of(tokens: Tensor) -> int:
    """How many tokens a stream has; tokens: (inputs,), the token of every flat input.

    The answer for a tensor is kept, so that a captured step never has to ask the device.
    """
    return int(tokens.max()) + 1


def choose_tokens(draw: Draw, tokens: Tensor, batch: int, share) -> Tensor:
    """Exactly round(share x tokens) tokens of every row, at least one and never all: (runs, batch, tokens), boolean."""
    count = count_of(tokens)
    chosen = min(max(1, int(share * count + 0.5)), max(1, count - 1))
    which = draw.uniform((draw.runs, batch, count)).topk(chosen, largest=False, sorted=False).indices
    return torch.zeros(draw.runs, batch, count, dtype=torch.bool, device=which.device).scatter_(-1, which, True)


def spread(chosen: Tensor, tokens: Tensor) -> Tensor:
    """From tokens to inputs: (runs, batch, tokens) -> (runs, batch, inputs)."""
    return chosen[..., tokens]


def blank(x: Tensor, hidden: Tensor) -> Tensor:
    """x with the hidden inputs at 0, which is their mean; hidden: (runs, batch, inputs)."""
    return x.masked_fill(hidden.view_as(x), 0.0)


def token_any(flags: Tensor, tokens: Tensor) -> Tensor:
    """Whether any input of a unit is set: (runs, batch, inputs) -> (runs, batch, tokens)."""
    total = flags.new_zeros((*flags.shape[:2], count_of(tokens)), dtype=torch.float32)
    return total.index_add(-1, tokens, flags.float()) > 0


def swap_tokens(x: Tensor, chosen: Tensor, tokens: Tensor, draw: Draw) -> Tensor:
    """Every chosen unit replaced by that of a random row; x: (runs, batch, ...), chosen: (runs, batch, tokens)."""
    flat = x.flatten(2)
    donor = draw.integers(chosen.shape, high=x.shape[1])[..., tokens]  # (runs, batch, inputs)
    return torch.where(spread(chosen, tokens), flat.gather(1, donor), flat).view_as(x)


def masked_mean(errors: Tensor, mask: Tensor) -> Tensor:
    """Mean of the errors where the mask is set, per run; both (runs, batch, inputs) -> (runs,)."""
    return (errors * mask).sum((1, 2)) / mask.sum((1, 2)).clamp_min(1)
