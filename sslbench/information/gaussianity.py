"""Whether a sample is normal: rejection rates of D'Agostino and Pearson's test."""

import torch
from scipy.stats import normaltest
from torch import Tensor

CONSTANT = 1e-20  # variance below which a sample does not vary


def rejection_rate(x: Tensor, level: float = 0.05) -> Tensor:
    """Share of samples (..., samples, n >= 20) whose normality K^2 rejects at `level`, (...).

    About `level` under normality, a little more in small samples; a sample that does not vary counts as rejected.
    Source: D'Agostino, Belanger & D'Agostino 1990, as `scipy.stats.normaltest`.
    """
    x = x.double()
    rejected = x.var(-1) < CONSTANT
    if (varied := ~rejected).any():
        p = normaltest(x[varied].cpu().numpy(), axis=-1).pvalue
        rejected[varied] = torch.as_tensor(p < level, device=x.device)
    return rejected.double().mean(-1)
