"""A tiny task, so that whole runs take seconds."""

import pytest

from sslbench.resources import shipped


@pytest.fixture
def card(tmp_path):
    """The path of a task card like wine's, with 6 steps."""
    text = (shipped("tasks") / "tabular" / "wine.toml").read_text()
    file = tmp_path / "small-wine.toml"
    file.write_text(
        text.replace('name = "wine"\ntitle', 'name = "small-wine"\ntitle').replace("steps = 400", "steps = 6")
    )
    return str(file)
