"""Calibration: what is asked, that it resumes, that stale trials go, and what the rates say."""

import numpy as np
import pandas as pd
import pytest

from sslbench.assumptions.cases import Case, case
from sslbench.calibration.calibrate import calibrate, trial_specs
from sslbench.calibration.cases import CODE, calibration_of, declared_cards, declared_cases
from sslbench.calibration.verdicts import estimator_version, run_spec
from sslbench.calibration.worlds import TrialSpec
from sslbench.cli.calibrate import sizes_of
from sslbench.errors import StorageError, UsageError
from sslbench.records.trials import Trial, append_trials, read_trials
from sslbench.registry import ASSUMPTIONS, THRESHOLDS
from sslbench.tables.calibration import calibration_table, error_rates, in_words, rate_high


def trial(world="shared", verdict="holds", expected="holds", truth=0.0, repetition=0, low=-0.01, high=0.01, **more):
    fields = {
        "assumption": "redundancy-1",
        "world": world,
        "n": 1000,
        "dim": 10,
        "repetition": repetition,
        "truth": truth,
        "expected": expected,
        "verdict": verdict,
        "value": 0.0,
        "low": low,
        "high": high,
        "tolerance": 0.01,
        "seconds": 1.0,
        "exact": True,
        "code": "c",
    }
    return Trial(**(fields | more))


def test_a_small_calibration_finds_the_truth_and_resumes(tmp_path):
    seen = []
    ask = {"assumptions": ("redundancy-1",), "worlds": ("kept", "private"), "sizes": ((600, 4),), "workers": 1}
    found = calibrate(tmp_path, repetitions=2, progress=lambda d, t, made: seen.append((d, t)), **ask)
    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)] and len(found) == 4
    assert {t.verdict for t in found if t.world == "private"} == {"violated"}
    assert {t.verdict for t in found if t.world == "kept"} <= {"holds", "undecided"}
    assert read_trials(tmp_path / "calibration.csv") == found
    again = calibrate(tmp_path, repetitions=2, progress=lambda *_: pytest.fail("made again"), **ask)
    assert sorted(t.key for t in again) == sorted(t.key for t in found)


def test_trials_of_other_code_are_dropped(tmp_path):
    file = tmp_path / "calibration.csv"
    append_trials(file, [trial(code="old")])
    calibrate(tmp_path, ("redundancy-1",), ("kept",), ((300, 3),), 1, 1)
    assert {t.code for t in read_trials(file)} == {estimator_version("redundancy-1")}


def test_every_world_has_its_truth_for_every_premise_asked_of_it():
    for name, cases in declared_cases().items():
        assert len({c.name for c in cases}) == len(cases), name
    work = trial_specs((), (), ((1000, 10), (1000, 50)), 1, set())
    assert sum("redundancy-1" in j.assumptions for j in work) == 2 * 30 + 2  # digits have one width of their own
    assert set(declared_cases()) == {*ASSUMPTIONS, *THRESHOLDS} - {
        "redundancy-2"
    }  # which is redundancy-1 the other way round
    assert [j.repetition for j in trial_specs(("redundancy-1",), ("kept",), ((1000, 10),), 3, set())] == [0, 1, 2]


@pytest.mark.parametrize(("metric", "name"), [(m.name, s.name) for m in THRESHOLDS.values() for s in m.synthetic])
def test_every_synthetic_representation_measures_near_its_truth_and_is_judged_rightly(metric, name):
    (trial,) = run_spec(TrialSpec(Case(name, CODE), (metric,), 5000, 12, 0))
    assert (trial.n, trial.dim, trial.assumption) == (1000, 12, metric)
    assert trial.verdict == trial.expected
    loose = {"few-columns": 0.35, "learnt-by-heart": 0.2, "code-noise": 0.1}  # to first order; three held-out samples
    assert trial.value == pytest.approx(trial.truth, rel=0.02, abs=loose.get(name, 0.03))


