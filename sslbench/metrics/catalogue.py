"""What is measured of every representation: names, units and one line each. The numbers are made in harness/measure.py.

Where a task has two streams, a measure is the mean over them.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Measure:
    """A measure in words. `per`: "representation", or "target" if it also depends on what is predicted."""

    title: str
    unit: str
    what: str
    per: str = "representation"


MEASURES: dict[str, Measure] = {
    "rankme": Measure("RankMe", "dimensions", "exp of the entropy of the singular values (Garrido et al. 2023)"),
    "effective-rank": Measure("Effective rank", "dimensions", "the same of the centred rows (Roy & Vetterli 2007)"),
    "covariance-rank": Measure("Covariance rank", "dimensions", "exp of the entropy of the covariance's eigenvalues"),
    "participation": Measure("Participation ratio", "dimensions", "squared sum of eigenvalues over sum of squares"),
    "alpha": Measure("alpha-ReQ", "exponent", "decay of the covariance's eigenvalues (Agrawal et al. 2022)"),
    "lidar": Measure("LiDAR", "dimensions", "rank of items in units of their views' spread (Thilak et al. 2023)"),
    "entropy-deficit": Measure("Entropy deficit", "nats/dimension", "log-det entropy under an isotropic Gaussian's"),
    "entropy-upper": Measure("Mixture entropy, upper", "nats", "pairwise KL bound, width 1 (Kolchinsky & Tracey 2017)"),
    "entropy-lower": Measure("Mixture entropy, lower", "nats", "pairwise Bhattacharyya bound, width 1"),
    "uniformity-gap": Measure("Uniformity gap", "nats", "above the uniform distribution's (Wang & Isola 2020)"),
    "alignment": Measure("Alignment", "squared distance", "of two views on the sphere (Wang & Isola 2020)"),
    "shared-information": Measure("I(Z1; Z2)", "nats", "Gaussian, 16 leading components, bias-corrected"),
    "superfluous": Measure("Superfluous share", "share", "of a cluster code of Z1 that Z2 does not predict"),
    "view-strength": Measure("View information", "bits", "about which of four view strengths was applied"),
    "gaussian-rejections": Measure("Normality rejected", "share", "of coordinates around an input, K^2 at 5 %"),
    "affinity-residual": Measure("Local affinity residual", "ratio", "bend over slope in an input step of 0.1 sd"),
    "overlap-noise": Measure("Overlap, noise", "share", "of noisy copies nearer to another input's mean"),
    "overlap-views": Measure("Overlap, views", "share", "of views nearer to another item's mean"),
    "invariance": Measure("Invariance term", "distance", "mean distance of two views' codes of mean squared norm 1"),
    "bits-linear": Measure("I(Y; Z), linear", "bits", "held-out information of a linear reader", "target"),
    "bits-mlp": Measure("I(Y; Z), MLP", "bits", "held-out information of a two-layer reader", "target"),
    "bits-lost": Measure("Lost information", "bits", "best reader of the input minus best reader of Z", "target"),
    "bound": Measure("Generalisation bound", "distance", "its measurable terms (arXiv:2303.00633)", "target"),
    "bound-slack": Measure("Bound less error", "distance", "measurable terms minus the test error", "target"),
}
