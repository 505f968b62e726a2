"""Parts of images against slices, and Lab against scikit-image."""

import numpy as np
import pytest
from skimage.color import rgb2lab

from sslbench.data.images.streams_of import lab_of, streams_of
from sslbench.errors import DataError


def test_lab_is_within_one_level_of_scikit_images():
    levels = np.r_[np.arange(0, 256, 15), 1, 2, 3]
    rgb = np.stack(np.meshgrid(levels, levels, levels), -1).reshape(1, -1, len(levels), 3).astype(np.uint8)
    want = rgb2lab(rgb) * [2.55, 1, 1] + [0, 128, 128]
    got = lab_of(rgb.transpose(0, 3, 1, 2)).transpose(0, 2, 3, 1)
    assert np.abs(got - want).max() <= 1.0 and np.abs(got - want).mean() < 0.3


def test_parts_are_slices_and_lie_in_reading_order():
    images = np.random.default_rng(0).integers(0, 255, (5, 3, 4, 6)).astype(np.uint8)
    left, right = streams_of(images, "halves")
    assert np.array_equal(np.concatenate([left.values, right.values], 3), images)
    named = {s.name: s.values.numpy() for s in streams_of(images, "quarters")}
    assert np.array_equal(named["bottom-left"], images[:, :, 2:, :3]) and list(named)[1] == "top-right"
    light, colour = streams_of(images, "lab")
    assert tuple(light.values.shape) == (5, 1, 4, 6) and tuple(colour.values.shape) == (5, 2, 4, 6)
    with pytest.raises(DataError, match="needs colour images; these are 1x4x6"):
        streams_of(images[:, :1], "lab")
