"""Multiview redundancy, each view against all others: what matters about the label is what the views share."""

import functools
import re

from sslbench.assumptions.base import AssumptionCard, Verdict, not_applicable
from sslbench.assumptions.cases import CONDITIONAL, Calibration
from sslbench.assumptions.conditional import LIMITS, RULE, decide
from sslbench.assumptions.readings import Readings
from sslbench.assumptions.rules import conditional_rule
from sslbench.information.conditional import estimator_name
from sslbench.registry import ASSUMPTIONS

MATTERS = (
    "Contrastive, joint-embedding and bottleneck methods keep what the views share. Where this fails, compressing to "
    "the shared part loses label information: keep more (reconstruction), or fuse the views."
)
FAMILIES = (
    "contrastive",
    "self-distillation",
    "clustering",
    "information maximisation",
    "entropy",
    "compressing",
    "latent prediction",
    "paired",
)


SOURCE = "Sridharan & Kakade, COLT 2008; Assumption 1 of arXiv:2304.09355"


def _card(view: str, others: str, given: str, world: str) -> AssumptionCard:
    return AssumptionCard(
        title=f"{others} all that view {view} says about the label",
        statement=f"I(Y; X{view} | {given}) <= tolerance",
        matters=MATTERS,
        statistic=f"I(Y; X{view} | {given}), nats",
        estimator=estimator_name(True),
        rule=RULE,
        world=world,
        limits=LIMITS,
        source=SOURCE,
        families=FAMILIES,
        every_map=True,
    )


class Redundancy:
    """View `view` tells nothing about the label once all other views, side by side, are known."""

    name: str
    view: int
    version = 2  # of every member of the family: they are one test

    rule = staticmethod(conditional_rule)
    calibration = Calibration(mirrors="redundancy-1")  # the same test with the views in turn

    def test(self, readings: Readings) -> Verdict:
        """The verdict on one target."""
        views = len(readings.views.views)
        if self.view > views:
            why = f"{self.name} speaks of view {self.view}; this task has {views}"
            return not_applicable(self.name, readings.target, len(readings.y), why)
        found = decide(self.name, readings, f"x{self.view}", readings.views.given(self.view))
        return found if views == 2 else found.noting(f"given the {views - 1} other views side by side")


@ASSUMPTIONS.register("redundancy-1")
class Redundancy1(Redundancy):
    """I(Y; X1 | X2) <= tolerance. Source: Sridharan & Kakade, COLT 2008; Assumption 1 of arXiv:2304.09355."""

    view = 1
    calibration = Calibration(CONDITIONAL, "redundancy-1")
    card = _card(
        "1",
        "View 2 says",
        "X2",
        "switch (violated: 0.138 bits), xor (violated: 1 bit), and every world of sslbench calibrate",
    )
    calibration = Calibration(CONDITIONAL, "redundancy-1")


@ASSUMPTIONS.register("redundancy-2")
class Redundancy2(Redundancy):
    """I(Y; X2 | X1) <= tolerance. Source: Sridharan & Kakade, COLT 2008; Assumption 1 of arXiv:2304.09355."""

    view = 2
    card = _card(
        "2", "View 1 says", "X1", "switch (holds: 0), xor (violated: 1 bit), and every world of sslbench calibrate"
    )


@ASSUMPTIONS.family
@functools.cache
def redundancy_of(name: str) -> type[Redundancy] | None:
    """The assumption called redundancy-k for a third stream and beyond, or None for another name."""
    found = re.fullmatch(r"redundancy-([3-9]|[1-9]\d+)", name)
    if found is None:
        return None
    k = found[1]
    world = "parity-streams (violated: 1 bit), shared-private-streams (by target)"
    body = {
        "__doc__": f"I(Y; X{k} | all other streams) <= tolerance. Source: {SOURCE}.",
        "__module__": __name__,
        "name": name,
        "view": int(k),
        "card": _card(k, "All other streams together say", "all other streams", world),
    }
    return type(f"Redundancy{k}", (Redundancy,), body)


def beyond_pairs(streams: int) -> list[str]:
    """The names of redundancy for the third of `streams` streams and those after it."""
    return [f"redundancy-{k}" for k in range(3, streams + 1)]
