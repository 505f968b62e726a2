"""The models of one side, cross-fitted at several training sizes.

They are: prior, ridge softmax path, link, interaction, cells, triple, network.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import one_hot

from sslbench.information.folds import Folds, index_table
from sslbench.information.readers.cells import cell_logits, linear_scores
from sslbench.information.readers.interaction import CELLS, interaction_logits
from sslbench.information.readers.link import link_logits
from sslbench.information.readers.network import network_logits
from sslbench.information.readers.products import triple_logits
from sslbench.information.readers.softmax import path_logits, softmax_path
from sslbench.information.readers.stacking import FLOOR, stack

RIDGES = (1e-3, 1e-2, 8e-2, 4e-1)
BASE = 2  # the ridge whose fit the interaction model starts from
SHARPER = 2.0  # the interaction model's logits times this are a model too: noisy directions make its link too flat
RESIDUAL_RIDGE, LEAST_RESIDUAL = 1e-3, 0.05  # of view 1 given view 2, both with sd 1
FIRST_WEIGHT = 0.8  # starting weight of the view-2 stack inside the joint library: stopping early shrinks the gap to 0


@dataclass(frozen=True)
class Losses:
    """Held-out log-losses per row, nats, at one training size: of the prior, of view 2's stack, of the joint stack."""

    prior: Tensor
    single: Tensor
    joint: Tensor

    @property
    def gap(self) -> Tensor:
        """What the joint stack gains over view 2's, per row: its mean estimates I(Y; X1 | X2)."""
        return self.single - self.joint


def read_side(
    x: Tensor,
    blocks: list[slice],
    labels: Tensor,
    classes: int,
    folds: Folds,
    sizes: list[list[np.ndarray]],
    network: bool,
    seed: int,
    triple: bool = True,
    every_class: bool = False,
    wide: list[Tensor] | None = None,
) -> list[Tensor]:
    """Out-of-fold probability of the true label, (models, n) float64, for every training size.

    Of every class, (models, n, classes), if `every_class`. x: (n, dim); labels: (folds, n), the labels that each
    fold's fits see (those of controls differ by fold); triple: whether products of three directions across the two
    blocks are read too; wide: further columns of the first block, (folds, n, more) for every size, each fit's own.
    """
    count = folds.count
    test, _ = index_table(folds.tests)
    truth = labels.gather(1, test)
    if wide is not None:
        more = wide[0].shape[-1]
        blocks = [slice(b.start + more * (i > 0), b.stop + more) for i, b in enumerate(blocks)]
    drawn = []
    if network:
        train, weight = index_table([rows for size in sizes for rows in size])
        times = len(sizes)
        own = None if wide is None else torch.cat(wide)
        labelled = labels.repeat(times, 1)
        drawn = network_logits(x, train, weight.sum(1), labelled, test.repeat(times, 1), classes, seed, own)
    out = []
    for s, size in enumerate(sizes):
        train, weight = index_table(size)
        rows, tests = x[train], x[test]
        if wide is not None:
            fit = torch.arange(count)[:, None]
            rows, tests = (torch.cat([wide[s][fit, i], r], -1) for i, r in ((train, rows), (test, tests)))
        mean = (rows * weight[..., None]).sum(1, keepdim=True) / weight.sum(1)[:, None, None]
        rows, tests = rows - mean, tests - mean
        y = one_hot(labels.gather(1, train), classes).to(x)
        coefficient, intercept, _ = softmax_path(rows, y, torch.tensor(RIDGES), weight)
        path = path_logits(tests, coefficient, intercept)
        base = path_logits(rows, coefficient[:, :, BASE : BASE + 1], intercept[:, BASE : BASE + 1])[:, :, 0]
        start = path[:, :, BASE]
        crossed, *cells = interaction_logits(rows, y, weight, base, tests, start, blocks)
        if len(blocks) == 2:
            scores = linear_scores(coefficient[:, :, BASE], blocks)
            cells += [cell_logits(rows @ scores, y, weight, base, tests @ scores, start, bins)[0] for bins in CELLS]
        cubic = triple_logits(rows, y, weight, base, tests, start, blocks) if triple and len(blocks) == 2 else []
        curved = link_logits(base, y, weight, start)
        logits = [*path.unbind(2), crossed, SHARPER * crossed, *cells, *cubic, curved]
        logits += [snapshot[s * count : (s + 1) * count] for snapshot in drawn]
        probability = torch.zeros(len(logits), x.shape[0], classes if every_class else 1, dtype=torch.double)
        for model, values in enumerate(logits):
            found = values.double().softmax(-1)
            found = found if every_class else found.gather(-1, truth[..., None])
            probability[model, test.reshape(-1)] = found.flatten(0, 1)
        out.append(probability if every_class else probability[..., 0])
    return out


