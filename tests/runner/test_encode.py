"""The representation of a stored run: kept or trained again, it is what the record was scored on."""

from pathlib import Path

import numpy as np
import pytest

import sslbench
from sslbench.config import RunOptions
from sslbench.errors import RecordError, UsageError
from sslbench.records import read_records
from sslbench.runner.run import run


@pytest.fixture(scope="module")
def stored(tmp_path_factory, no_premises):
    from sslbench.resources import shipped

    folder = tmp_path_factory.mktemp("encode")
    for name, source in (("small-wine", "tabular/wine"), ("small-views", "pairs/breast-cancer-views")):
        text = (shipped("tasks") / f"{source}.toml").read_text()
        old = source.partition("/")[2]
        steps = text.partition("steps = ")[2].split()[0]
        text = text.replace(f'name = "{old}"', f'name = "{name}"', 1).replace(f"steps = {steps}", "steps = 6")
        (folder / f"{name}.toml").write_text(text)
    cards = tuple(str(folder / f"{n}.toml") for n in ("small-wine", "small-views"))
    for keep, results in ((True, "kept"), (False, "bare")):
        options = RunOptions(
            methods=("simclr", "pca", "gradient-boosting"),
            tasks=cards,
            seeds=2,
            workers=2,
            keep_encoders=keep,
            results=str(folder / results),
            out=str(folder / "site"),
        )
        assert not run(options, lambda: None).failed
    return folder, cards


@pytest.mark.parametrize("method", ["simclr", "pca"])
def test_kept_and_repeated_give_the_same_representation_per_split(stored, method):
    folder, (wine, _) = stored
    kept, bare = (sslbench.encode(method, wine, fold=1, results=folder / r) for r in ("kept", "bare"))
    rows, width = {k: len(v) for k, v in kept.items()}, kept["train"].shape[1]
    assert sum(rows.values()) == 178 and all(v.shape == (rows[k], width) for k, v in kept.items())
    for part in kept:
        assert np.allclose(kept[part], bare[part], atol=1e-6)
    assert len(list((folder / "kept" / "encoders").iterdir())) == 4 and not (folder / "bare" / "encoders").exists()


def test_a_pairs_streams_stand_side_by_side_or_alone(stored):
    folder, (_, views) = stored
    both = sslbench.encode("simclr", views, results=folder / "kept")["test"]
    names = [s.name for s in _streams(views)]
    parts = [sslbench.encode("simclr", views, results=folder / "kept", stream=n)["test"] for n in names]
    assert np.array_equal(both, np.concatenate(parts, 1))
    with pytest.raises(UsageError, match="has no stream 'smell'"):
        sslbench.encode("simclr", views, results=folder / "kept", stream="smell")


def _streams(card):
    from sslbench.data.dataset import load_dataset
    from sslbench.tasks import find_task

    return load_dataset(find_task(card)).streams


def test_what_is_not_there_is_said_with_the_command_that_makes_it(stored):
    folder, (wine, _) = stored
    with pytest.raises(
        UsageError, match="no default run of simclr on small-wine with fold 0 and init 7; make one with: sslbench"
    ):
        sslbench.encode("simclr", wine, seed=7, results=folder / "kept")
    with pytest.raises(UsageError, match="has no representation"):
        sslbench.encode("gradient-boosting", wine, results=folder / "kept")


def test_a_stored_run_of_changed_settings_is_refused(stored, tmp_path):
    folder, (wine, _) = stored
    _copy(folder / "bare", tmp_path, "simclr", lambda line: line.replace('"digest":"', '"digest":"0'))
    with pytest.raises(UsageError, match="made with another method, data or protocol"):
        sslbench.encode("simclr", wine, results=tmp_path)


def test_a_score_that_does_not_repeat_is_an_error_not_a_shrug(stored, tmp_path):
    folder, (wine, _) = stored
    record = next(
        r for r in read_records(folder / "bare")[0] if getattr(r, "method", "") == "simclr" and r.task == "small-wine"
    )
    bits = next(s.value for s in record.scores if s.metric == "bits")
    _copy(folder / "bare", tmp_path, "simclr", lambda line: line.replace(f'"value":{bits}', '"value":0.123'))
    with pytest.raises(RecordError, match=r"the record says 0\.1230"):
        sslbench.encode("simclr", wine, *record.run, results=tmp_path)


def _copy(source, target, method, change):
    (target / "records").mkdir(parents=True)
    lines = (Path(source) / "records" / f"{method}.jsonl").read_text().splitlines(keepends=True)
    (target / "records" / f"{method}.jsonl").write_text("".join(map(change, lines)))
