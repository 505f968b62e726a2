"""A task's facts and samples: measured right, the same every time, small, with both views."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from sslbench.data.dataset import load_dataset
from sslbench.data.facts import facts_of
from sslbench.diagnosis.task_samples import picture, samples_of
from sslbench.records.samples import read_samples, write_samples
from sslbench.tasks import find_task


def made(task):
    return load_dataset(find_task(task))


def test_facts_are_those_of_the_data():
    facts = facts_of(made("wine"))
    assert (facts.rows, facts.test_rows, facts.groups) == (178, 178, 0) and facts.streams[0].shape == (13,)
    target = facts.targets["class"]
    assert (target.classes, target.rarest, target.chance) == (3, 48, round(71 / 178, 6))
    shares = np.array([59, 71, 48]) / 178
    assert target.entropy == pytest.approx(-(shares * np.log2(shares)).sum(), abs=1e-6)


def test_samples_of_pictures_show_the_item_and_two_views(tmp_path):
    dataset = made("digits")
    samples = samples_of(dataset)
    (stream,) = samples.streams
    assert stream.versions == ("item", "view 1", "view 2") and len(samples.labels) == 6 == len(set(samples.labels))
    item, one, two = stream.pictures
    assert not set(item) & set(one) and not set(one) & set(two)
    stored = Image.open(io.BytesIO(base64.b64decode(item[0].partition(",")[2])))
    assert (np.asarray(stored) == dataset.streams[0].values.numpy()[:, 0]).all((1, 2)).any()
    write_samples(tmp_path, "digits", samples)
    size = (tmp_path / "samples" / "digits.json").stat().st_size
    assert read_samples(tmp_path, "digits") == samples == samples_of(dataset) and size < 30_000


def test_a_table_shows_cells_of_which_the_view_changes_its_share():
    (stream,) = samples_of(made("fair.v2")).streams
    item, one, _ = (np.array(v) for v in stream.cells)
    assert item.shape == (3, len(stream.columns)) and 0 < (item != one).sum(1).max() <= 3  # floor(.4 x 8)


def test_aligned_streams_are_the_views_and_series_keep_their_axes():
    streams = samples_of(made("watch")).streams
    assert [s.versions for s in streams] == [("view 1",), ("view 2",)]
    assert np.array(streams[0].lines).shape == (1, 4, 3, 25)  # items, axes, samples


def test_large_and_strange_pictures_are_small_files():
    noise = np.random.default_rng(0).random((3, 200, 100))
    opened = Image.open(io.BytesIO(base64.b64decode(picture(noise).partition(",")[2])))
    assert picture(noise).startswith("data:image/jpeg") and opened.size == (24, 48)
    assert Image.open(io.BytesIO(base64.b64decode(picture(noise[:2, :8, :8]).partition(",")[2]))).size == (16, 8)
