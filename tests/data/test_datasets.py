"""Every core task loads offline, and its frozen splits do not leak."""

from dataclasses import replace

import numpy as np
import pytest

from sslbench.data.dataset import _check, load_dataset
from sslbench.data.installed import columns_of
from sslbench.data.splits import Split, check_classes, make_splits
from sslbench.data.streams import Raw
from sslbench.errors import DataError
from sslbench.registry import SOURCES
from sslbench.tasks import Source, Splits, find_suite, find_task

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


def test_a_fixed_test_set_is_the_one_that_the_source_gives():
    raw = raw_of(("a", 60), folds=(np.arange(40, 60),))
    (split,) = make_splits(raw, Splits(kind="fixed"), "label")
    assert list(split.test) == list(range(40, 60)) and len(split.train) + len(split.val) == 40
    for folds, given in ((None, "none"), ((np.arange(9), np.arange(9, 20)), "2 arrays")):
        with pytest.raises(DataError, match=f"one array of test rows; this one gives {given}"):
            make_splits(raw_of(("a", 60), folds=folds), Splits(kind="fixed"), "label")


def test_a_class_of_two_rows_is_always_trained_and_many_classes_fit_a_small_val():
    labels = np.r_[np.arange(58) % 2, 2, 2]
    folds = tuple(np.arange(f, 60, 6) for f in range(6))  # the rare rows are tested in folds 4 and 5
    raw = replace(raw_of(("a", 60), folds=folds), targets={"label": labels})
    splits = make_splits(raw, Splits(kind="official", folds=6), "label")
    assert all(2 in labels[s.train] for s in splits)
    many = replace(raw_of(("a", 60)), targets={"label": np.arange(60) % 15})
    for split in make_splits(many, Splits(kind="stratified", folds=4, validation=0.125), "label"):
        assert len(split.val) == 6 and not set(split.val) & set(split.train)


def test_more_folds_than_rows_of_any_class_are_refused():
    raw = replace(raw_of(("a", 60)), targets={"label": np.arange(60) % 15})
    with pytest.raises(DataError, match="5 folds of classes that have at most 4 rows"):
        make_splits(raw, Splits(kind="stratified", folds=5), "label")


def test_official_folds_are_at_least_two():
    with pytest.raises(DataError, match=r"one test set, not folds; .*@scarf"):
        make_splits(raw_of(("a", 60), folds=(np.arange(9),)), Splits(kind="official"), "label")


def test_a_fold_that_lacks_a_class_is_said_with_target_class_and_fold():
    splits = tuple(Split(np.r_[5:20, 25:60], np.r_[20:25], test) for test in (np.r_[0:5], np.r_[0:2]))
    fine = np.arange(60) % 2
    rare = np.where(np.arange(60) == 3, 2, fine)  # one row, and it is tested
    check_classes(find_task("wine"), {"cultivar": fine}, splits)
    with pytest.raises(DataError, match=r"target 'rare', fold 0 of 2: no train row has class 2; merge"):
        check_classes(find_task("wine"), {"cultivar": fine, "rare": rare}, splits)
    halves = (np.arange(60) % 5 > 1).astype(int)  # rows 0 and 1 are of one class
    with pytest.raises(DataError, match=r"fold 1 of 2: all 2 test rows are of class 0"):
        check_classes(find_task("wine"), {"cultivar": halves}, splits)


def test_aligned_streams_may_be_three():
    _check(find_task("switch"), raw_of(("sound", 60), ("image", 60), ("text", 60)))
    data = load_dataset(find_task("parity-streams"))
    assert [s.name for s in data.streams] == ["first", "second", "third"] and len(data.kinds) == 3
