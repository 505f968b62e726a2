"""Any number of streams: losses of two views go over all pairs, and a card says how many streams a method takes."""

from dataclasses import replace

import pytest
import torch

from sslbench.config import STANDARD, Run
from sslbench.data.dataset import load_dataset
from sslbench.methods.card import Card
from sslbench.methods.pairing import both_ways, over_pairs
from sslbench.registry import METHODS
from sslbench.runner.plan import why_not
from sslbench.tasks import find_task
from sslbench.training.represent import represent

SHORT = replace(STANDARD, step_scale=0.01)  # a few steps
CPU = torch.device("cpu")


def streams(count):
    """A pair with its first stream again, or without its second: columns that differ by noise from stream to stream."""
    pair = load_dataset(find_task("breast-cancer-views"))
    found = []
    for i in range(count):
        values = pair.streams[i % 2].values
        noise = torch.randn(values.shape, generator=torch.Generator().manual_seed(i)) * values.std(0)
        found.append(replace(pair.streams[i % 2], name=f"stream {i}", values=values + 0.1 * noise))
    return replace(pair, streams=tuple(found))


def reason(name, count):
    data = streams(count)
    return why_not(METHODS.get(name).build(), data.task, data.kinds)


def test_two_views_are_one_pair():
    product = lambda a, b: a * 10 + b  # noqa: E731
    assert over_pairs(product, [1, 2]) == 12
    assert both_ways(product, [1, 2], [3, 4]) == 14 + 23


def test_three_views_are_the_mean_of_three_pairs():
    product = lambda a, b: a * 10 + b  # noqa: E731
    assert over_pairs(product, [1, 2, 3]) == (12 + 13 + 23) / 3
    assert both_ways(product, [1, 2, 3], [4, 5, 6]) == (15 + 24 + 16 + 34 + 26 + 35) / 3


def test_clip_on_three_streams_is_the_mean_of_clip_on_every_two():
    z = list(torch.randn(3, 2, 8, 5, generator=torch.Generator().manual_seed(0)))
    method = METHODS.get("clip").build()
    scale = torch.tensor([2.0, 3.0])

    class Nets:
        scalars = {"log_scale": scale}

        def embed(self, views):
            return z

    class Batch:
        views = ()

    want = (method.loss(z[0], z[1], scale) + method.loss(z[0], z[2], scale) + method.loss(z[1], z[2], scale)) / 3
    assert torch.allclose(method.objective(Nets(), Batch()), want)


ON_THREE = [n for n in METHODS.names() if METHODS.get(n).card.why_not_streams(3) is None]
KINDS = ["clip", "siglip", "cross-self", "cross-jepa", "comm", "dcca", "byol", "dino", "tico", "nnclr", "mib", "mmcr"]
KINDS += ["symile", "gram", "triangle", "pmrl", "vicreg-compress", "corinfomax", "supervised", "mae"]


@pytest.mark.parametrize("name", KINDS)
def test_three_streams_are_represented_and_runs_do_not_mix(name):
    assert name in ON_THREE
    method, data = METHODS.get(name).build(), streams(3)
    both = represent(method, data, (Run(0, 0), Run(1, 1)), SHORT, CPU, measure=True)
    alone = represent(method, data, (Run(1, 1),), SHORT, CPU)
    assert {s.name for s in data.streams} <= set(both.h)
    for stream, h in alone.h.items():
        assert h.isfinite().all() and torch.equal(both.h[stream][1], h[0])
    assert len(both.seen[0].noisy) == 3 and both.seen[0].pair is None


def test_every_stream_matters_to_clip():
    """The third stream's order of rows is broken: its encoder learns something else, and so do the others."""
    data = streams(3)
    last = data.streams[-1]
    broken = replace(data, streams=(*data.streams[:-1], replace(last, values=last.values.roll(1, 0))))
    one, two = (represent(METHODS.get("clip").build(), d, (Run(0, 0),), SHORT, CPU).h for d in (data, broken))
    assert not torch.equal(one["stream 0"], two["stream 0"])


@pytest.mark.parametrize(
    "name, count, words",
    [
        ("cca", 3, "cca takes 2 streams; this task has 3"),
        ("factorcl", 4, "factorcl takes 2 streams; this task has 4"),
        ("cca", 1, "cca needs two aligned streams; this task has one"),
        ("clip", 1, "clip needs two aligned streams; this task has one"),
        ("scarf", 2, "scarf needs a single table of source columns; this task has something else"),
        ("cca", 2, None),
        ("clip", 3, None),
        ("vicreg", 1, None),
    ],
)
def test_a_method_says_why_it_does_not_apply(name, count, words):
    assert reason(name, count) == words


@pytest.mark.parametrize(
    "streams, count, words",
    [
        ((3, None), 2, "takes at least 3 streams; this task has 2"),
        ((2, 4), 5, "takes 2 to 4 streams; this task has 5"),
        ((1, 1), 2, "takes 1 stream; this task has 2"),
        ((2, 4), 4, None),
    ],
)
def test_the_arity_of_a_card_in_words(streams, count, words):
    assert Card("t", "paired", "s", streams=streams).why_not_streams(count) == words


def test_an_arity_must_be_one():
    with pytest.raises(ValueError, match="1 <= least <= most"):
        Card("t", "paired", "s", streams=(3, 2))
