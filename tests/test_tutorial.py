"""The tutorial is run as it stands: its files are written, its commands must succeed, in an empty folder."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd

DOCS = Path(__file__).resolve().parents[1] / "docs"


def blocks():
    """(language, text) of every fenced block, in order."""
    return re.findall(r"^```(\w+)\n(.*?)^```", (DOCS / "tutorial.md").read_text(), re.MULTILINE | re.DOTALL)


def test_the_tutorial_runs_as_it_stands(tmp_path):
    ran = []
    for language, text in blocks():
        if language == "python":
            name = re.match(r"# (\w+\.py)\n", text).group(1)
            (tmp_path / name).write_text(text)
        if language != "bash" or "pip install" in text:
            continue
        for line in text.strip().splitlines():
            assert line.startswith("sslbench ")
            command = re.sub(r"^sslbench", f"{sys.executable} -m sslbench", line)
            done = subprocess.run(
                command, shell=True, cwd=tmp_path, capture_output=True, text=True, env=os.environ | {"COLUMNS": "200"}
            )
            assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
            ran.append(done.stdout)
    assert "all is well" in ran[0] and len(ran) == 6
    scores = pd.read_csv(tmp_path / "results" / "tables" / "scores.csv")
    assert {"pull-and-push", "pull-and-push(push=0.3)", "shrink", "simclr"} <= set(scores["method"])
    assert (tmp_path / "leaderboard" / "methods" / "pull-and-push.html").is_file()
