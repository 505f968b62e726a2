"""No collapse: the representation varies in more than a few directions."""

import numpy as np

from sslbench.metrics.card import MetricCard, Threshold
from sslbench.metrics.synthetic import Synthetic, flat, normal_rows, steep
from sslbench.registry import THRESHOLDS


@THRESHOLDS.register("no-collapse")
class NoCollapse:
    """The effective rank is not a few. Source: Jing et al. 2022, arXiv:2110.09348."""

    card = MetricCard(
        title="The representation has not collapsed",
        statement="effective rank of the centred rows > 4",
        matters=(
            "Joint-embedding losses are smallest for constant codes; each method has a device against it (negatives, "
            "variance terms, stop-gradient, teachers)."
        ),
        statistic="exp of the entropy of the normalised singular values",
        rule="holds over 4, violated under 2",
        world="line (1), near-a-line (1.4), six-columns (6), isotropic (its dimension)",
        limits=(
            "Where a representation has 4 dimensions or fewer, 'holds' cannot be had. RankMe, LiDAR, alpha-ReQ stand "
            "beside it."
        ),
        source="Jing et al. 2022, arXiv:2110.09348; Garrido et al. 2023, arXiv:2210.02885",
        families=("self-distillation", "contrastive", "information maximisation"),
        threshold=Threshold("effective-rank", 4.0, 2.0, high_is_good=True),
    )
    synthetic = (
        Synthetic("isotropic", *normal_rows(steep(0.0), "effective-rank")),
        Synthetic("six-columns", *normal_rows(flat(6), "effective-rank")),
        Synthetic("line", *normal_rows(flat(1), "effective-rank")),
        Synthetic("near-a-line", *normal_rows(lambda d: np.r_[1.0, 0.01, np.zeros(d - 2)], "effective-rank")),
    )
