"""Settings search at equal cost for every method: the default and N - 1 draws from the space that it declares."""

from sslbench.config import Protocol
from sslbench.draws import Draw
from sslbench.methods.base import Method, Pretrained
from sslbench.methods.settings import log_uniform, space
from sslbench.training.step import peak_rate

RATE = "learning_rate"
RATES = (3e-4, 1e-2)  # every trained method's peak learning rate is part of the search


def candidates(method: Method, count: int, init: int, protocol: Protocol) -> list[dict]:
    """`count` settings, first the default, which is all that a method without training has.

    Drawn from the run's init, so that every init searches anew, and any subset of runs gives the same.
    """
    if not isinstance(method, Pretrained):
        return [method.settings()]
    scale = peak_rate(method, protocol) / protocol.learning_rate  # a recipe's own rate moves the range with it
    ranges = {RATE: (RATES[0] * scale, RATES[1] * scale)} | space(method)
    u = Draw([init]).of("settings").uniform((1, count, len(ranges)))[0].tolist()
    drawn = [
        method.settings() | {k: log_uniform(*r, x) for (k, r), x in zip(ranges.items(), row, strict=True)}
        for row in u[1:]
    ]
    return [method.settings() | {RATE: peak_rate(method, protocol)}, *drawn]


def alike(variants: list[dict]) -> list[list[int]]:
    """Places of variants that may be stacked: they differ in numbers only, which meet the axis of runs."""
    groups: dict[tuple, list[int]] = {}
    for place, variant in enumerate(variants):
        groups.setdefault(tuple((k, v) for k, v in variant.items() if not isinstance(v, float)), []).append(place)
    return list(groups.values())
