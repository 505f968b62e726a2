"""Data of installed packages: what they hold, that parts of a split share nothing, and what a missing package says."""

import re

import numpy as np
import pandas as pd
import pytest

from sslbench.data.dataset import load_dataset
from sslbench.data.installed import package_file
from sslbench.data.mnist import scaled
from sslbench.data.photos import _motorcycle
from sslbench.errors import DataError
from sslbench.registry import SOURCES
from sslbench.tasks import Source, find_task


def test_mnist_parts_make_up_the_whole_digit_and_test_rows_are_fixed():
    whole, halves, quarters = (load_dataset(find_task(f"mnist-{n}")) for n in ("5000", "halves", "quarters"))
    image = whole.streams[0].values
    left, right = (s.values for s in halves.streams)
    a, b, c, d = (s.values for s in quarters.streams)
    assert (image[..., :8] == left).all() and (image[..., 8:] == right).all()
    assert (left[:, :, :8] == a).all() and (right[:, :, :8] == b).all()
    assert (left[:, :, 8:] == c).all() and (right[:, :, 8:] == d).all()
    (test,) = (s.test for s in whole.splits)
    assert (np.bincount(whole.targets["class"][test]) == 200).all()
    assert all((x.split(0).test == test).all() for x in (halves, quarters))


def test_holes_are_those_of_the_digits():
    data = load_dataset(find_task("mnist-5000"))
    digit, holes = data.targets["class"], data.targets["holes"]
    usual = {0: 1, 1: 0, 3: 0, 5: 0, 6: 1, 7: 0, 8: 2, 9: 1}  # 2 and 4 are written both ways
    agrees = [(holes[digit == d] == n).mean() for d, n in usual.items()]
    assert min(agrees) > 0.6 and np.mean(agrees) > 0.8


def test_a_size_that_mnist_does_not_have_is_named():
    with pytest.raises(DataError, match="14, 16 or 28 pixels; got 20"):
        scaled(20)


def test_stereo_bands_share_no_pixel_between_parts():
    """Every patch is looked up in the photographs: the rows of pixels it covers lie in one part of a split only."""
    data = load_dataset(find_task("stereo-depth.v2"))
    assert data.rows == 20_000
    left = _motorcycle()[0]
    windows = np.lib.stride_tricks.sliding_window_view(left, (8, 8))
    flat = windows - windows.mean((2, 3), keepdims=True)
    flat = 128 + 48 * flat / np.maximum(flat.std((2, 3), keepdims=True), 0.02)
    at = {}
    pixels = np.clip(np.round(flat), 0, 255).astype(np.uint8)
    for y in range(pixels.shape[0]):
        for x in range(pixels.shape[1]):
            at.setdefault(pixels[y, x].tobytes(), set()).add(y)
    patches = data.streams[0].values[:, 0].numpy()
    found = [at[p.tobytes()] for p in patches[::20]]
    for split in data.splits:
        covered = []
        for part in (split.train, split.val, split.test):
            tops = [found[i // 20] for i in part if i % 20 == 0]
            covered.append({y + dy for t in tops if len(t) == 1 for y in t for dy in range(8)})
        assert min(map(len, covered)) > 20
        assert not covered[0] & covered[1] and not covered[0] & covered[2] and not covered[1] & covered[2]


def test_texture_patches_stay_in_their_block():
    data = load_dataset(find_task("textures.v2"))
    assert data.rows == 5600 and len(set(data.targets["photo"])) == 14
    photo_of_block = {(g, y) for g, y in zip(data.groups, data.targets["photo"], strict=True)}
    assert len(photo_of_block) == len(set(data.groups))
    assert all(len(set(data.targets["photo"][s.test])) == 14 for s in data.splits)


def test_randhie_keeps_people_and_families_whole():
    data = load_dataset(find_task("randhie-sides"))
    file = pd.read_csv(package_file("statsmodels", "datasets/randhie/src/randhie.csv"))
    file["group"] = data.groups
    assert data.rows == len(file) == 20_190 and file["zper"].nunique() == 5_912 and len(set(data.groups)) > 200
    assert (file.groupby("zper")["group"].nunique() == 1).all()
    people = file.drop_duplicates("zper").sort_values("zper")
    follows = people["zper"].diff().to_numpy()[1:] == 1  # a family's numbers follow one another
    assert (np.diff(people["group"])[follows] == 0).all()
    same_plan = np.diff(people["plan"]) == 0
    assert same_plan[follows].mean() > 0.85 and same_plan[~follows].mean() < 0.5


def test_watch_is_split_by_person():
    pairs, table = load_dataset(find_task("watch")), load_dataset(find_task("watch-table"))
    assert [s.values.shape[1] for s in pairs.streams] == [75, 75] and table.streams[0].values.shape[1] == 150
    gravity = pairs.streams[0].values.reshape(-1, 25, 3).mean(1).norm(dim=1).median()
    assert 0.8 < gravity < 1.2 or 8 < gravity < 11, "at rest an accelerometer shows gravity"
    assert len(set(pairs.groups)) == 10 and all(len(set(pairs.groups[s.test])) >= 3 for s in pairs.splits)


def test_image_regions_are_distinct():
    pytest.importorskip("river")
    data = load_dataset(find_task("segments"))
    rows = np.hstack([s.values.numpy() for s in data.streams])
    assert len(np.unique(rows, axis=0)) == data.rows == 2086 and rows.shape[1] == 18


@pytest.mark.parametrize(
    "kind, name, line", [("seglearn", "watch", "seglearn"), ("river", "segment-sides", "'sslbench[data]'")]
)
def test_a_missing_package_is_named_with_its_pip_line(monkeypatch, kind, name, line):
    monkeypatch.setattr("sslbench.data.installed.find_spec", lambda package: None)
    with pytest.raises(DataError, match=re.escape(f"{kind}, which is not installed: pip install {line}")):
        SOURCES.get(kind)(Source(kind=kind, name=name))


def test_a_file_that_a_package_lacks_is_named():
    with pytest.raises(DataError, match=r"installed sklearn has no file nothing\.csv; reinstall it"):
        package_file("sklearn", "nothing.csv")
