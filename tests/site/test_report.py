"""The report on a person's own data, and the nearest tasks of the board that it names."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import sslbench
from sslbench.assumptions.base import Verdict
from sslbench.diagnosis import neighbours as module
from sslbench.diagnosis import own_data
from sslbench.diagnosis.neighbours import Profile, distance, neighbours, profile_of
from sslbench.diagnosis.own_data import Assessment
from sslbench.errors import InputError
from sslbench.site.report import own_report

EVIL = "<script>alert('x')</script>"
VERDICT = Verdict("redundancy-1", EVIL, "violated", 0.3, 0.2, 0.4, 0.03, 500, "", 0.05, "note & more")
SHARE = replace(VERDICT, assumption="non-shared-relevance", verdict="holds", value=0.4, unit="share")
BLIND = replace(VERDICT, assumption="redundancy-2", verdict="undecided", power="no power")
MINE = Profile("pairs", 500, 20, 1.0, 0.4)


def test_the_report_is_one_file_with_figures_and_nothing_of_the_data_is_markup():
    page = own_report(Assessment(f"{EVIL}.csv", "two", [VERDICT, SHARE, BLIND], {EVIL: neighbours(MINE)})).decode()
    assert EVIL not in page and page.count("data:image/svg+xml;base64,") == 2
    assert all(a.startswith("data:") for a in re.findall(r'(?:src|href)="([^"]*)"', page)) and "@import" not in page
    assert "no power" in page and "redundancy-1 0.300 from 0.200 to 0.400" in page


def test_the_nearest_task_is_of_the_same_modality_size_and_share(monkeypatch):
    rows = [("like", "pairs", 0.4), ("other-share", "pairs", 0.0), ("other-modality", "vision", 0.4)]
    head = {"target": "y", "track": "default"}
    gaps = {"mae": 0.2, "vib": 0.9, "simclr": 0.5}
    tables = {
        "targets": [
            {"task": t, "modality": m, "ranked": t == "like", "reason": "few; rows"} | head for t, m, _ in rows
        ],
        "assumptions": [
            {"task": t, "assumption": "non-shared-relevance", "verdict": "holds", "value": v, "power": "yes", "n": 500}
            | head
            for t, _, v in rows
        ],
        "gaps": [{"task": "like", "method": m, "gap": g} | head for m, g in gaps.items()],
        "leaderboard": [
            {"method": m, "family": "x", "uses_labels": m == "vib"} | head for m in ("mae", "vib", "simclr", "pca")
        ],
        "facts": [{"task": "like", "rows": 500, "streams": "a: image 1×2×5; b: 10 columns", "entropy": 1.0} | head],
    }
    monkeypatch.setattr(module, "_table", lambda name: pd.DataFrame(tables[name]))
    first, second, third = neighbours(MINE)
    assert (first.task, second.task, third.task) == ("like", "other-share", "other-modality") and first.distance == 0
    assert first.profile.width == 20 and first.leaders == (("simclr", 0.5), ("mae", 0.2))  # vib has seen labels
    assert "led by simclr 0.50" in first.in_words and "does not rank it: few" in second.in_words


def test_the_shipped_board_has_neighbours_and_a_profile_is_that_of_the_data():
    found = neighbours(MINE)
    assert len(found) == 3 and found[0].profile.modality == "pairs"
    assert profile_of("pairs", 500, 20, [SHARE, BLIND], np.repeat([0, 1], 250)) == MINE
    assert distance(MINE, MINE) == 0 and distance(MINE, replace(MINE, rows=5000)) == pytest.approx(1)


def test_three_arrays_are_read_in_their_order_each_with_its_own_components(monkeypatch):
    asked = []
    monkeypatch.setattr(
        own_data, "test_views", lambda maps, *a, **k: asked.extend(maps) or [replace(SHARE, target="y")]
    )
    x = [np.random.default_rng(k).normal(size=(200, width)) for k, width in enumerate((2, 300, 1))]
    found = own_data.assess_arrays(x, {"y": np.arange(200) % 2})
    assert [v.shape[1] for v in asked[0].views][::2] == [2, 1] and set(asked[0].kept) == {"x2"}
    assert found.note == "the three streams" and len(found.near["y"]) == 3
    with pytest.raises(InputError, match="two or more views"):
        own_data.assess_arrays(x[:1], {"y": np.arange(200) % 2})
    with pytest.raises(InputError, match="what is to be predicted"):
        sslbench.assess(*x, np.arange(200) % 2)
