"""The linear probe: softmax regression on frozen features, its L2 strength chosen on val by log-loss."""

import numpy as np
import torch
from torch import Tensor

from sslbench.probes.logistic import logistic_path
from sslbench.registry import PROBES


def normalise(train: Tensor, *others: Tensor) -> list[Tensor]:
    """Features centred on train and scaled, all by one number, so that the mean variance of train is 1.

    One scale, not one per feature: a probe then sees the same representation up to rotation. (rows, dim) each.
    """
    mean = train.mean(0)
    scale = (train - mean).square().mean().sqrt().clamp_min(1e-12)
    return [(h - mean) / scale for h in (train, *others)]


@PROBES.register("linear")
class LinearProbe:
    """Softmax regression on frozen h. Strengths from "as good as none" to "ignore the features"; train fits, val
    chooses.
    """

    reads = "class probabilities"

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
