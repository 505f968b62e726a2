"""The ridge probe: least squares on one-hot labels, without iterations.

Its strength is chosen by exact leave-one-out on train and val together.
"""

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import one_hot

from sslbench.probes.base import Frozen, Probe, ProbeCard
from sslbench.probes.linear import normalise
from sslbench.probes.predictions import Predicted
from sslbench.registry import PROBES


def ridge_path(x: Tensor, y: Tensor, ridges: Tensor) -> tuple[Tensor, Tensor]:
    """Coefficients (strengths, dim, classes) of ridge regressions, and their exact leave-one-out errors (strengths,).

    One eigendecomposition serves every strength. x: (rows, dim), centred; y: (rows, classes), centred. Minimises mean
    squared error + ridge |coefficients|^2; the error is the mean square of y_i less the prediction of the fit without
    row i (intercept included), which is the residual over 1 - leverage. Source: Allen 1974 (PRESS),
    doi:10.1080/00401706.1974.10489157.
    """
    rows = len(x)
    x, y = x.double(), y.double()
    values, vectors = torch.linalg.eigh(x.T @ x / rows)
    rotated = x @ vectors  # (rows, dim)
    shrunk = 1 / (values.clamp_min(0) + ridges.to(x)[:, None])  # (strengths, dim)
    inner = rotated.T @ y / rows  # (dim, classes)
    fitted = rotated @ (shrunk[:, :, None] * inner)  # (strengths, rows, classes)
    leverage = rotated.square() @ shrunk.T / rows + 1 / rows  # (rows, strengths)
    error = (y - fitted) / (1 - leverage.T[..., None]).clamp_min(1e-9)
    return vectors @ (shrunk[:, :, None] * inner), error.square().mean((1, 2))


@PROBES.register("ridge")
class RidgeProbe(Probe):
    """Least squares on one-hot labels of train and val; exact leave-one-out on them chooses the strength.

    Rows are left out one by one also where they come in groups: leaving out groups has no formula as cheap.
    """

    version = 2
    card = ProbeCard(
        "ridge regression", "classes", {"joint": ("accuracy",)}, source="Allen 1974, doi:10.1080/00401706.1974.10489157"
    )

    def read(self, frozen: Frozen) -> list[Predicted]:
        x, y, _ = frozen.known
        test, strengths = frozen.features[0].test, frozen.protocol.probe_strengths
        return [Predicted.classes(self.classes_of((x, y), test, frozen.classes, strengths)[0])]

    @staticmethod
    def classes_of(
        train: tuple[Tensor, np.ndarray], test: Tensor, classes: int, strengths: tuple[float, ...]
    ) -> tuple[np.ndarray, float]:
        """Predicted classes of the test rows, (n,), and the strength that leave-one-out chose.

        train: (features (rows, dim), labels).
        """
        x, xt = normalise(train[0], test)
        y = one_hot(torch.as_tensor(train[1], device=x.device), classes).to(x)
        coefficient, error = ridge_path(x, y - y.mean(0), torch.tensor(strengths))
        best = int(error.argmin())
        predicted = (xt.double() @ coefficient[best] + y.mean(0).double()).argmax(-1)
        return predicted.cpu().numpy(), strengths[best]
