"""Controls: rows like any other, without which no number of a method means anything."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from sslbench.methods.base import Batch, Card, Fixed, Predictor, Pretrained
from sslbench.registry import METHODS


@METHODS.register("raw-input")
@dataclass(frozen=True)
class RawInput(Fixed):
    """The encoded input itself: what a probe can do without any representation."""

    card = Card(title="Raw input", family="control", source="none: the input", needs=())

    def fit(self, nets, train: tuple[Tensor, ...]) -> Callable[[int, Tensor], Tensor]:
        return lambda stream, x: x.flatten(2)


@METHODS.register("pca")
@dataclass(frozen=True)
class PCA(Fixed):
    """The leading principal components of the encoded input, as many as the task's encoder has outputs, scaled alike.

    Source: Pearson 1901; components of the train rows, unwhitened. Deviation: none.
    """

    card = Card(title="PCA", family="control", source="Pearson 1901, doi:10.1080/14786440109462720", needs=())

    def fit(self, nets, train: tuple[Tensor, ...]) -> Callable[[int, Tensor], Tensor]:
        means, axes = [], []
        for stream, rows in enumerate(train):
            flat = rows.flatten(2).double()
            mean = flat.mean(1, keepdim=True)
            keep = min(nets.rep_dims[stream], *flat.shape[1:])
            centred = flat - mean
            if flat.shape[1] > flat.shape[2]:  # many rows: the covariance is the smaller matrix
                axes.append(torch.linalg.eigh(centred.mT @ centred).eigenvectors.flip(-1)[..., :keep].float())
            else:
                axes.append(torch.linalg.svd(centred, full_matrices=False).Vh[:, :keep].mT.float())
            means.append(mean.float())
        return lambda stream, x: (x.flatten(2) - means[stream]) @ axes[stream]


@METHODS.register("random-encoder")
@dataclass(frozen=True)
class RandomEncoder(Fixed):
    """The task's encoder as it is initialised: what its architecture gives without training."""

    card = Card(title="Random encoder", family="control", source="none: the untrained encoder", needs=())

    def fit(self, nets, train: tuple[Tensor, ...]) -> Callable[[int, Tensor], Tensor]:
        nets.calibrate(train)  # batch-norm statistics of the train rows; no parameter changes
        return nets.encode


@METHODS.register("supervised")
@dataclass(frozen=True)
class Supervised(Pretrained):
    """The task's encoder trained with the labels of all targets: a linear head on the joint representation,
    cross-entropy.

    Its row shows what the architecture can reach with the budget; it is not a self-supervised method. The state with
    the best val cross-entropy is kept.
    """

    card = Card(
        title="Supervised",
        family="control",
        source="cross-entropy",
        needs=("labels",),
        uses_labels=True,
        deviation="one encoder for all targets of a task; frozen and probed like every other row",
    )

    def objective(self, nets, batch: Batch) -> Tensor:
        joint = torch.cat([nets.encode(i, x) for i, x in enumerate(batch.clean)], -1)
        total = 0
        for target, labels in batch.labels.items():
            total = total + cross_entropy(nets.classify(target, joint).mT, labels, reduction="none").mean(-1)
        return total


@METHODS.register("gradient-boosting")
@dataclass(frozen=True)
class GradientBoosting(Predictor):
    """Histogram gradient boosting on the source columns; the number of trees is chosen on val by log-loss.

    Source: Friedman 2001, doi:10.1214/aos/1013203451; scikit-learn's HistGradientBoostingClassifier on one thread.
    """

    learning_rate: float = 0.1
    trees: int = 150

    card = Card(
        title="Gradient boosting",
        family="control",
        source="Friedman 2001, doi:10.1214/aos/1013203451",
        needs=("columns", "labels"),
        uses_labels=True,
        deviation="predicts directly: it has no representation to probe",
    )

    def predict(self, train: tuple, val: tuple, test: np.ndarray, categories: np.ndarray, seed: int) -> np.ndarray:
        from sklearn.ensemble import HistGradientBoostingClassifier
        from threadpoolctl import threadpool_limits

        (x, y), (xv, yv) = train, val
        model = HistGradientBoostingClassifier(
            learning_rate=self.learning_rate,
            max_iter=self.trees,
            categorical_features=categories,
            early_stopping=False,
            random_state=seed,
        )
        with threadpool_limits(1):
            model.fit(x, y)
            column = np.searchsorted(model.classes_, yv)
            known = np.isin(yv, model.classes_)
            losses = [
                -np.log(np.clip(p[known, column[known]], 1e-12, 1)).mean() for p in model.staged_predict_proba(xv)
            ]
            best = int(np.argmin(losses))
            probabilities = next(p for i, p in enumerate(model.staged_predict_proba(test)) if i == best)
        full = np.full((len(test), int(max(y.max(), yv.max())) + 1), 1e-6)
        full[:, model.classes_] = probabilities
        return full / full.sum(1, keepdims=True)
