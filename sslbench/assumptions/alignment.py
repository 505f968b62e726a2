"""Alignment and uniformity: views together, items spread over the sphere."""

from sslbench.assumptions.base import Card, Threshold
from sslbench.registry import ASSUMPTIONS


@ASSUMPTIONS.register("alignment-uniformity")
class AlignmentUniformity:
    """Centred, normalised rows are nearly uniform on the sphere. Source: Wang & Isola 2020, arXiv:2005.10242."""

    card = Card(
        title="Items are spread evenly over the sphere",
        statement="uniformity within 0.5 nats of the uniform distribution's",
        matters="The contrastive loss tends to alignment plus uniformity; low uniformity is dimensional collapse.",
        statistic=(
            "log mean exp(-2 |u - v|^2) over pairs, above its value for the uniform distribution of that dimension"
        ),
        estimator="interval over seeds; the measure is taken on every run (sslbench.metrics.catalogue)",
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
        scope="representation",
    )
