"""Encoding: what is fitted on train rows only, what happens to gaps and categories."""

import numpy as np
import pandas as pd
import pytest
import torch

from sslbench.data.streams import ColumnEncoding, ImageEncoding, Stream
from sslbench.data.tables import labels_of, table_stream
from sslbench.errors import DataError

FRAME = pd.DataFrame(
    {
        "height": [1.0, 2.0, np.nan, 4.0, 100.0, 3.0],
        "colour": pd.Categorical(["red", "blue", "red", None, "blue", "green"]),
        "constant": [1] * 6,
        "word": ["a", "b", "a", "b", "a", "b"],
    }
)
TRAIN = torch.tensor([[0, 1, 3, 5]])


def test_columns_become_numbers_blocks_and_gap_marks():
    stream = table_stream(FRAME)
    assert stream.columns.names == ("height", "colour", "word") and stream.columns.sizes == (0, 3, 2)
    encoding = ColumnEncoding(stream, TRAIN)
    x = encoding.encode(encoding.take(torch.arange(6)[None]))[0]
    train = np.array([1.0, 2.0, 4.0, 3.0])
    want = np.clip((np.array([1.0, 2.0, 4.0, 100.0, 3.0]) - train.mean()) / train.std(), -5, 5)
    assert x[[0, 1, 3, 4, 5], 0].numpy() == pytest.approx(want, rel=1e-5)
    assert x[2, 0] == 0 and x[:, 1].tolist() == [0, 0, 1, 0, 0, 0]  # a gap sits at the mean and is marked
    assert x[:, 2:5].sum(1).tolist() == [1, 1, 1, 0, 1, 1] and x[3, 5] == 1  # one-hot; the gap has its own mark
    assert (x[:, 6:].sum(1) == 1).all()


def test_runs_are_encoded_by_their_own_train_rows():
    stream = table_stream(FRAME[["height"]].dropna())
    encoding = ColumnEncoding(stream, torch.tensor([[0, 1], [2, 4]]))
    x = encoding.encode(encoding.take(torch.arange(5).expand(2, 5)))
    assert x[0, [0, 1], 0].tolist() == pytest.approx([-1, 1]) and x[1, [2, 4], 0].tolist() == pytest.approx([1, -1])


def test_many_categories_share_one_code():
    words = [f"w{i}" for i in range(100)] + ["w0"] * 10
    stream = table_stream(pd.DataFrame({"word": words}))
    assert stream.columns.sizes == (64,) and (stream.values[:, 0] == 63).sum() == 37


def test_infinite_numbers_and_empty_tables_are_refused():
    with pytest.raises(DataError, match=r"'x'.*infinite"):
        table_stream(pd.DataFrame({"x": [1.0, np.inf, 2.0]}))
    with pytest.raises(DataError, match="two different values"):
        table_stream(pd.DataFrame({"x": [1, 1]}))
    with pytest.raises(DataError, match="1 missing"):
        labels_of(pd.Series(["a", None, "b"], name="y"))


def test_images_are_normalised_by_train_pixels():
    pixels = torch.randint(0, 256, (10, 3, 4, 4), dtype=torch.uint8)
    encoding = ImageEncoding(Stream("image", pixels), torch.arange(6)[None])
    x = encoding.encode(encoding.take(torch.arange(6)[None]))
    assert x.mean((0, 1, 3, 4)).abs().max() < 1e-5 and x.std((0, 1, 3, 4)).sub(1).abs().max() < 1e-4
