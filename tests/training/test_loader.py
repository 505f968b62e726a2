"""Data that stay on the host are read ahead by a thread; the step gets the same rows as from the device."""

import threading

import pytest
import torch

from sslbench.data.streams import ImageEncoding, Stream
from sslbench.draws import Draw
from sslbench.training.loader import Batches, PrefetchedLoader, ResidentLoader, loader_of


def make(paged, steps=9, first=0):
    pixels = torch.randint(0, 256, (50, 1, 2, 2), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    train = torch.stack([torch.arange(40), torch.arange(10, 50)])
    encodings = [ImageEncoding(Stream("image", pixels, paged=paged), train)]
    return loader_of(encodings, Batches(train, 12, Draw([1, 2])), first, steps)


@pytest.mark.parametrize("first", [0, 4])
def test_both_feeds_give_the_same_rows(first):
    ahead, here = make(True, first=first), make(False)
    assert isinstance(ahead, PrefetchedLoader) and isinstance(here, ResidentLoader)
    for step in range(first, 9):
        (rows, values), (want, pixels) = ahead.step(step), here.step(step)
        assert torch.equal(rows, want) and torch.equal(values[0], pixels[0])
    ahead.close()


def test_every_epoch_sees_every_train_row_of_its_run_once():
    train = torch.stack([torch.arange(40), torch.arange(10, 50)])
    batches = Batches(train, 10, Draw([1, 2]))
    epochs = [torch.cat([batches.rows(e * 4 + s) for s in range(4)], 1) for e in range(2)]
    for epoch in epochs:
        assert torch.equal(epoch.sort(1).values, train)
    assert not torch.equal(*epochs)


def test_closing_early_ends_the_thread():
    before = threading.active_count()
    feed = make(True, steps=1000)
    feed.step(0)
    feed.close()
    assert threading.active_count() == before


def test_an_error_while_reading_reaches_the_training():
    train = torch.arange(40)[None]
    encodings = [ImageEncoding(Stream("image", torch.zeros(40, 1, 2, 2, dtype=torch.uint8), paged=True), train)]
    broken = Batches(train, 10, Draw([1]))
    broken.rows = lambda step: torch.tensor([[99]])  # past the end
    feed = loader_of(encodings, broken, 0, 3)
    with pytest.raises(IndexError):
        feed.step(0)
    feed.close()


def test_a_stream_too_large_for_the_device_stays_and_is_read_ahead():
    from sslbench.data.dataset import load_dataset
    from sslbench.tasks import find_task

    dataset = load_dataset(find_task("digits"))
    small, large = (dataset.to("meta", limit=limit).streams[0] for limit in (1e9, 1000))
    assert small.values.device.type == "meta" and not small.paged
    assert large.values.device.type == "cpu" and large.paged


def test_training_from_the_host_equals_training_from_the_device():
    from dataclasses import replace

    from sslbench.config import STANDARD, Run
    from sslbench.data.dataset import load_dataset
    from sslbench.registry import METHODS
    from sslbench.tasks import find_task
    from sslbench.training.represent import represent

    dataset, method = load_dataset(find_task("digits")), METHODS.get("simclr").build()
    protocol, cpu = replace(STANDARD, step_scale=0.01), torch.device("cpu")
    ahead, here = (
        represent(method, d, (Run(0, 0), Run(1, 1)), protocol, cpu).h["scan"] for d in (dataset.to(cpu, 10), dataset)
    )
    assert torch.equal(ahead, here)
