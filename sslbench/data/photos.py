"""Patches of the photographs that scikit-image and scikit-learn ship: textures, and a stereo pair with its depth."""

import numpy as np
import torch

from sslbench.data.installed import choose, cut
from sslbench.data.streams import Raw, Stream
from sslbench.registry import SOURCES
from sslbench.tasks import Source


@SOURCES.register("skimage")
def skimage_source(source: Source) -> Raw:
    """Photographs of scikit-image: textures, textures.v2 (patches), stereo-depth, stereo-bands (matching patches)."""
    known = {"textures": _textures, "textures.v2": _textures_v2, "stereo-depth": _stereo, "stereo-bands": _stereo_bands}
    return choose(source, known)


PHOTOS = ("brick", "grass", "gravel", "chelsea", "immunohistochemistry", "hubble_deep_field")


def _grey(image: np.ndarray) -> np.ndarray:
    """uint8 pixels of a colour or grey photograph."""
    from skimage import color

    return np.round(255 * color.rgb2gray(image)).astype(np.uint8) if image.ndim == 3 else image


def _cells(grey: np.ndarray, patch: int, count: int, block: int, rng: np.random.Generator):
    """Non-overlapping patches at random cells of one photograph, and the square block each lies in."""
    rows, cols = grey.shape[0] // patch, grey.shape[1] // patch
    cells = np.sort(rng.permutation(rows * cols)[:count])
    corners = [(cell // cols * patch, cell % cols * patch) for cell in cells]
    patches = np.stack([grey[top : top + patch, left : left + patch] for top, left in corners])
    return patches, np.array([top // block * 100 + left // block for top, left in corners])


def _patches_of(photos: list[np.ndarray], patch: int, count: int, block: int) -> tuple[np.ndarray, ...]:
    """Patches (n, patch, patch) of every photograph, which one it is, and its block."""
    rng = np.random.default_rng(0)
    found = [_cells(_grey(photo), patch, count, block, rng) for photo in photos]
    label = np.repeat(np.arange(len(found)), [len(p) for p, _ in found])
    return np.concatenate([p for p, _ in found]), label, label * 10_000 + np.concatenate([g for _, g in found])


def _textures(patch: int = 16, per_photo: int = 500, block: int = 80) -> Raw:
    """Non-overlapping grey patches; the class is the photograph, the group a square block of it."""
    from skimage import data

    patches, label, group = _patches_of([getattr(data, p)() for p in PHOTOS], patch, per_photo, block)
    return Raw((Stream("patch", torch.tensor(patches[:, None])),), {"photo": label}, group)


SKIMAGE = (*PHOTOS, "coins", "camera", "moon", "coffee", "astronaut", "cell")
SKLEARN = ("china.jpg", "flower.jpg")


def _textures_v2(patch: int = 16, per_photo: int = 400, block: int = 64, contrast: bool = True) -> Raw:
    """Non-overlapping grey patches of fourteen photographs, brought to one mean and contrast."""
    from skimage import data
    from sklearn.datasets import load_sample_image

    photos = [getattr(data, p)() for p in SKIMAGE] + [load_sample_image(p) for p in SKLEARN]
    patches, label, group = _patches_of(photos, patch, per_photo, block)
    pixels = _contrast(patches / 255) if contrast else torch.tensor(patches[:, None])
    return Raw((Stream("patch", pixels),), {"photo": label}, group)


def _motorcycle() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Left and right grey photograph at half size, and the disparity of every left pixel in their pixels."""
    from skimage import color, data
    from skimage.transform import downscale_local_mean

    left, right, disparity = data.stereo_motorcycle()
    left, right = (downscale_local_mean(color.rgb2gray(image), (2, 2)) for image in (left, right))
    return left, right, disparity[::2, ::2][: left.shape[0], : left.shape[1]] / 2


def _usable(left: np.ndarray, disparity: np.ndarray, half: int, reach: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows and columns of the left pixels whose patch, and its match within `reach`, lie inside the photographs."""
    ys, xs = np.nonzero(np.isfinite(disparity) & (disparity >= 0) & (disparity + 2 * half <= reach))
    inside = (ys >= half) & (ys < left.shape[0] - half) & (xs >= reach - half) & (xs < left.shape[1] - half)
    return ys[inside], xs[inside]


def _matches(left: np.ndarray, right: np.ndarray, ys: np.ndarray, xs: np.ndarray, half: int, reach: int):
    """Left patches and the right strips that hold their matches, both with one mean and contrast."""
    first = np.stack([left[y - half : y + half, x - half : x + half] for y, x in zip(ys, xs, strict=True)])
    second = np.stack([right[y - half : y + half, x + half - reach : x + half] for y, x in zip(ys, xs, strict=True)])
    return Stream("left", _contrast(first)), Stream("right", _contrast(second))


def _stereo(rows: int = 4000, height: int = 8, reach: int = 40, block: int = 50, classes: int = 4) -> Raw:
    """Patches of the half-size motorcycle pair, and the disparity's class (quantiles) as target.

    8x8 of the left photograph, and 8x40 of the right one, which reaches to where the same point can lie. Each patch is
    brought to one mean and contrast, so that one view alone says little; the group is a square block on the left.
    Strips of neighbouring blocks overlap: see `_stereo_bands`.
    """
    left, right, disparity = _motorcycle()
    ys, xs = _usable(left, disparity, height // 2, reach)
    pick = np.sort(np.random.default_rng(0).permutation(len(ys))[:rows])
    ys, xs = ys[pick], xs[pick]
    streams = _matches(left, right, ys, xs, height // 2, reach)
    return Raw(streams, {"disparity": cut(disparity[ys, xs], classes)}, ys // block * 100 + xs // block)


def _stereo_bands(rows: int = 20000, height: int = 8, reach: int = 40, band: int = 20, classes: int = 4) -> Raw:
    """As `_stereo`, but the group is a band across the whole width, and two bands share no pixel in either photograph.

    A band is `band` rows high, and a patch's whole height must lie in it: strips reach sideways only.
    """
    left, right, disparity = _motorcycle()
    half = height // 2
    ys, xs = _usable(left, disparity, half, reach)
    within = (ys - half) // band == (ys + half - 1) // band  # first and last row of the patch
    ys, xs = ys[within], xs[within]
    pick = np.sort(np.random.default_rng(0).permutation(len(ys))[:rows])
    ys, xs = ys[pick], xs[pick]
    streams = _matches(left, right, ys, xs, half, reach)
    assert ((ys - half) // band == (ys + half - 1) // band).all(), "a patch leaves its band"
    return Raw(streams, {"disparity": cut(disparity[ys, xs], classes)}, ys // band)


def _contrast(patches: np.ndarray) -> torch.Tensor:
    """Grey patches (n, h, w) -> uint8 (n, 1, h, w) with mean 128 and sd 48 each, clipped."""
    centred = patches - patches.mean((1, 2), keepdims=True)
    scaled = 128 + 48 * centred / np.maximum(centred.std((1, 2), keepdims=True), 0.02)
    return torch.tensor(np.clip(np.round(scaled), 0, 255).astype(np.uint8)[:, None])
