"""Controls: rows like any other, without which no number of a method means anything."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from sslbench.methods.base import DirectClassifier, Supervised, TrainingFree
from sslbench.methods.card import Card, Head
from sslbench.methods.factorised import FUSION
from sslbench.methods.nets import Nets
from sslbench.registry import METHODS


@METHODS.register("raw-input")
@dataclass(frozen=True)
class RawInput(TrainingFree):
    """The encoded input itself: what a probe can do without any representation."""

    card = Card(title="Raw input", family="control", source="none: the input", requirements=())

    def fit(self, nets: Nets, train: tuple[Tensor, ...]) -> Callable[[int, Tensor], Tensor]:
        return lambda stream, x: x.flatten(2)


@METHODS.register("pca")
@dataclass(frozen=True)
class PCA(TrainingFree):
    """The leading principal components of the encoded input, as many as the task's encoder has outputs, scaled alike.

    Source: Pearson 1901; components of the train rows, unwhitened. Deviation: none.
    """

    card = Card(title="PCA", family="control", source="Pearson 1901, doi:10.1080/14786440109462720", requirements=())

    def fit(self, nets: Nets, train: tuple[Tensor, ...]) -> Callable[[int, Tensor], Tensor]:
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
class RandomEncoder(TrainingFree):
    """The task's encoder as it is initialised: what its architecture gives without training."""

    card = Card(title="Random encoder", family="control", source="none: the untrained encoder", requirements=())

    def fit(self, nets: Nets, train: tuple[Tensor, ...]) -> Callable[[int, Tensor], Tensor]:
        nets.calibrate(train)  # batch-norm statistics of the train rows; no parameter changes
        return nets.encode


@METHODS.register("invertible")
@dataclass(frozen=True)
class Invertible(TrainingFree):
    """An encoder that loses nothing and helps nobody: the input through random invertible layers. Its information about
    the input is the largest there is; what a probe reads of it shows that information alone is not enough.

    Source: Tschannen et al. 2020, arXiv:1907.13625, section 3.1 (invertible encoders by coupling layers).
    Deviation: random layers, not trained ones: additive couplings x_a + amplitude x sin(frequency x W x_b).
    """

    layers: int = 4  # with more, float32 could not find the way back
    amplitude: float = 3.0
    frequency: float = 3.0

    card = Card(
        title="Invertible encoder",
        family="control",
        source="Tschannen et al. 2020, arXiv:1907.13625, section 3.1",
        requirements=(),
        deviation="random coupling layers, not trained ones",
    )

    def couplings(self, draw, inputs: int) -> list[tuple[Tensor, Tensor, Tensor]]:
        """Per layer: which inputs are changed and which change them, and the weights (runs, changing, changed)."""
        out = []
        for k in range(self.layers):
            here = draw.of(f"coupling {k}")
            order = torch.arange(inputs, device=here.device).roll(k * max(1, inputs // 3))
            changed, by = order[: inputs // 2], order[inputs // 2 :]
            shape = (draw.runs, len(by), len(changed))
            out.append((changed, by, self.frequency * here.normal(shape) / len(by) ** 0.5))
        return out

    def forward(self, x: Tensor, couplings: list, sign: float = 1.0) -> Tensor:
        """x (runs, batch, inputs) through the layers; with sign -1 and the layers reversed, back again."""
        for changed, by, weight in couplings:
            x = x.clone()
            x[..., changed] += sign * self.amplitude * (x[..., by] @ weight).sin()
        return x

    def fit(self, nets: Nets, train: tuple[Tensor, ...]) -> Callable[[int, Tensor], Tensor]:
        layers = [self.couplings(nets.draw.of(f"stream {i}"), x[0, 0].numel()) for i, x in enumerate(train)]
        return lambda stream, x: self.forward(x.flatten(2), layers[stream])


@METHODS.register("supervised")
@dataclass(frozen=True)
class SupervisedFusion(Supervised):
    """The task's encoder trained with the labels of all targets, by cross-entropy; several streams are fused by a
    small network, whose output is the representation.

    Its row shows what the architecture can reach with the budget; it is not a self-supervised method. The state with
    the best val cross-entropy is kept.
    """

    card = Card(
        title="SupervisedFusion",
        family="control",
        source="cross-entropy",
        requirements=("labels", "fusion"),
        uses_labels=True,
        deviation="one encoder for all targets of a task; frozen and probed like every other row",
    )

    def heads(self, classes: dict[str, int], streams: int) -> dict[str, Head]:
        fusion = FUSION if streams > 1 else {}
        return fusion | self.class_heads(classes, "joint", shared=True)

    def logits(self, nets: Nets, inputs: Sequence[Tensor]) -> dict[str, list[Tensor]]:
        h = [nets.encode(i, x) for i, x in enumerate(inputs)]
        return self.read_classes(nets, [nets.fuse(h) if nets.fuses else h[0]])


@METHODS.register("supervised-single")
@dataclass(frozen=True)
class SupervisedSingle(Supervised):
    """Each stream has an encoder trained with labels on its own: what one view alone can reach.

    The state with the best val cross-entropy is kept.
    """

    card = Card(
        title="SupervisedFusion, each stream alone",
        family="control",
        source="cross-entropy",
        requirements=("labels", "paired streams"),
        uses_labels=True,
        deviation="one encoder for all targets of a task; frozen and probed like every other row",
    )

    def heads(self, classes: dict[str, int], streams: int) -> dict[str, Head]:
        return self.class_heads(classes, "rep", shared=False)

    def logits(self, nets: Nets, inputs: Sequence[Tensor]) -> dict[str, list[Tensor]]:
        return self.read_classes(nets, [nets.encode(i, x) for i, x in enumerate(inputs)])


@METHODS.register("gradient-boosting")
@dataclass(frozen=True)
class GradientBoosting(DirectClassifier):
    """Histogram gradient boosting on the source columns; the number of trees is chosen on val by log-loss.

    Source: Friedman 2001, doi:10.1214/aos/1013203451; scikit-learn's HistGradientBoostingClassifier on one thread.
    """

    learning_rate: float = 0.1
    trees: int = 150

    card = Card(
        title="Gradient boosting",
        family="control",
        source="Friedman 2001, doi:10.1214/aos/1013203451",
        requirements=("columns", "labels"),
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
