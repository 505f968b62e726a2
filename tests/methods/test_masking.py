"""Masks over whole columns and patches: exact counts, valid one-hot blocks, and what tabular methods do to a row."""

import pytest
import torch

from sslbench.data.dataset import load_dataset
from sslbench.data.streams import Columns, Stream, encoding_of, patches
from sslbench.draws import Draw
from sslbench.methods.masking import blank, choose_tokens, masked_mean, spread, swap_tokens, token_any
from sslbench.methods.nets import Start
from sslbench.registry import METHODS
from sslbench.tasks import find_task

UNITS = torch.tensor([0, 1, 1, 1, 2, 3, 3])  # a number, three one-hot inputs, a number, two one-hot inputs


def rows(runs=2, batch=50):
    draw = torch.Generator().manual_seed(0)
    out = torch.zeros(runs, batch, 7)
    out[..., [0, 4]] = torch.randn(runs, batch, 2, generator=draw)
    for first, size in ((1, 3), (5, 2)):
        code = torch.randint(size, (runs, batch), generator=draw)
        out[..., first : first + size] = torch.nn.functional.one_hot(code, size).float()
    return out


def test_patches_are_squares_that_share_their_channels():
    ids = patches((3, 8, 4)).view(3, 8, 4)
    assert torch.equal(ids[0], ids[1]) and int(ids.max()) == 7
    assert ids[0, :2, :2].unique().tolist() == [0] and ids[0, 6:, 2:].unique().tolist() == [7]
    assert int(patches((1, 32, 32)).max()) == 63 and int(patches((1, 7, 7)).max()) == 48


@pytest.mark.parametrize("share, hidden", [(0.0, 1), (0.25, 1), (0.5, 2), (0.75, 3), (1.0, 3)])
def test_exactly_so_many_units_are_chosen_and_never_all(share, hidden):
    chosen = choose_tokens(Draw((0, 1)), UNITS, 40, share)
    assert chosen.shape == (2, 40, 4) and (chosen.sum(-1) == hidden).all()


def test_blanks_hide_whole_units():
    x = rows() + 5
    mask = spread(choose_tokens(Draw((0, 1)), UNITS, 50, 0.5), UNITS)
    assert torch.equal(mask[..., 1], mask[..., 2]) and torch.equal(mask[..., 5], mask[..., 6])
    assert (blank(x, mask)[mask] == 0).all() and torch.equal(blank(x, mask)[~mask], x[~mask])


def test_swapped_blocks_stay_valid_and_come_from_their_column():
    x, draw = rows(), Draw((0, 1))
    chosen = torch.rand(2, 50, 4, generator=torch.Generator().manual_seed(1)) < 0.5
    swapped = swap_tokens(x, chosen, UNITS, draw)
    for block in (slice(1, 4), slice(5, 7)):
        assert (swapped[..., block].sum(-1) == 1).all()
    kept = ~spread(chosen, UNITS)
    assert torch.equal(swapped[kept], x[kept]) and not torch.equal(swapped, x)
    assert torch.isin(swapped[0, :, 0], x[0, :, 0]).all()


def test_a_unit_has_changed_if_any_of_its_inputs_has():
    flags = torch.zeros(1, 1, 7, dtype=torch.bool)
    flags[..., [2, 4]] = True
    assert token_any(flags, UNITS).tolist() == [[[False, True, True, False]]]


def test_a_masked_mean_reads_the_masked_alone():
    errors, mask = torch.arange(8.0).view(2, 2, 2), torch.tensor([[[1, 0], [0, 1]], [[0, 0], [0, 0]]])
    assert masked_mean(errors, mask).tolist() == [1.5, 0.0]


def table():
    values = torch.randn(200, 4, generator=torch.Generator().manual_seed(0))
    values[:, 1] = torch.arange(200) % 3
    values[:, 3] = 1.0  # a constant: a swap never changes it
    stream = Stream("t", values, Columns(("a", "b", "c", "d"), (0, 3, 0, 0)))
    return encoding_of(stream, torch.arange(200)[None]), values


def test_vimes_mask_leaves_out_cells_that_drew_their_own_value():
    from sslbench.registry import VIEWS

    encoding, values = table()
    batch = values[None]
    view = VIEWS.get("swap").build(0.5, {})(batch, Draw((0,)), batch)
    changed = token_any(encoding.encode(batch) != encoding.encode(view), encoding.tokens)[0].float().mean(0)
    assert changed[3] == 0 and changed[1] == pytest.approx(0.5 * 2 / 3, abs=0.1)
    assert changed[0] == pytest.approx(0.5, abs=0.1)


def test_binrecon_learns_its_edges_from_train_rows():
    import numpy as np

    encoding, _ = table()
    x = encoding.encode(encoding.take(torch.arange(200)[None]))
    method = METHODS.get("binrecon")()
    memory = method.memory(Start(Draw((0,)), 8, 16, 200, 2, lambda stream: x))
    index = method.index(x, memory["edges"], memory["mean"], memory["sd"])[0, :, 0].numpy()
    edges = np.quantile(x[0, :, 0].numpy(), np.arange(1, 10) / 10)
    place = np.digitize(x[0, :, 0].numpy(), edges)
    want = (place - place.mean()) / place.std(ddof=1)
    assert (np.abs(index - want) < 1e-4).mean() > 0.98  # values on an edge may fall either way
    assert len(np.unique(place)) == 10


def test_quantiles_are_torchs():
    from sslbench.methods.tabular import quantiles

    x = torch.randn(2, 3, 101, generator=torch.Generator().manual_seed(0))
    want = x.quantile(torch.arange(1, 10) / 10, -1).permute(1, 2, 0)
    assert torch.allclose(quantiles(x, 10), want, atol=1e-5)


@pytest.mark.parametrize("columns", [2, 3, 4, 13, 30])
def test_subtabs_blocks_cover_every_column_and_overlap(columns):
    hidden = METHODS.get("subtab")().block_mask(torch.arange(columns))
    shown = ~hidden
    assert shown.shape == (4, columns) and shown.any(0).all() and shown.any(1).all()
    if columns > 4:
        assert (shown[0] & shown[1]).any() and hidden.any()


def test_t_jepas_targets_never_meet_their_context():
    context, targets = METHODS.get("t-jepa")().sets(Draw((0, 1)), UNITS, 30)
    assert len(targets) == 4 and (context.sum(-1) == 2).all()
    assert all((t.sum(-1) == 1).all() and not (t & context).any() for t in targets)


def test_copies_of_a_stream_are_jittered_alike_and_apart():
    from sslbench.views.streams import jitter

    x = torch.ones(2, 400, 10)
    a, b = (jitter(x, Draw((0, 1)).of(k)) for k in "ab")
    assert (a == 0).float().mean() == pytest.approx(0.1, abs=0.02) and not torch.equal(a, b)
    assert a[a != 0].std() == pytest.approx(0.1, abs=0.02)


def test_more_views_are_made_where_the_task_can(monkeypatch):
    from sslbench.methods.whitening import MMCR
    from sslbench.submissions.contract import Subject, train

    seen = []
    original = MMCR.loss
    monkeypatch.setattr(MMCR, "loss", lambda self, *z: seen.append(len(z)) or original(self, *z))
    for task in ("wine", "breast-cancer-views"):
        train(Subject(METHODS.get("mmcr").build(), load_dataset(find_task(task))), steps=1)
    assert seen == [4, 2]
