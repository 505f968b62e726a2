"""Label invariance: a view says all about the label that the item itself says."""

import numpy as np

from sslbench.assumptions.base import AssumptionCard, Verdict, not_applicable, streams_in_words
from sslbench.assumptions.cases import Calibration, case
from sslbench.assumptions.conditional import LIMITS, RULE, decide
from sslbench.assumptions.readings import Readings
from sslbench.assumptions.rules import conditional_rule
from sslbench.information.conditional import estimator_name
from sslbench.information.prepared import prepare
from sslbench.information.readers.cross_fitted import posterior
from sslbench.registry import ASSUMPTIONS


@ASSUMPTIONS.register("label-invariance")
class LabelInvariance:
    """I(Y; X | V) <= tolerance for an item X and a view V of it. Source: Dubois et al. 2021, arXiv:2106.10800."""

    card = AssumptionCard(
        title="A view keeps the label of its item",
        statement="I(Y; X | V) <= tolerance, for an item X and one view V of it",
        matters="Every method that makes views of an item alike loses what its views lose. Where this fails, weaken "
        "the views, or use a method that sees the item itself (reconstruction, masked prediction).",
        statistic="I(Y; X | V), nats; beside it the share of items whose predicted class a view changes",
        estimator=estimator_name(True),
        rule=RULE,
        world="corrupted (flip 0: holds; flip 0.25: violated, 0.422 nats)",
        limits=LIMITS + " Not applicable to natural pairs, which are no corruptions of one item.",
        source="Dubois et al. 2021, arXiv:2106.10800; 2022, arXiv:2209.06235",
        every_map=True,
        families=(
            "contrastive",
            "self-distillation",
            "clustering",
            "information maximisation",
            "entropy",
            "compressing",
        ),
    )
    version = 2
    rule = staticmethod(conditional_rule)
    calibration = Calibration(
        (case("corrupted-0", "corrupted", flip=0.0), case("corrupted-.25", "corrupted", flip=0.25)), "label-invariance"
    )

    def test(self, readings: Readings) -> Verdict:
        """The verdict on one target."""
        if readings.views.original is None:
            why = f"the views are {streams_in_words(len(readings.views.views))}, not corruptions of one item"
            return not_applicable(self.name, readings.target, len(readings.y), why)
        found = decide(self.name, readings, "original", "x1")
        flips = flip_rate(readings)
        return Verdict(**(vars(found) | {"evidence": found.evidence | {"flip_rate": flips}}))


def flip_rate(readings: Readings) -> float:
    """Share of items whose class, as predicted out of fold from the item, differs from that predicted from its view."""
    v = readings.views
    classes = []
    for x in (v.original, v.x1):
        p = prepare(x, x, readings.y, v.groups, (np.zeros((0, 0)),) * 2, False, readings.seed)
        classes.append(posterior(p.x1, p.y, p.classes, p.folds, p.network, p.seed).argmax(1).numpy())
    return float(np.mean(classes[0] != classes[1]))
