"""How an assumption is calibrated: the worlds that are asked, and what a verdict on each must say."""

import math
from collections.abc import Callable
from dataclasses import dataclass

LN2 = math.log(2)
SHARED = {"shared": 2.0, "private": 0.0}
Options = tuple[tuple[str, object], ...]


@dataclass(frozen=True)
class Case:
    """A world in one setting, under the name that tables show; `source` is the generator's name."""

    name: str
    source: str
    options: Options = ()

    @property
    def exact(self) -> bool:
        """Whether the truth is exact; for real digits it takes a scan to show its digit without error."""
        return self.source != "paired-digits"


def case(name: str, source: str, **options) -> Case:
    """A case with its options in order."""
    return Case(name, source, tuple(sorted(options.items())))


@dataclass(frozen=True)
class Calibration:
    """What an assumption says of its own calibration.

    `truth` is the key of a world's truth, `unit` what one unit of it is in the verdict's; holds: (truth, tolerance) ->
    whether the assumption holds.

    `lower_estimate`: the interval covers the truth if its low end is under it; `mirrors`: the assumption whose rates
    speak for this one, the same test with the views in turn.
    """

    cases: tuple[Case, ...] = ()
    truth: str = ""
    unit: float = LN2  # worlds speak in bits, verdicts in nats
    holds: Callable[[float, float], bool] = lambda truth, tolerance: truth <= tolerance
    lower_estimate: bool = False
    mirrors: str = ""


CONDITIONAL = (
    case("shared", "logistic", **SHARED),
    case("shared-noisy", "logistic", **SHARED, noise=0.05),
    case("private", "logistic", shared=0.0, private=2.0),
    case("both", "logistic", shared=1.5, private=1.5),
    case("leaning-.25", "logistic", shared=2.0, private=0.25),
    case("leaning-.75", "logistic", shared=2.0, private=0.75),
    case("leaning-1.25", "logistic", shared=2.0, private=1.25),
    case("coded", "coded"),
    case("kept", "flipped", mean=1.5, flip=0.0),
    case("destroyed", "flipped", mean=1.5, flip=0.25),
    case("xor", "signs", flip=0.1, in_second=1),
    case("parity-3", "signs", flip=0.1, in_second=2),
    case("shared-4", "many-classes", classes=4, shared=2.5, private=0.0),
    case("private-4", "many-classes", classes=4, shared=0.0, private=2.5),
    case("both-4", "many-classes", classes=4, shared=2.0, private=1.0),
    case("shared-10", "many-classes", classes=10, shared=2.5, private=0.0),
    case("both-10", "many-classes", classes=10, shared=2.0, private=1.0),
    case("modular-4", "modular", classes=4),
    case("modular-4-scalar", "modular", classes=4, scalar=True),
    case("binned-shared", "gaussian", shared=1.0, private=0.0, noise=0.5),
    case("binned-both", "gaussian", shared=1.0, private=0.5, noise=0.5),
    case("noisy-copies", "noisy-copies", noise=0.5),
    case("content-style", "content-style"),
    case("copy", "copy"),
    case("and", "and"),
    case("switch", "switch", mix=0.25),
    case("hidden-given", "hidden", where="given"),
    case("hidden-given-spread", "hidden", where="given-spread"),
    case("hidden-given-product", "hidden", where="given-product"),
    case("hidden-own", "hidden", where="own"),
    case("digits-shared", "paired-digits", mix=0.0),
    case("digits-switch", "paired-digits", mix=0.5),
)
GATES = (
    case("copy", "copy"),
    case("unique", "unique"),
    case("xor", "xor"),
    case("and", "and"),
    case("switch", "switch", mix=0.25),
    case("shared-nuisance", "shared-nuisance", change=0.1),
    case("noisy-channels", "noisy-channels", flip=0.1),
)
