"""The raw+h probe: what a table's own columns and the representation tell together."""

from dataclasses import replace

import torch

from sslbench.probes.base import Frozen, Parts, Probe, ProbeCard
from sslbench.probes.linear import linear_fit, normalise
from sslbench.probes.predictions import Predicted
from sslbench.registry import PROBES


@PROBES.register("raw+h")
class RawAndH(Probe):
    """The linear probe on a table's encoded columns and h side by side, each brought to one scale.

    Less the raw input's own score, it is what h adds to it.
    """

    version = 2
    card = ProbeCard(
        "input beside representation",
        "class probabilities",
        {"joint": ("bits", "accuracy", "balanced-accuracy")},
        needs="columns",
    )

    def read(self, frozen: Frozen) -> list[Predicted]:
        both = zip(normalise(*frozen.columns), normalise(*frozen.features[0]), strict=True)
        beside = replace(frozen, features=(Parts(*(torch.cat(parts, -1) for parts in both)),))
        x, y, groups = beside.known
        fit = linear_fit(x, y, frozen.classes, frozen.protocol, groups)
        return [frozen.probabilities(fit.log_probabilities(beside.features[0].test))]
