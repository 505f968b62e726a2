"""The spectrum of a representation: in how many directions it varies, and whether it has collapsed."""

import torch
from torch import Tensor

POINT = 1e-3  # variance over mean square, below which a representation is a point
LINE = 1.2  # effective rank below which it is a line
ALIKE = 0.9  # mean cosine between different rows' embeddings above which a loss of angles sees one point
NARROW = 0.1  # mean sd of an embedding's columns below which a loss of distances sees one point


def effective_rank(z: Tensor) -> Tensor:
    """exp of the entropy of the normalised singular values of the centred rows, from 1 to dim: (..., n, dim) -> (...).

    Source: Roy & Vetterli 2007 (EUSIPCO), Eq. 3; as RankMe, Garrido et al. 2023, arXiv:2210.02885, Eq. 1, but centred.
    """
    values = torch.linalg.svdvals((z - z.mean(-2, keepdim=True)).double())
    share = values / values.sum(-1, keepdim=True).clamp_min(1e-300) + 1e-12
    return (-(share * share.log()).sum(-1)).exp()


def collapse_of(z: Tensor) -> str:
    """How a representation (n, dim) has collapsed, in words; "" if it has not."""
    z = z.double()
    variance = z.var(0, correction=0).sum() / z.square().sum(-1).mean().clamp_min(1e-300)
    if variance < POINT:
        return f"all rows are nearly one point (variance over mean square {variance:.1e})"
    rank = float(effective_rank(z))
    if z.shape[-1] > 2 and rank < LINE:
        return f"effective rank {rank:.2f} of {z.shape[-1]}"
    return ""


def embedding_collapse_of(z: Tensor) -> str:
    """How an embedding (n, dim) has collapsed in the eyes of a loss, in words; "" if it has not.

    Thresholds were set by looking at every registered method after 100 steps on digits: SimSiam without its
    stop-gradient has a mean cosine of .97, VICReg without its variance term a mean sd of .09.
    """
    unit, n = torch.nn.functional.normalize(z.double(), dim=-1), len(z)
    cosine = float((unit.sum(0).square().sum() - n) / (n * (n - 1)))
    if cosine > ALIKE:
        return f"different rows have a mean cosine of {cosine:.2f}"
    sd = float(z.double().std(0).mean())
    return f"the mean sd of its columns is {sd:.2g}" if sd < NARROW else ""
