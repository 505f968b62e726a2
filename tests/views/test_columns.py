"""Table views: the exact share is corrupted, with values of the column, and categories stay whole."""

import pytest
import torch
from scipy import stats

from sslbench.data.streams import ColumnEncoding, Columns, Stream
from sslbench.draws import Draw
from sslbench.errors import UsageError
from sslbench.registry import VIEWS
from sslbench.views.columns import Noise, Resample, Subset, Swap

G = torch.Generator().manual_seed(0)
POOL = torch.cat([torch.randn(1, 400, 3, generator=G), torch.randint(0, 3, (1, 400, 2), generator=G).float()], -1)
BATCH = POOL[:, :200] + torch.tensor([1000.0, 1000.0, 1000.0, 10.0, 10.0])  # so that every donor is visible


@pytest.mark.parametrize("strength, count", [(0.6, 3), (0.4, 2), (0.0, 0), (0.1, 1), (1.0, 5)])
def test_resample_corrupts_exactly_its_share_of_every_row(strength, count):
    view = Resample(strength)(BATCH, Draw([0]), POOL)
    changed = view != BATCH
    assert (changed.sum(-1) == count).all()
    for column in range(5):
        assert torch.isin(view[0, :, column][changed[0, :, column]], POOL[0, :, column]).all()


def test_resample_draws_from_the_marginal_and_not_from_one_row():
    pool = POOL.clone()
    pool[..., 1] = 2 * pool[..., 0]  # dependent columns
    view = Resample(1.0)(pool.repeat(1, 10, 1), Draw([0]), pool)[0]
    assert stats.ks_2samp(view[:, 0].numpy(), pool[0, :, 0].numpy()).pvalue > 1e-3
    assert abs(torch.corrcoef(view[:, :2].T)[0, 1]) < 0.06  # the dependence is gone


def test_which_columns_are_corrupted_is_uniform():
    view = Resample(0.4)(BATCH.repeat(1, 20, 1), Draw([0]), POOL)
    counts = (view != BATCH.repeat(1, 20, 1)).sum((0, 1)).numpy()
    assert stats.chisquare(counts).pvalue > 1e-3


def test_swap_corrupts_its_share_on_average():
    changed = (Swap(0.3)(BATCH.repeat(1, 20, 1), Draw([0]), POOL) != BATCH.repeat(1, 20, 1)).float().mean()
    assert changed == pytest.approx(0.3, abs=0.02)


def test_subset_drops_the_same_columns_for_a_whole_batch():
    gaps = Subset(0.8)(BATCH, Draw([0]), POOL).isnan()
    assert (gaps.sum(-1) == 2).all() and (gaps == gaps[:, :1]).all()


def test_noise_is_scaled_by_the_columns_sd():
    pool = POOL[..., :3] * torch.tensor([1.0, 10.0, 100.0])
    change = (Noise(0.5)(pool, Draw([0]), pool) - pool)[0]
    assert (change.std(0) / pool[0].std(0)).numpy() == pytest.approx([0.5] * 3, abs=0.06)


@pytest.mark.parametrize("name", ["resample", "swap", "subset"])
def test_encoded_categories_stay_valid(name):
    stream = Stream("t", POOL[0], Columns(("a", "b", "c", "d", "e"), (0, 0, 0, 3, 3)))
    encoding = ColumnEncoding(stream, torch.arange(400)[None])
    view = VIEWS.get(name).build(0.6, {})(POOL, Draw([0]), POOL)
    blocks = encoding.encode(view)[0, :, 3:].view(-1, 2, 3).sum(-1)
    assert torch.isin(blocks, torch.tensor([1.0] if name != "subset" else [0.0, 1.0])).all()


def test_views_of_a_pair_are_drawn_independently():
    one, two = Resample(0.6).pair(BATCH, Draw([0]), POOL)
    assert ((one != BATCH) != (two != BATCH)).any() and not torch.equal(one, two)


def test_an_unknown_option_names_those_there_are():
    with pytest.raises(UsageError, match="'image' has no option wobble; it has crop, flip"):
        VIEWS.get("image").build(1.0, {"wobble": 1})
