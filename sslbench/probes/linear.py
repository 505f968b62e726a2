"""The linear probe: softmax regression on frozen features, its L2 strength chosen by cross-validation."""

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import one_hot

from sslbench.config import Protocol
from sslbench.probes.base import Frozen, Probe, ProbeCard
from sslbench.probes.folds import fold_of
from sslbench.probes.logistic import logistic_path
from sslbench.probes.metrics import class_prior
from sslbench.probes.predictions import Predicted, mixed
from sslbench.registry import PROBES

FOLD_TOLERANCE = 2e-3  # of the fits that only choose the strength; the fit that predicts is solved to 1e-4
MOST_ROWS = 6000  # rows that choose the strength; of more, so many are drawn
AT_ONCE = 2  # strengths tried together, the strongest first; weaker ones, slow to solve, only while the loss falls


def normalise(train: Tensor, *others: Tensor) -> list[Tensor]:
    """Features centred on train and scaled, all by one number, so that the mean variance of train is 1.

    One scale, not one per feature: a probe then sees the same representation up to rotation. (rows, dim) each.
    """
    mean = train.mean(0)
    scale = (train - mean).square().mean().sqrt().clamp_min(1e-12)
    return [(h - mean) / scale for h in (train, *others)]


class LinearFit:
    """Softmax regressions fitted on some rows, one for each strength."""

    def __init__(self, x: Tensor, y: np.ndarray, classes: int, strengths: tuple[float, ...], iterations: int):
        """x: features (rows, dim); y: integer labels (rows,)."""
        self.strengths, self._fitted_on = strengths, x
        (x,) = normalise(x)
        self._path = logistic_path(x[None], _onehot(x, y, classes)[None], torch.tensor(strengths), None, iterations)

    def log_probabilities(self, features: Tensor, which: int = 0) -> np.ndarray:
        """Log-probabilities of rows (n, dim) by the fit of one strength: (n, classes), natural, float64."""
        _, x = normalise(self._fitted_on, features)
        return self._path.logits(x[None], which)[0].double().log_softmax(-1).cpu().numpy()

    def losses(self, features: Tensor, y: np.ndarray) -> list[float]:
        """Mean log-loss in nats of rows (n, dim) with labels (n,), at every strength."""
        each = (self.log_probabilities(features, k) for k in range(len(self.strengths)))
        return [float(-log_p[np.arange(len(y)), y].mean()) for log_p in each]

    def head(self, which: int = 0) -> tuple[Tensor, Tensor]:
        """Weight (dim, classes) and bias (classes,) of the fit of one strength, for features as they are."""
        mean = self._fitted_on.mean(0)
        scale = (self._fitted_on - mean).square().mean().sqrt().clamp_min(1e-12)
        weight = self._path.coefficient[0, :, which] / scale
        return weight, self._path.intercept[0, which] - mean @ weight


def _onehot(x: Tensor, y: np.ndarray, classes: int) -> Tensor:
    return one_hot(torch.as_tensor(y, device=x.device), classes).to(x)


def fold_losses(x: Tensor, y: np.ndarray, classes: int, protocol: Protocol, groups: np.ndarray | None) -> np.ndarray:
    """Mean log-loss of held-out rows at every strength, (strengths,), nats; every row is held out in one fold.

    Of predictions with the prior mixed in, as they are scored: or one row of a class, which the other folds have not
    seen, would decide. Strengths are tried from the strongest on, two at a time; once the weaker ones are worse, those
    that are weaker still are left out (inf). x: (rows, dim); y: (rows,); groups: (rows,), whose rows are held out
    together. The folds are fits of one solve, over the same rows with weights 0 and 1. Of many rows, 6,000 are taken.
    """
    if len(y) > MOST_ROWS:
        some = np.sort(np.random.default_rng(0).permutation(len(y))[:MOST_ROWS])
        x, y, groups = x[torch.as_tensor(some, device=x.device)], y[some], None if groups is None else groups[some]
    (x,), target, folds = normalise(x), _onehot(x, y, classes), fold_of(y, protocol.probe_folds, groups)
    count, strengths = int(folds.max()) + 1, torch.tensor(protocol.probe_strengths)
    every, weight = x.expand(count, -1, -1), torch.as_tensor(folds != np.arange(count)[:, None], device=x.device).to(x)
    targets, prior = target.expand(count, -1, -1), class_prior(y, classes)
    own, rows = torch.as_tensor(folds, device=x.device), torch.arange(len(y), device=x.device)
    losses = np.full(len(strengths), np.inf)
    for some in strengths.argsort(descending=True).split(AT_ONCE):
        path = logistic_path(every, targets, strengths[some], weight, protocol.probe_iterations, FOLD_TOLERANCE)
        log_p = path.logits(every)[own, rows].double().log_softmax(-1).cpu().numpy()  # (rows, strengths, classes)
        log_p = mixed(log_p, prior, protocol.prior_share)
        losses[some.numpy()] = -log_p[np.arange(len(y)), :, y].mean(0)
        if losses.argmin() != some[-1]:
            break
    return losses


def linear_fit(
    x: Tensor, y: np.ndarray, classes: int, protocol: Protocol, groups: np.ndarray | None = None
) -> LinearFit:
    """The regression on all of these rows, at the strength that folds of them choose. x: (rows, dim); y: (rows,)."""
    best = int(fold_losses(x, y, classes, protocol, groups).argmin())
    return LinearFit(x, y, classes, (protocol.probe_strengths[best],), protocol.probe_iterations)


def val_bits(frozen: Frozen) -> float:
    """Bits on val of regressions on train, at the best strength: what a method's own settings are chosen by."""
    (x, xv, _), (y, yv, _), protocol = frozen.features[0], frozen.labels, frozen.protocol
    fit = LinearFit(x, y, frozen.classes, protocol.probe_strengths, protocol.probe_iterations)
    prior = class_prior(y, frozen.classes)
    return float((-np.log(prior[yv]).mean() - min(fit.losses(xv, yv))) / np.log(2))


@PROBES.register("linear")
class LinearProbe(Probe):
    """Softmax regression on frozen h.

    Strengths from "as good as none" to "ignore the features"; folds inside train + val choose, both fit.
    """

    version = 2
    card = ProbeCard(
        "softmax regression",
        "class probabilities",
        {"joint": ("bits", "accuracy", "balanced-accuracy"), "stream": ("bits", "accuracy")},
        budgets=True,
    )

    def read(self, frozen: Frozen) -> list[Predicted]:
        x, y, groups = frozen.known
        fit = linear_fit(x, y, frozen.classes, frozen.protocol, groups)
        return [frozen.probabilities(fit.log_probabilities(frozen.features[0].test))]
