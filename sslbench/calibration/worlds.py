"""The data set of a trial: a world's views in one setting, and its truth."""

from dataclasses import dataclass

import numpy as np

from sslbench.assumptions.base import ViewData
from sslbench.assumptions.cases import Case
from sslbench.assumptions.reduction import through_components
from sslbench.data.worlds.factors import FACTORS, factor_world
from sslbench.data.worlds.gates import GATES, draw_gate
from sslbench.data.worlds.skins import as_vectors
from sslbench.information.pid import decompose
from sslbench.registry import SOURCES
from sslbench.tasks import Source


@dataclass(frozen=True)
class TrialSpec:
    """A data set to be made and judged. All its assumptions are read together, so that they share their readings."""

    case: Case
    assumptions: tuple[str, ...]
    n: int
    dim: int
    repetition: int


def case_views(spec: TrialSpec) -> tuple[ViewData, dict[str, float]]:
    """The case's views, and its truth: bits, or shares."""
    rng = np.random.default_rng([spec.repetition, spec.n, spec.dim])
    options = dict(spec.case.options)
    if spec.case.source == "blocks":
        return _blocks(rng, spec.n, spec.dim, **options)
    if spec.case.source == "hidden":
        return _hidden(rng, spec.n, spec.dim, **options)
    if spec.case.source in FACTORS:
        draw, truth = factor_world(spec.case.source, spec.case.options)
        s = draw(rng, spec.n, spec.dim)
        return ViewData((s.x1, s.x2), {"label": s.y}, original=s.original), truth
    if spec.case.source in GATES:
        gate = GATES[spec.case.source](**options)
        first, second, y = draw_gate(gate, spec.n, rng)
        known = gate.truth
        share = max(known["redundancy-1"], known["redundancy-2"]) / known["information"]
        truth = known | {"synergy": decompose(gate.joint).synergy, "unshared-share": share}
        pair = as_vectors(first, spec.dim, rng), as_vectors(second, spec.dim, rng)
        return ViewData(pair, {"label": y}), truth
    options |= {"rows": spec.n, "seed": spec.repetition}
    raw = SOURCES.get("world")(Source(kind="world", name=spec.case.source, options=options))
    one, two = (s.values.flatten(1).double().numpy() for s in raw.streams)
    return ViewData((one, two), dict(raw.targets), raw.groups), raw.truth["label"]


HIDDEN = {"given": 1, "own": 1, "given-spread": 40, "given-product": 40}  # where: columns of little variance


def _hidden(rng: np.random.Generator, n: int, dim: int, where: str) -> tuple[ViewData, dict[str, float]]:
    """Views of `dim` wide columns and some of little variance, reduced to `dim` components: where does the label lie?

    "given": view 1 shows a factor, view 2 hides the same in what is dropped (truth 0): as one column of little
    variance, as the sum of all 40 ("given-spread"), or as the product of two of 40 ("given-product"). "own": view 1
    alone holds it, in what is dropped (truth: all of it). The label is the factor's sign, a fifth of it drawn anew.
    """
    small, y = rng.normal(size=(n, HIDDEN[where])), rng.integers(2, size=n)
    factor = small.sum(1) / np.sqrt(small.shape[1])
    if where == "given-product":
        factor = small[:, 0] * small[:, 1]
    kept = rng.random(n) < 0.8
    y[kept] = factor[kept] > 0
    views = rng.normal(size=(2, n, dim + small.shape[1])) * np.r_[np.full(dim, 3.0), np.full(small.shape[1], 0.1)]
    if where == "own":
        views[0, :, dim:] = 0.1 * small
    else:
        views[0, :, 0], views[1, :, dim:] = 3.0 * factor, 0.1 * small
    found = [through_components([x], dim) for x in views]
    names = ("x1", "x2")
    reduced = ViewData(
        tuple(f.arrays[0] for f in found),
        {"label": y},
        dropped={k: f.dropped[0] for k, f in zip(names, found, strict=True)},
        kept={k: f.share for k, f in zip(names, found, strict=True)},
    )
    information = 1 + 0.9 * np.log2(0.9) + 0.1 * np.log2(0.1)
    return reduced, {"redundancy-1": information if where == "own" else 0.0}


def _blocks(rng: np.random.Generator, n: int, dim: int, distance: float) -> tuple[ViewData, dict[str, float]]:
    """Views, four of each item, of two classes of items `distance` apart; and the truth.

    The truth is the share of views whose nearest view of another item has another class: none where the classes lie
    apart, half where they lie alike.
    """
    y = rng.integers(2, size=n)
    items = rng.normal(size=(n, dim))
    items[:, 0] += distance * y
    views = items + 0.3 * rng.normal(size=(4, n, dim))
    truth = {"other-class-share": 0.0 if distance else 0.5}
    return ViewData((views[0], views[1]), {"label": y}, original=items, more=views[2:]), truth
