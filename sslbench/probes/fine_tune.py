"""The fine-tune probe: the encoder trained further with labels, from its pretrained weights. No frozen evaluation."""

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from sslbench.probes.base import Encoder, Frozen, Parts, Probe, ProbeCard
from sslbench.probes.descent import Descent
from sslbench.probes.linear import LinearFit
from sslbench.probes.predictions import Predicted
from sslbench.registry import PROBES

CHUNK = 2048  # rows encoded at a time
DESCENT = Descent(steps=100, every=5, batch=128, rate=5e-4, weight_decay=1e-4)
WEIGHT, BIAS = "fine-tune weight", "fine-tune bias"


class _Tuned:
    """The encoder with a linear head on its streams, each on the scale that its pretrained representation has."""

    def __init__(self, encoder: Encoder, start: dict[str, Tensor], train: np.ndarray):
        self.encoder = encoder
        self.scales = [
            (h.mean(0), (h - h.mean(0)).square().mean().sqrt().clamp_min(1e-12)) for h in self.all(start, train)
        ]

    def streams(self, parameters: dict[str, Tensor], rows: np.ndarray) -> list[Tensor]:
        return self.encoder.represent({k: v for k, v in parameters.items() if k not in (WEIGHT, BIAS)}, rows)

    @torch.no_grad()
    def all(self, parameters: dict[str, Tensor], rows: np.ndarray) -> list[Tensor]:
        """The streams of many rows, chunk by chunk and without gradients."""
        chunks = [self.streams(parameters, part) for part in np.array_split(rows, -(-len(rows) // CHUNK))]
        return [torch.cat(parts) for parts in zip(*chunks, strict=True)]

    def beside(self, streams: list[Tensor]) -> Tensor:
        """The streams side by side, (rows, dim)."""
        return torch.cat([(h - m) / s for h, (m, s) in zip(streams, self.scales, strict=True)], -1)

    def logits(self, parameters: dict[str, Tensor], streams: list[Tensor]) -> Tensor:
        return self.beside(streams) @ parameters[WEIGHT] + parameters[BIAS]


@PROBES.register("fine-tune")
class FineTuneProbe(Probe):
    """The encoder trained further on the labels, with a linear head that starts as the linear probe.

    val chooses when it is best. Norm layers keep the statistics of pretraining.
    """

    version = 2
    card = ProbeCard(
        "fine-tuning",
        "class probabilities",
        {"joint": ("bits", "accuracy", "balanced-accuracy")},
        labels="encoder",
        needs="encoder",
        source="Kumar et al. 2022, arXiv:2202.10054 (first the head alone, then all)",
    )

    def read(self, frozen: Frozen) -> list[Predicted]:
        start, rows, protocol = frozen.encoder.parameters(), frozen.rows, frozen.protocol
        tuned = _Tuned(frozen.encoder, start, rows.train)
        h = Parts(*(tuned.beside(tuned.all(start, part)) for part in rows))
        y, yv = (torch.as_tensor(part, device=h.train.device) for part in frozen.labels[:2])
        fit = LinearFit(
            h.train, frozen.labels.train, frozen.classes, protocol.probe_strengths, protocol.probe_iterations
        )
        strength = int(np.argmin(fit.losses(h.val, frozen.labels.val)))
        best = DESCENT.best(
            start | dict(zip((WEIGHT, BIAS), fit.head(strength), strict=True)),
            len(y),
            lambda p, some: cross_entropy(tuned.logits(p, tuned.streams(p, rows.train[some.cpu().numpy()])), y[some]),
            lambda p: cross_entropy(tuned.logits(p, tuned.all(p, rows.val)), yv),
            frozen.draw.of("fine-tune"),
        )
        log_p = tuned.logits(best, tuned.all(best, rows.test)).double().log_softmax(-1)
        return [frozen.probabilities(log_p.cpu().numpy())]
