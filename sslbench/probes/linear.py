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

    @staticmethod
    def log_probabilities(
        train: tuple[Tensor, np.ndarray],
        val: tuple[Tensor, np.ndarray],
        test: Tensor,
        classes: int,
        strengths: tuple[float, ...],
        iterations: int,
    ) -> tuple[np.ndarray, float]:
        """Log-probabilities of the test rows, (n, classes), natural, float64; and the strength that val chose.

        train, val: (features (rows, dim), integer labels).
        """
        (x, y), (xv, yv) = train, val
        x, xv, xt = normalise(x, xv, test)
        onehot = torch.nn.functional.one_hot(torch.as_tensor(y, device=x.device), classes).to(x)
        path = logistic_path(x[None], onehot[None], torch.tensor(strengths), iterations=iterations)
        logits = path.logits(xv[None])[0].double()  # (rows, strengths, classes)
        right = torch.as_tensor(yv, device=x.device)[:, None, None].expand(-1, len(strengths), 1)
        loss = -logits.log_softmax(-1).gather(-1, right).mean((0, 2))
        best = int(loss.argmin())
        out = path.logits(xt[None], best)[0]
        return out.double().log_softmax(-1).cpu().numpy(), strengths[best]
