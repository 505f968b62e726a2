"""Multiview redundancy in both directions: what matters about the label is what the two views share."""

from sslbench.assumptions.base import Card, Verdict
from sslbench.assumptions.cases import CONDITIONAL, Calibration
from sslbench.assumptions.conditional import LIMITS, RULE, decide
from sslbench.assumptions.readings import Readings
from sslbench.information.conditional import reader_name
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


def _card(first: int, second: int, world: str) -> Card:
    return Card(
        title=f"View {second} says all that view {first} says about the label",
        statement=f"I(Y; X{first} | X{second}) <= tolerance",
        matters=MATTERS,
        statistic=f"I(Y; X{first} | X{second}), nats",
        estimator=reader_name(True),
        rule=RULE,
        world=world,
        limits=LIMITS,
        source="Sridharan & Kakade, COLT 2008; Assumption 1 of arXiv:2304.09355",
        families=FAMILIES,
    )


@ASSUMPTIONS.register("redundancy-1")
class Redundancy1:
    """I(Y; X1 | X2) <= tolerance. Source: Sridharan & Kakade, COLT 2008; Assumption 1 of arXiv:2304.09355."""

    card = _card(1, 2, "switch (violated: 0.138 bits), xor (violated: 1 bit), and every world of sslbench calibrate")

    calibration = Calibration(CONDITIONAL, "redundancy-1")

    def test(self, readings: Readings) -> Verdict:
        """The verdict on one target."""
        return decide(self.name, readings, "x1", "x2")


@ASSUMPTIONS.register("redundancy-2")
class Redundancy2:
    """I(Y; X2 | X1) <= tolerance. Source: Sridharan & Kakade, COLT 2008; Assumption 1 of arXiv:2304.09355."""

    card = _card(2, 1, "switch (holds: 0), xor (violated: 1 bit), and every world of sslbench calibrate")

    calibration = Calibration(mirrors="redundancy-1")

    def test(self, readings: Readings) -> Verdict:
        """The verdict on one target."""
        return decide(self.name, readings, "x2", "x1")