def test_codes_are_asked_for_once_per_width_and_on_as_many_rows_as_runs_are_measured_on(tmp_path):
    work = trial_specs(("no-collapse",), ("line",), ((1000, 10), (5000, 10), (5000, 50)), 1, set())
    assert [(j.n, j.dim) for j in work] == [(1000, 10), (5000, 50)]
    ask = {"assumptions": ("no-collapse",), "worlds": ("line",), "sizes": ((5000, 10),), "workers": 1}
    made = calibrate(tmp_path, repetitions=2, **ask)
    assert [t.n for t in made] == [1000, 1000]
    assert len(calibrate(tmp_path, repetitions=2, progress=lambda *_: pytest.fail("made again"), **ask)) == 2
    sentence = in_words(error_rates(calibration_table(made, {}), "no-collapse", {}))
    assert "2 verdicts on 1 worlds" in sentence and "covers the truth in 100%" in sentence


def test_blocks_of_views_overlap_as_their_classes_do():
    (apart,) = run_spec(TrialSpec(case("blocks-apart", "blocks", distance=8.0), ("augmentation-overlap",), 400, 5, 0))
    (mixed,) = run_spec(TrialSpec(case("blocks-mixed", "blocks", distance=0.0), ("augmentation-overlap",), 400, 5, 0))
    assert (apart.verdict, apart.value) == ("holds", 0) and mixed.verdict == "violated"
    assert mixed.low < 0.5 < mixed.high


def test_what_is_expected():
    assert calibration_of("redundancy-1").holds(0.02, 0.03)
    assert not calibration_of("redundancy-1").holds(0.04, 0.03)
    assert not calibration_of("conditional-independence").holds(0.001, 0.03)
    assert calibration_of("non-shared-relevance").holds(0.2, 0.05)
    assert declared_cards()["redundancy-2"]["calibration"]["mirrors"] == "redundancy-1"


def test_wrong_calls_are_refused(tmp_path):
    with pytest.raises(UsageError, match="no calibration for 'no-such'"):
        calibrate(tmp_path, ("no-such",))
    with pytest.raises(UsageError, match="no such world: nand"):
        calibrate(tmp_path, (), ("nand",))
    with pytest.raises(UsageError, match="as in 1000x10; got '10'"):
        sizes_of(("10",))
    assert sizes_of(("500x8",)) == ((500, 8),)
    (tmp_path / "calibration.csv").write_text("a,b\n1,2\n")
    with pytest.raises(StorageError, match="does not hold calibration trials"):
        read_trials(tmp_path / "calibration.csv")


def test_rates_count_right_wrong_undecided_and_coverage():
    rows = [
        trial(repetition=0),
        trial(repetition=1, verdict="undecided"),
        trial(repetition=2, verdict="violated", low=0.02, high=0.05),
        trial("digits", "violated", "violated", 0.2, low=0.1, high=0.15, exact=False),
    ]
    table = calibration_table(rows, {}).set_index("world")
    row = table.loc["shared"]
    assert (row.right, row.undecided, row.wrong, row.false_alarms) == (1, 1, 1, 1)
    assert row.covered == pytest.approx(2 / 3) and np.isnan(table.loc["digits", "covered"])
    rates = error_rates(table.reset_index(), "redundancy-2", declared_cards())
    assert rates["wrong"] == 1 and rates["worst_world"] == "shared (33% wrong)" and rates["trials"] == 4
    assert error_rates(table.reset_index(), "infomin", {}) == {}
    assert rate_high(0, 20) == pytest.approx(0.139, abs=0.001)  # 1 - .05^(1/20)
    assert isinstance(calibration_table([], {}), pd.DataFrame)


def test_a_lower_estimate_covers_if_it_lies_under_the_truth():
    found = calibration_table([trial(assumption="infomin", truth=0.3, low=0.1, high=0.2)], declared_cards())
    assert found.loc[0, "covered"] == 1.0
