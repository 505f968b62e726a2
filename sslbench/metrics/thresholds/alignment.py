"""Alignment and uniformity: views together, items spread over the sphere."""

from sslbench.metrics.card import MetricCard, Threshold
from sslbench.metrics.synthetic import Synthetic, normal, on_the_sphere, poles, two_poles
from sslbench.registry import THRESHOLDS


@THRESHOLDS.register("alignment-uniformity")
class AlignmentUniformity:
    """Centred, normalised rows are nearly uniform on the sphere. Source: Wang & Isola 2020, arXiv:2005.10242."""

    card = MetricCard(
        title="Items are spread evenly over the sphere",
        statement="uniformity within 0.5 nats of the uniform distribution's",
        matters="The contrastive loss tends to alignment plus uniformity; low uniformity is dimensional collapse.",
        statistic=(
            "log mean exp(-2 |u - v|^2) over pairs, above its value for the uniform distribution of that dimension"
        ),
        rule="holds under 0.5, violated over 1.5; alignment stands beside it as a measure",
        world="uniform-sphere (0), two-poles: closed form by a Bessel function",
        limits=(
            "For methods that do not normalise it is a description, not a goal; rows are centred first. Alignment "
            "depends on "
            "the strength of the views, so it is not judged."
        ),
        source="Wang & Isola 2020, arXiv:2005.10242",
        families=("contrastive",),
        threshold=Threshold("uniformity-gap", 0.5, 1.5),
    )
    synthetic = (
        Synthetic("uniform-sphere", lambda d: 0.0, on_the_sphere(lambda rng, n, d: normal(rng, n, d))),
        Synthetic("two-poles", two_poles, on_the_sphere(poles)),
    )
