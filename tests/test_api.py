"""The Python API: the same words as the command line, frames out."""

import numpy as np
import pandas as pd
import pytest
import torch

import sslbench
from sslbench.errors import UnknownName
from sslbench.tasks import find_suite


def test_listings_are_frames():
    methods, tasks = sslbench.methods(), sslbench.tasks(suite="core")
    assert {"name", "title", "family"} <= set(methods) and "vicreg" in set(methods["name"])
    assert {"name", "title", "modality"} <= set(tasks) and tuple(tasks["name"]) == tuple(find_suite("core"))
    assert "core" in set(sslbench.suites()["name"]) and "redundancy-1" in set(sslbench.assumptions()["name"])
    assert sslbench.methods.base is not None  # still a package
    with pytest.raises(UnknownName):
        sslbench.tasks(suite="cor")


def test_a_loss_is_at_hand():
    loss = sslbench.METHODS.get("vicreg")(invariance_weight=1.0).loss(torch.randn(3, 16, 8), torch.randn(3, 16, 8))
    assert loss.shape == (3,)


def test_run_returns_the_scores_and_resumes(no_premises, tmp_path):
    found = sslbench.run(methods=["pca"], tasks=["wine"], quick=True, results=tmp_path / "r")
    assert (
        set(found["method"]) == {"pca"}
        and {"value", "low", "high"} <= set(found)
        and (tmp_path / "r" / "leaderboard" / "index.html").is_file()
    )
    pd.testing.assert_frame_equal(
        found, sslbench.run(methods=["pca"], tasks=["wine"], quick=True, results=tmp_path / "r")
    )


def test_assess_takes_arrays_frames_and_several_targets():
    rng = np.random.default_rng(0)
    s = rng.normal(size=600)
    x1, x2 = (np.c_[s, rng.normal(size=(600, 2))] for _ in range(2))
    x1[:, 1] = private = rng.normal(size=600)
    y = pd.DataFrame({"shared": s > 0, "private": private > 0})
    found = sslbench.assess(pd.DataFrame(x1), torch.tensor(x2), y).set_index(["target", "assumption"])
    assert found.loc[("private", "redundancy-1"), "verdict"] == "violated"
    assert found.loc[("shared", "redundancy-1"), "verdict"] != "violated"
    assert list(sslbench.assess(x1, x2, s > 0)["target"].unique()) == ["y"]


def test_information_is_at_hand():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(300, 2))
    found = sslbench.information.mutual(x, (x[:, 0] > 0).astype(int))
    assert found.low > 0.3 and "nats" in str(found)
    assert sslbench.information.entropy(x, kind="logdet").item() == pytest.approx(np.log(2 * np.pi * np.e), abs=0.2)


def test_what_does_not_exist_is_named():
    with pytest.raises(AttributeError, match="no attribute 'nothing'; it has METHODS"):
        _ = sslbench.nothing
