"""What calibration asks: the cases that assumptions and metrics declare, and their cards as data."""

from collections.abc import Iterable
from dataclasses import asdict

from sslbench.assumptions.cases import Calibration, Case
from sslbench.registry import ASSUMPTIONS, THRESHOLDS

CODE = "code"  # source of the cases that are synthetic representations


def calibration_of(assumption: str) -> Calibration:
    """What an assumption declares of its calibration; without a word of its own, no cases."""
    return getattr(ASSUMPTIONS.get(assumption), "calibration", Calibration())


def declared_cases() -> dict[str, tuple[Case, ...]]:
    """Every assumption and judged metric that can be calibrated, with its cases."""
    asked = {name: calibration_of(name).cases for name in ASSUMPTIONS}
    asked |= {name: tuple(Case(s.name, CODE) for s in THRESHOLDS.get(name).synthetic) for name in THRESHOLDS}
    return {name: cases for name, cases in asked.items() if cases}


def declared_cards(more: Iterable[str] = ()) -> dict[str, dict]:
    """The cards of all assumptions and judged metrics as data, with what tables must know of their calibration.

    more: assumptions that a family makes by name, as redundancy-3.
    """
    out = {name: asdict(THRESHOLDS.get(name).card) for name in THRESHOLDS}
    for name in {*ASSUMPTIONS, *more}:
        c = calibration_of(name)
        told = {"lower_estimate": c.lower_estimate, "mirrors": c.mirrors}
        out[name] = asdict(ASSUMPTIONS.get(name).card) | {"calibration": told}
    return out
