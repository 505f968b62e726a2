"""The raw+h probe: what a table's own columns and the representation tell together."""

import torch

from sslbench.probes.base import Frozen, Probe, ProbeCard
from sslbench.probes.linear import LinearFit, normalise
from sslbench.probes.metrics import Measured
from sslbench.registry import PROBES


@PROBES.register("raw+h")
class RawAndH(Probe):
    """The linear probe on a table's encoded columns and h side by side, each brought to one scale.

    Less the raw input's own score, it is what h adds to it.
    """

    card = ProbeCard(
        "input beside representation",
        "class probabilities",
        {"joint": ("bits", "accuracy", "balanced-accuracy")},
        needs="columns",
    )

    def read(self, frozen: Frozen) -> list[Measured]:
        both = zip(normalise(*frozen.columns), normalise(*frozen.features[0]), strict=True)
        x, xv, xt = (torch.cat(parts, -1) for parts in both)
        (y, yv, _), protocol = frozen.labels, frozen.protocol
        fit = LinearFit((x, y), (xv, yv), frozen.classes, protocol.probe_strengths, protocol.probe_iterations)
        return frozen.probability_scores(fit.log_probabilities(xt))
