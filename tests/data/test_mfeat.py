"""Six aligned tables of digits: their cards, their order, and how well two of them do alone and together."""

import tarfile
from dataclasses import replace

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sslbench.data.dataset import load_dataset
from sslbench.errors import DataError
from sslbench.registry import SOURCES
from sslbench.tasks import Source, find_task, shipped_tasks


@pytest.fixture
def digits(shared_data, tmp_path):
    """Fourier and Zernike tables in a cache of the test's own."""
    import openml

    before = openml.config._root_cache_directory
    wanted = [f"/{kind}/{number}/" for kind in ("tasks", "datasets") for number in (14, 22)]
    with tarfile.open(shared_data / "openml.tar.xz") as tar:
        tar.extractall(tmp_path, [m for m in tar if any(w in m.name for w in wanted)], filter="data")
    openml.config.set_root_cache_directory(tmp_path)
    yield
    openml.config.set_root_cache_directory(before)


def test_every_two_of_the_six_have_a_card():
    pairs = [t for t in shipped_tasks().values() if t.source.kind == "mfeat"]
    assert len(pairs) == 16 and len({t.source.name for t in pairs}) == 16
    card = find_task("mfeat-fou-zer")
    assert card.source.name == "fou,zer" and card.budget == find_task("mfeat-six").budget


def test_fou_and_zer_know_more_together_than_alone(digits):
    """Raw linear accuracy: .82 and .81 alone, .89 together, as issue 13 asks."""
    data = load_dataset(find_task("mfeat-fou-zer"))
    x, y = [s.values.numpy() for s in data.streams], data.targets["class"]
    assert [v.shape for v in x] == [(2000, 76), (2000, 47)] and np.bincount(y).tolist() == [200] * 10

    def accuracy(x):
        reader = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=300))
        return np.mean([reader.fit(x[s.train], y[s.train]).score(x[s.test], y[s.test]) for s in data.splits])

    fou, zer, both = accuracy(x[0]), accuracy(x[1]), accuracy(np.hstack(x))
    assert fou == pytest.approx(0.82, abs=0.02) and zer == pytest.approx(0.81, abs=0.02)
    assert both == pytest.approx(0.89, abs=0.03), (fou, zer, both)


def test_tables_in_another_order_are_refused(digits, monkeypatch):
    real = SOURCES.get("openml")

    def turned(source):
        raw = real(source)
        labels = raw.targets["class"]
        return replace(raw, targets={"class": labels[::-1] if source.name == "22" else labels})

    monkeypatch.setitem(SOURCES._entries, "openml", turned)
    with pytest.raises(DataError, match="the digits of zer are not in the order of fou's"):
        SOURCES.get("mfeat")(Source(kind="mfeat", name="fou,zer"))
    with pytest.raises(DataError, match="'fuo'"):
        SOURCES.get("mfeat")(Source(kind="mfeat", name="fuo,zer"))
