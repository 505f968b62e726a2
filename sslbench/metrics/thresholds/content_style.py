"""Content and style: the representation forgets how an item was viewed."""

from sslbench.metrics.card import MetricCard, Threshold
from sslbench.metrics.synthetic import Synthetic, kept_strength
from sslbench.registry import THRESHOLDS


@THRESHOLDS.register("content-style")
class ContentStyle:
    """Z holds what views share and not what they change. Source: von Kuegelgen et al. 2021, arXiv:2106.04619."""

    card = MetricCard(
        title="The representation forgets how the item was viewed",
        statement="information of Z about the view's strength <= 0.1 bits of 2",
        matters=(
            "Content is identified when style changes with every view and is dropped. Where style is kept, "
            "invariance was not "
            "learnt; where the task asks for style, dropping it is the loss."
        ),
        statistic="bits that a linear reader finds about which of four strengths a view was made with",
        rule="holds under 0.1 bits, violated over 0.3",
        world="strength-forgotten (0), -faint (0.04), -kept (0.58 bits): shifted normal codes, by quadrature",
        limits=(
            "Style is the strength of the view only: one number of many that a view draws. Not taken where streams "
            "are the views."
        ),
        source="von Kuegelgen et al. 2021, arXiv:2106.04619",
        families=("contrastive", "self-distillation", "information maximisation"),
        threshold=Threshold("view-strength", 0.1, 0.3),
    )
    synthetic = (
        Synthetic("strength-forgotten", *kept_strength(0.0)),
        Synthetic("strength-faint", *kept_strength(0.2)),
        Synthetic("strength-kept", *kept_strength(1.0)),
    )