def posterior(
    x: Tensor, y: Tensor, classes: int, folds: Folds, network: bool, seed: int, wide: list[Tensor] | None = None
) -> Tensor:
    """Out-of-fold class probabilities of the stacked models of one view, (n, classes).

    x: (n, dim); y: (n,) classes.
    """
    labels = y[None].expand(folds.count, -1)
    blocks = [slice(0, x.shape[1])]
    (every,) = read_side(x, blocks, labels, classes, folds, [folds.full], network, seed, True, True, wide)
    counts = torch.stack([torch.bincount(y[torch.as_tensor(rows)], minlength=classes) for rows in folds.full])
    share = (counts + 0.5).double()
    prior = (share / share.sum(1, keepdim=True))[torch.as_tensor(folds.fold)]  # (n, classes)
    every = torch.cat([prior[None], every])
    fold = torch.as_tensor(folds.fold)
    right = every.gather(-1, y[None, :, None].expand(len(every), -1, 1))[..., 0]
    _, weight = stack(right, fold, folds.count)
    return torch.einsum("nr,rnc->nc", weight[fold], every)


def _prior(labels: Tensor, classes: int, folds: Folds, size: list[np.ndarray]) -> Tensor:
    """Probability of each row's label under the class shares of its fold's training rows, (n,).

    Half a row is added to each class.
    """
    fold = torch.as_tensor(folds.fold)
    counts = torch.stack(
        [torch.bincount(labels[k][torch.as_tensor(rows)], minlength=classes) for k, rows in enumerate(size)]
    )
    share = (counts + 0.5).double()
    return (share / share.sum(1, keepdim=True))[fold, labels[fold, torch.arange(len(fold))]]


def read_one(
    x: Tensor,
    labels: Tensor,
    classes: int,
    folds: Folds,
    sizes: list[list[np.ndarray]],
    network: bool,
    seed: int,
    wide: list[Tensor] | None = None,
) -> list[Losses]:
    """Stacked held-out losses of one side; `joint` is `single`.

    Arguments as in `read_side`.
    """
    out = []
    every = read_side(x, [slice(0, x.shape[1])], labels, classes, folds, sizes, network, seed, wide=wide)
    for size, found in zip(sizes, every, strict=True):
        prior = _prior(labels, classes, folds, size)
        single, _ = stack(torch.cat([prior[None], found]), torch.as_tensor(folds.fold), folds.count)
        loss = -single.clamp_min(FLOOR).log()
        out.append(Losses(-prior.log(), loss, loss))
    return out


def beyond(x1: Tensor, z2: Tensor) -> Tensor:
    """View 1 less what is linear in view 2, each column brought to sd 1 where that is more than noise: (n, dim).

    Spans the same with z2 as x1 does, but products of directions then lie in one block of columns each, however alike
    the views are. Labels are not used.
    """
    a, b = x1 - x1.mean(0), z2 - z2.mean(0)
    gram = (b.T @ b / len(b) + RESIDUAL_RIDGE * torch.eye(b.shape[1])).double()
    residual = a - b @ torch.linalg.solve(gram, (b.T @ a / len(b)).double()).float()
    return residual / residual.std(0).clamp_min(LEAST_RESIDUAL)


def read_both(
    z2: Tensor,
    x1: Tensor,
    labels: Tensor,
    classes: int,
    folds: Folds,
    sizes: list[list[np.ndarray]],
    network: bool,
    seed: int,
    triple: bool = True,
    wide: list[Tensor] | None = None,
) -> list[Losses]:
    """Stacked held-out losses of view 2 alone and of both views, for every training size.

    Arguments as in `read_side`.
    """
    width = z2.shape[1]
    joint = torch.cat([z2, beyond(x1, z2)], 1)
    blocks = [slice(0, width), slice(width, joint.shape[1])]
    alone = read_one(z2, labels, classes, folds, sizes, network, seed, wide)
    both = read_side(joint, blocks, labels, classes, folds, sizes, network, seed + 1, triple, wide=wide)
    out = []
    for one, found in zip(alone, both, strict=True):
        library = torch.cat([(-one.single).exp()[None], found])
        mixed, _ = stack(library, torch.as_tensor(folds.fold), folds.count, first=FIRST_WEIGHT)
        out.append(Losses(one.prior, one.single, -mixed.clamp_min(FLOOR).log()))
    return out
