"""No collapse: the representation varies in more than a few directions."""

from sslbench.assumptions.base import Card, Threshold
from sslbench.registry import ASSUMPTIONS


@ASSUMPTIONS.register("no-collapse")
class NoCollapse:
    """The effective rank is not a few. Source: Jing et al. 2022, arXiv:2110.09348."""

    card = Card(
        title="The representation has not collapsed",
        statement="effective rank of the centred rows > 4",
        matters=(
            "Joint-embedding losses are smallest for constant codes; each method has a device against it (negatives, "
            "variance terms, stop-gradient, teachers)."
        ),
        statistic="exp of the entropy of the normalised singular values",
        estimator="interval over seeds; the measure is taken on every run (sslbench.metrics.catalogue)",
        rule="holds over 4, violated under 2",
        world="line (1), near-a-line (1.4), six-columns (6), isotropic (its dimension)",
        limits=(
            "Where a representation has 4 dimensions or fewer, 'holds' cannot be had. RankMe, LiDAR, alpha-ReQ stand "
            "beside it."
        ),
        source="Jing et al. 2022, arXiv:2110.09348; Garrido et al. 2023, arXiv:2210.02885",
        families=("self-distillation", "contrastive", "information maximisation"),
        threshold=Threshold("effective-rank", 4.0, 2.0, high_is_good=True),
        scope="representation",
    )
