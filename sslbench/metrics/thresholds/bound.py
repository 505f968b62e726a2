"""The generalisation bound: its measurable terms lie above the test error."""

import math

from sslbench.metrics.card import MetricCard, Threshold
from sslbench.metrics.synthetic import Synthetic, headed
from sslbench.registry import THRESHOLDS


@THRESHOLDS.register("generalisation-bound")
class GeneralisationBound:
    """Measurable terms of the bound exceed the error. Source: arXiv:2303.00633, section 5."""

    card = MetricCard(
        title="The bound's measurable terms cover the test error",
        statement="I + 2/sqrt(m) |P_Zbar Ybar| + 1/sqrt(n) |P_Z Y| >= E |W Z - y|",
        matters=(
            "It is the argument why invariance with a full-rank representation generalises, with no negatives "
            "counted. Shown is "
            "whether it is a bound without its complexity term, and how loose."
        ),
        statistic="the measurable terms minus the test error of the least-squares head",
        rule="holds over 0, violated under 0",
        world="few-columns (holds), learnt-by-heart: more columns than rows, labels at random (violated)",
        limits=(
            "Held-out labels stand in for the unknown ones, and the Rademacher term is left out, so it is no "
            "proof. Only where "
            "views are made of one item."
        ),
        source="arXiv:2303.00633, section 5",
        families=("information maximisation",),
        threshold=Threshold("bound-slack", 0.0, 0.0, high_is_good=True),
    )
    synthetic = (
        Synthetic("few-columns", lambda d: 2.0, headed(lambda n, d: d), False),
        Synthetic("learnt-by-heart", lambda d: -math.sqrt(2), headed(lambda n, d: n), False),
    )
