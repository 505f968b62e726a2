"""Every core task loads offline, and its frozen splits do not leak."""

import numpy as np
import pytest

from sslbench.data.dataset import _check, load_dataset
from sslbench.data.installed import columns_of
from sslbench.data.streams import Raw
from sslbench.errors import DataError
from sslbench.registry import SOURCES
from sslbench.tasks import Source, find_suite, find_task

CORE = find_suite("core")


@pytest.mark.parametrize("name", CORE)
def test_core_tasks_load_and_split(name):
    dataset = load_dataset(find_task(name))
    lengths, tested = set(), []
    for fold in range(dataset.folds):
        split = dataset.split(fold)
        parts = [set(split.train), set(split.val), set(split.test)]
        assert not parts[0] & parts[1] and not parts[0] & parts[2] and not parts[1] & parts[2]
        lengths.add(len(split.train))
        tested += list(split.test)
        for labels in dataset.targets.values():
            assert set(labels[split.train]) == set(labels)
        if dataset.groups is not None:
            of = [set(dataset.groups[sorted(p)]) for p in parts]
            assert not of[0] & of[1] and not of[0] & of[2] and not of[1] & of[2]
    assert len(lengths) == 1, "runs of different folds must stack"
    if dataset.task.splits.kind == "fixed":
        assert len(tested) == len(set(tested)) >= 2000
    else:
        assert sorted(tested) == list(range(dataset.rows)), "every row is tested once over the folds"


def test_digests_do_not_depend_on_the_session():
    dataset = load_dataset(find_task("digits"))
    assert dataset.digest == "f293b4df625056b8"
    assert np.bincount(dataset.targets["class"]).sum() == 1797


@pytest.mark.parametrize("kind", ["sklearn", "statsmodels", "skimage", "mlxtend", "seglearn", "river", "world"])
def test_an_unknown_dataset_names_those_there_are(kind):
    with pytest.raises(DataError, match="'nothing'"):
        SOURCES.get(kind)(Source(kind=kind, name="nothing"))


def test_stereo_patches_match_at_their_disparity():
    """The left patch is found in the right strip where its disparity says: independent of the labels' quartiles."""
    dataset = load_dataset(find_task("stereo-depth"))
    left, right = (s.values.float()[:, 0] - 128 for s in dataset.streams)
    windows = right.unfold(2, 8, 1)  # (n, 8, 33, 8): every place of the strip
    scores = (windows * left[:, :, None]).sum((1, 3)) / windows.square().sum((1, 3)).sqrt().clamp_min(1)
    found = 32 - scores.argmax(1)  # disparity in pixels: the strip ends where the left patch is
    classes = dataset.targets["disparity"]
    medians = [np.median(found[classes == c]) for c in range(4)]
    assert medians == sorted(medians) and medians[3] - medians[0] > 5


def raw_of(*streams, **more):
    """A source's answer with streams of these names and lengths, and a target of 60 rows."""
    made = tuple(columns_of(np.zeros((n, 2)), name, "x") for name, n in streams)
    return Raw(made, {"label": np.arange(60) % 2}, **more)


@pytest.mark.parametrize(
    "task, raw, words",
    [
        ("switch", raw_of(("a", 60)), "pairs needs 2 or more aligned streams, its source gives 1"),
        ("wine", raw_of(("a", 60), ("b", 60)), "tabular needs 1 stream, its source gives 2"),
        ("switch", raw_of(("a", 60), ("b", 60), ("a", 60)), "a name of its own, got a, b, a"),
        ("switch", raw_of(("a", 60), ("b", 60), ("c", 59)), "same number of rows, .* c 59, label 60"),
        ("switch", raw_of(("a", 60), ("b", 60), groups=np.zeros(50)), "groups 50"),
    ],
)
def test_streams_that_do_not_fit_their_task_say_what_is_wrong(task, raw, words):
    with pytest.raises(DataError, match=words):
        _check(find_task(task), raw)


def test_aligned_streams_may_be_three():
    _check(find_task("switch"), raw_of(("sound", 60), ("image", 60), ("text", 60)))
    data = load_dataset(find_task("parity-streams"))
    assert [s.name for s in data.streams] == ["first", "second", "third"] and len(data.kinds) == 3
