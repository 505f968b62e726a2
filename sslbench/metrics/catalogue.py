"""What is measured of every representation: names, units and one line each; evaluation/ makes the numbers.

Where a task has several streams, a metric is the mean over them.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Metric:
    """A metric in words. `per`: "representation", or "target" if it also depends on what is predicted."""

    title: str
    unit: str
    what: str
    per: str = "representation"


CATALOGUE: dict[str, Metric] = {
    "rankme": Metric("RankMe", "dimensions", "exp of the entropy of the singular values (Garrido et al. 2023)"),
    "effective-rank": Metric("Effective rank", "dimensions", "the same of the centred rows (Roy & Vetterli 2007)"),
    "covariance-rank": Metric("Covariance rank", "dimensions", "exp of the entropy of the covariance's eigenvalues"),
    "participation": Metric("Participation ratio", "dimensions", "squared sum of eigenvalues over sum of squares"),
    "alpha": Metric("alpha-ReQ", "exponent", "decay of the covariance's eigenvalues (Agrawal et al. 2022)"),
    "lidar": Metric("LiDAR", "dimensions", "rank of items in units of their views' spread (Thilak et al. 2023)"),
    "entropy-deficit": Metric("Entropy deficit", "nats/dimension", "log-det entropy under an isotropic Gaussian's"),
    "entropy-upper": Metric("Mixture entropy, upper", "nats", "pairwise KL bound, width 1 (Kolchinsky & Tracey 2017)"),
    "entropy-lower": Metric("Mixture entropy, lower", "nats", "pairwise Bhattacharyya bound, width 1"),
    "uniformity-gap": Metric("Uniformity gap", "nats", "above the uniform distribution's (Wang & Isola 2020)"),
    "alignment": Metric("Alignment", "squared distance", "of two views on the sphere (Wang & Isola 2020)"),
    "shared-information": Metric("I(Z1; Z2)", "nats", "Gaussian, 16 leading components, bias-corrected"),
    "superfluous": Metric("Superfluous share", "share", "of a cluster code of Z1 that Z2 does not predict"),
    "view-strength": Metric("View information", "bits", "about which of four view strengths was applied"),
    "gaussian-rejections": Metric("Normality rejected", "share", "of coordinates around an input, K^2 at 5 %"),
    "affinity-residual": Metric("Local affinity residual", "ratio", "bend over slope in an input step of 0.1 sd"),
    "overlap-noise": Metric("Overlap, noise", "share", "of noisy copies nearer to another input's mean"),
    "overlap-views": Metric("Overlap, views", "share", "of views nearer to another item's mean"),
    "invariance": Metric("Invariance term", "distance", "mean distance of two views' codes of mean squared norm 1"),
    "bits-linear": Metric("I(Y; Z), linear", "bits", "held-out information of a linear model", "target"),
    "bits-mlp": Metric("I(Y; Z), MLP", "bits", "held-out information of a two-layer network", "target"),
    "bits-lost": Metric("Lost information", "bits", "best predictive model of the input minus that of Z", "target"),
    "bound": Metric("Generalisation bound", "distance", "its measurable terms (arXiv:2303.00633)", "target"),
    "bound-slack": Metric("Bound less error", "distance", "measurable terms minus the test error", "target"),
}
