"""Shared by all tests: one torch thread, and where the larger real data lie if this machine has them."""

import os
import sys
from pathlib import Path

import pytest
import torch

torch.set_num_threads(1)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """A folder of real data beside the checkout, or where SSLBENCH_TEST_DATA points; skips where there is none."""
    default = Path(__file__).resolve().parents[2] / "shared" / "data"
    folder = Path(os.environ.get("SSLBENCH_TEST_DATA", default))
    if not folder.is_dir():
        pytest.skip(f"no test data at {folder}")
    return folder


@pytest.fixture(scope="module")
def no_premises():
    """Runs started in this process test no premises about their task: for tests of other things, which then take half
    the time.
    """
    from sslbench.runner import plan

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plan, "task_assumptions", lambda streams: [])
        yield


@pytest.fixture
def command() -> list[str]:
    """The command line of the installed sslbench, run by this interpreter."""
    return [sys.executable, "-m", "sslbench"]
