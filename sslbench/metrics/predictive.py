"""Predictive models that metrics read a representation with: a ridge softmax and a two-layer network, held out."""

import math

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, one_hot

from sslbench.data.splits import Split
from sslbench.information.readers.network import network_logits
from sslbench.information.readers.softmax import path_logits, softmax_path
from sslbench.probes.metrics import class_prior


def _standard(x: Tensor, on: Tensor) -> Tensor:
    """Columns of (n, dim) with mean 0 and sd 1 on some rows."""
    mean, sd = x[on].mean(0), x[on].std(0)
    return ((x - mean) / torch.where(sd > 1e-6 * (1 + mean.abs()), sd, torch.ones_like(sd))).clamp(-8, 8)


def linear_losses(x: Tensor, y: Tensor, train: Tensor, test: Tensor, classes: int, ridge: float = 1e-2) -> Tensor:
    """Log-loss per test row, nats, of a ridge softmax fitted on the train rows. x: (n, dim); y: (n,)."""
    x = _standard(x.float(), train)
    target = one_hot(y[train], classes).float()[None]
    coefficient, intercept, _ = softmax_path(x[train][None], target, torch.tensor([ridge], device=x.device))
    return cross_entropy(path_logits(x[test][None], coefficient, intercept)[0, :, 0], y[test], reduction="none")


def mlp_bits(x: Tensor, y: Tensor, split: Split, classes: int) -> float:
    """Held-out bits of a two-layer network; val chooses among its snapshots and the class prior."""
    train, val, test = (torch.as_tensor(rows, device=x.device)[None] for rows in (split.train, split.val, split.test))
    x = _standard(x.float(), train[0])
    sizes, both = torch.tensor([train.shape[1]], device=x.device), torch.cat([val, test], 1)
    found = network_logits(x, train, sizes, y[None], both, classes, 3)
    prior = torch.as_tensor(class_prior(y[train[0]].cpu().numpy(), classes), device=x.device).log().float()
    options = [prior.expand(both.shape[1], -1), *(f[0] for f in found)]
    count = val.shape[1]
    best = min(options, key=lambda logits: float(cross_entropy(logits[:count], y[val[0]])))
    loss = [float(cross_entropy(logits[count:], y[test[0]])) for logits in (options[0], best)]
    return (loss[0] - loss[1]) / math.log(2)
