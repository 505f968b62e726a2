"""Real data that ship inside scikit-learn, statsmodels and scikit-image: no network, no download."""

import numpy as np
import pandas as pd
import torch

from sslbench.data.streams import Columns, Raw, Stream
from sslbench.data.tables import table_stream
from sslbench.errors import DataError
from sslbench.registry import SOURCES
from sslbench.tasks import Source


def _choose(source: Source, known: dict):
    if source.name not in known:
        raise DataError(f"source {source.kind} has no {source.name!r}; it has {', '.join(sorted(known))}")
    return known[source.name](**source.options)


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
    return _choose(source, known)


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


@SOURCES.register("statsmodels")
def statsmodels_source(source: Source) -> Raw:
    """Survey tables of statsmodels: fair."""
    return _choose(source, {"fair": _fair})


def _fair() -> Raw:
    from statsmodels.datasets import fair

    data = fair.load_pandas().data
    columns = data.drop(columns="affairs")
    for nominal in ("occupation", "occupation_husb"):
        columns[nominal] = pd.Categorical(columns[nominal].astype(int))
    return Raw((table_stream(columns),), {"affair": (data["affairs"] > 0).to_numpy().astype(np.int64)})


@SOURCES.register("skimage")
def skimage_source(source: Source) -> Raw:
    """Photographs of scikit-image: textures (patches), stereo-depth (a left and a wider right patch)."""
    return _choose(source, {"textures": _textures, "stereo-depth": _stereo})


PHOTOS = ("brick", "grass", "gravel", "chelsea", "immunohistochemistry", "hubble_deep_field")


def _textures(patch: int = 16, per_photo: int = 500, block: int = 80) -> Raw:
    """Non-overlapping grey patches; the class is the photograph, the group a square block of it."""
    from skimage import color, data

    patches, labels, groups = [], [], []
    rng = np.random.default_rng(0)
    for label, photo in enumerate(PHOTOS):
        image = getattr(data, photo)()
        grey = np.round(255 * color.rgb2gray(image)).astype(np.uint8) if image.ndim == 3 else image
        rows, cols = grey.shape[0] // patch, grey.shape[1] // patch
        cells = rng.permutation(rows * cols)[:per_photo]
        for cell in np.sort(cells):
            top, left = cell // cols * patch, cell % cols * patch
            patches.append(grey[top : top + patch, left : left + patch])
            labels.append(label)
            groups.append(label * 10_000 + top // block * 100 + left // block)
    stream = Stream("patch", torch.tensor(np.stack(patches)[:, None]))
    return Raw((stream,), {"photo": np.array(labels)}, np.array(groups))


def _stereo(rows: int = 4000, height: int = 8, reach: int = 40, block: int = 50, classes: int = 4) -> Raw:
    """Patches of the half-size motorcycle pair, and the disparity's class (quantiles) as target.

    8x8 of the left photograph, and 8x40 of the right one, which reaches to where the same point can lie. Each patch is
    brought to one mean and contrast, so that one view alone says little; the group is a square block on the left.
    """
    from skimage import color, data
    from skimage.transform import downscale_local_mean

    left, right, disparity = data.stereo_motorcycle()
    left, right = (downscale_local_mean(color.rgb2gray(image), (2, 2)) for image in (left, right))
    disparity = disparity[::2, ::2][: left.shape[0], : left.shape[1]] / 2
    half = height // 2
    ok = np.isfinite(disparity) & (disparity >= 0) & (disparity + height <= reach)
    ys, xs = np.nonzero(ok)
    inside = (ys >= half) & (ys < left.shape[0] - half) & (xs >= reach - half) & (xs < left.shape[1] - half)
    ys, xs = ys[inside], xs[inside]
    pick = np.sort(np.random.default_rng(0).permutation(len(ys))[:rows])
    ys, xs = ys[pick], xs[pick]
    first = np.stack([left[y - half : y + half, x - half : x + half] for y, x in zip(ys, xs, strict=True)])
    second = np.stack([right[y - half : y + half, x + half - reach : x + half] for y, x in zip(ys, xs, strict=True)])
    depth = disparity[ys, xs]
    edges = np.quantile(depth, np.linspace(0, 1, classes + 1)[1:-1])
    streams = (Stream("left", _contrast(first)), Stream("right", _contrast(second)))
    return Raw(streams, {"disparity": np.searchsorted(edges, depth)}, ys // block * 100 + xs // block)


def _contrast(patches: np.ndarray) -> torch.Tensor:
    """Grey patches (n, h, w) -> uint8 (n, 1, h, w) with mean 128 and sd 48 each, clipped."""
    centred = patches - patches.mean((1, 2), keepdims=True)
    scaled = 128 + 48 * centred / np.maximum(centred.std((1, 2), keepdims=True), 0.02)
    return torch.tensor(np.clip(np.round(scaled), 0, 255).astype(np.uint8)[:, None])


def columns_of(values: np.ndarray, name: str, prefix: str) -> Stream:
    """A stream of plain numbers."""
    names = [f"{prefix}{j}" for j in range(values.shape[1])]
    return Stream(name, torch.tensor(values, dtype=torch.float32), Columns.numbers(names))
