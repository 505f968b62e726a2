"""Augmentation overlap: views of different items of one class meet, those of different classes do not."""

import numpy as np
from scipy.spatial import cKDTree

from sslbench.assumptions.base import AssumptionCard, Verdict, not_applicable, streams_in_words
from sslbench.assumptions.cases import Calibration, case
from sslbench.assumptions.readings import Readings
from sslbench.assumptions.rules import HOLDS_UNDER, VIOLATED_OVER, overlap_rule, p_of_end, ruled
from sslbench.information.conditional import Z95
from sslbench.registry import ASSUMPTIONS

MOST_ITEMS = 2000


@ASSUMPTIONS.register("augmentation-overlap")
class AugmentationOverlap:
    """Nearest views of other items have the item's class.

    Source: HaoChen et al. 2021, arXiv:2106.04156; Wang et al. 2022, arXiv:2203.13457.
    """

    card = AssumptionCard(
        title="Views connect items of one class, not of different ones",
        statement="P(the nearest view of another item has another class) <= 5 %",
        matters="Spectral and contrastive theory: clusters of overlapping views become clusters of the representation. "
        "Edges between classes merge them; without edges inside a class it falls apart into items.",
        statistic="share of views whose nearest view of another item has another class; beside it the share whose "
        "nearest "
        "view of all is another item's, and the connected components per class",
        estimator="nearest neighbours among all views in the feature map; cluster bootstrap over items",
        rule="holds if the interval lies under 5 %, violated if over 15 % (either Holm-corrected over the task), "
        "else undecided",
        world="blocks: views of two classes that lie apart (0) or alike (1/2)",
        limits="Distances in raw features or principal components, which are not what an encoder sees.",
        source="HaoChen et al. 2021, arXiv:2106.04156; Wang et al. 2022, arXiv:2203.13457 (ACR)",
        families=("contrastive", "information maximisation", "clustering"),
    )
    rule = staticmethod(overlap_rule)
    calibration = Calibration(
        (case("blocks-apart", "blocks", distance=8.0), case("blocks-mixed", "blocks", distance=0.0)),
        "other-class-share",
        unit=1.0,
    )

    def test(self, readings: Readings) -> Verdict:
        """The verdict on one target."""
        v, y = readings.views, readings.prepared("x1", "x2").y.numpy()
        if v.original is None:
            why = f"the views are {streams_in_words(len(v.views))}, not corruptions of one item"
            return not_applicable(self.name, readings.target, len(y), why)
        rows = np.random.default_rng(readings.seed).permutation(len(y))[:MOST_ITEMS]
        views = np.stack([v.x1, v.x2, *([] if v.more is None else v.more)])[:, rows]  # (views, items, dim)
        other, met, components = overlap_graph(views, y[rows], readings.seed)
        mean, (low, high) = float(other.mean()), _interval(other, readings.seed)
        evidence = {
            "items_met": round(float(met.mean()), 4),
            "components_per_class": round(components, 2),
            "p_effect": p_of_end(low - VIOLATED_OVER, (mean - low) / Z95),
            "p_absence": p_of_end(HOLDS_UNDER - high, (high - mean) / Z95),
        }
        return ruled(
            Verdict(
                self.name,
                readings.target,
                "",
                mean,
                low,
                high,
                HOLDS_UNDER,
                len(rows),
                f"nearest neighbours among {len(views)} views of {len(rows)} items",
                HOLDS_UNDER + 2.8 * (high - low) / (2 * Z95),
                "",
                unit="share",
                evidence=evidence,
            ),
            self.rule,
        )


def overlap_graph(views: np.ndarray, y: np.ndarray, seed: int = 0) -> tuple[np.ndarray, np.ndarray, float]:
    """How the nearest views of every item lie among classes and items, and how the classes hang together.

    Returns, of every item, the share of its views whose nearest view of another item has another class; the share whose
    nearest view of all is another item's; and the mean count of connected components per class.

    views: (views, items, dim). Items are connected if a view of one is the nearest of a view of the other.
    """
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    count, items, dim = views.shape
    flat = views.transpose(1, 0, 2).reshape(items * count, dim)
    flat = (flat - flat.mean(0)) / max(float(flat.std()), 1e-12)
    owner = np.repeat(np.arange(items), count)
    _, index = cKDTree(flat).query(flat, k=count + 1)
    neighbour = owner[index[:, 1:]]  # (items x views, views): at least one belongs to another item
    foreign = neighbour != owner[:, None]
    nearest = neighbour[np.arange(len(flat)), foreign.argmax(1)]
    other = (y[nearest] != y[owner]).reshape(items, count).mean(1)
    met = foreign[:, 0].reshape(items, count).mean(1)
    pieces = []
    for c in np.unique(y):
        inside = (y[owner] == c) & (y[nearest] == c)
        members = np.flatnonzero(y == c)
        place = np.full(items, -1)
        place[members] = np.arange(len(members))
        edges = (place[owner[inside]], place[nearest[inside]])
        graph = coo_matrix((np.ones(inside.sum()), edges), shape=(len(members), len(members)))
        pieces.append(connected_components(graph, directed=False)[0])
    return other, met, float(np.mean(pieces))


def _interval(values: np.ndarray, seed: int, draws: int = 500) -> tuple[float, float]:
    """95 % bootstrap interval of a mean over items; its high end is never under that of Wilson's for no event seen."""
    rng = np.random.default_rng(seed)
    means = values[rng.integers(len(values), size=(draws, len(values)))].mean(1)
    low, high = np.quantile(means, [0.025, 0.975])
    return float(low), float(max(high, Z95**2 / (len(values) + Z95**2)))
