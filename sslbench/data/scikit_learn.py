"""Data of scikit-learn: handwritten digits, wine, breast cancer."""

import numpy as np
import torch

from sslbench.data.installed import choose
from sslbench.data.streams import Raw, Stream
from sslbench.data.tables import table_stream
from sslbench.registry import SOURCES
from sslbench.tasks import Source


@SOURCES.register("sklearn")
def sklearn_source(source: Source) -> Raw:
    """Data of scikit-learn: digits, digit-halves, breast-cancer, breast-cancer-views, wine."""
    known = {
        "digits": _digits,
        "digit-halves": _digit_halves,
        "wine": _wine,
        "breast-cancer": _breast_cancer,
        "breast-cancer-views": _breast_cancer_views,
    }
    return choose(source, known)


def _scans() -> tuple[np.ndarray, np.ndarray]:
    from sklearn.datasets import load_digits

    data = load_digits()
    return np.round(data.images * (255 / 16)).astype(np.uint8)[:, None], data.target  # (n, 1, 8, 8)


def _digits() -> Raw:
    images, labels = _scans()
    return Raw((Stream("scan", torch.tensor(images)),), {"class": labels})


def _digit_halves() -> Raw:
    images, labels = _scans()
    left, right = images[..., :4], images[..., 4:]
    ink = left.sum((1, 2, 3), dtype=np.int64)
    streams = (Stream("left", torch.tensor(left)), Stream("right", torch.tensor(right)))
    return Raw(streams, {"class": labels, "left-ink": (ink > np.median(ink)).astype(np.int64)})


def _wine() -> Raw:
    from sklearn.datasets import load_wine

    data = load_wine(as_frame=True)
    return Raw((table_stream(data.data),), {"class": data.target.to_numpy()})


def _breast_cancer() -> Raw:
    from sklearn.datasets import load_breast_cancer

    data = load_breast_cancer(as_frame=True)
    return Raw((table_stream(data.data),), {"diagnosis": data.target.to_numpy()})


def _breast_cancer_views(first: str, second: str) -> Raw:
    from sklearn.datasets import load_breast_cancer

    data = load_breast_cancer(as_frame=True)
    names = list(data.data.columns)
    groups = {"mean": names[:10], "error": names[10:20], "worst": names[20:]}
    streams = tuple(table_stream(data.data[groups[g]], g) for g in (first, second))
    return Raw(streams, {"diagnosis": data.target.to_numpy()})
