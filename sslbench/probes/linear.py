"""The linear probe: softmax regression on frozen features, its L2 strength chosen on val by log-loss."""

import numpy as np
import torch
from torch import Tensor

from sslbench.probes.base import Frozen, Probe, ProbeCard
from sslbench.probes.logistic import logistic_path
from sslbench.probes.metrics import Measured
from sslbench.registry import PROBES


def normalise(train: Tensor, *others: Tensor) -> list[Tensor]:
    """Features centred on train and scaled, all by one number, so that the mean variance of train is 1.

    One scale, not one per feature: a probe then sees the same representation up to rotation. (rows, dim) each.
    """
    mean = train.mean(0)
    scale = (train - mean).square().mean().sqrt().clamp_min(1e-12)
    return [(h - mean) / scale for h in (train, *others)]


class LinearFit:
    """Softmax regression fitted on train at every strength; the one that val chose."""

    def __init__(
        self,
        train: tuple[Tensor, np.ndarray],
        val: tuple[Tensor, np.ndarray],
        classes: int,
        strengths: tuple[float, ...],
        iterations: int,
    ):
        """Fit every strength on train, and choose one on val. train, val: (features (rows, dim), integer labels)."""
        (x, y), (xv, yv) = train, val
        self._train = x
        x, xv = normalise(x, xv)
        onehot = torch.nn.functional.one_hot(torch.as_tensor(y, device=x.device), classes).to(x)
        self._path = logistic_path(x[None], onehot[None], torch.tensor(strengths), iterations=iterations)
        logits = self._path.logits(xv[None])[0].double()  # (rows, strengths, classes)
        right = torch.as_tensor(yv, device=x.device)[:, None, None].expand(-1, len(strengths), 1)
        losses = -logits.log_softmax(-1).gather(-1, right).mean((0, 2))
        self._best = int(losses.argmin())
        self.strength, self.val_loss = strengths[self._best], float(losses[self._best])  # mean log-loss in nats

    def log_probabilities(self, features: Tensor) -> np.ndarray:
        """Log-probabilities of rows (n, dim): (n, classes), natural, float64."""
        _, x = normalise(self._train, features)
        return self._path.logits(x[None], self._best)[0].double().log_softmax(-1).cpu().numpy()

    def head(self) -> tuple[Tensor, Tensor]:
        """Weight (dim, classes) and bias (classes,) of the chosen fit, for features that are not normalised."""
        mean = self._train.mean(0)
        scale = (self._train - mean).square().mean().sqrt().clamp_min(1e-12)
        weight = self._path.coefficient[0, :, self._best] / scale
        return weight, self._path.intercept[0, self._best] - mean @ weight


def linear_fit(frozen: Frozen) -> LinearFit:
    """The linear probe's fit of a readout; made once, as settings are chosen by it too."""
    (x, xv, _), (y, yv, _), protocol = frozen.features[0], frozen.labels, frozen.protocol
    return frozen.once(
        "linear",
        lambda: LinearFit((x, y), (xv, yv), frozen.classes, protocol.probe_strengths, protocol.probe_iterations),
    )


@PROBES.register("linear")
class LinearProbe(Probe):
    """Softmax regression on frozen h.

    Strengths from "as good as none" to "ignore the features"; train fits, val chooses.
    """

    card = ProbeCard(
        "softmax regression",
        "class probabilities",
        {"joint": ("bits", "accuracy", "balanced-accuracy"), "stream": ("bits", "accuracy")},
    )

    def read(self, frozen: Frozen) -> list[Measured]:
        measured = frozen.probability_scores(linear_fit(frozen).log_probabilities(frozen.features[0].test))
        return measured[: len(self.card.outputs[frozen.readout])]
