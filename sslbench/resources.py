"""Finds the folders that come with sslbench: in a checkout beside the package, in a wheel inside it."""

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path


def shipped(folder: str) -> Traversable:
    """The read-only folder ("tasks" or "results/tables") that came with this copy of sslbench."""
    packaged = files("sslbench") / f"_{folder.split('/')[0]}"  # wheel
    if packaged.is_dir():
        return packaged
    checkout = Path(__file__).resolve().parents[1]
    if (checkout / "pyproject.toml").is_file() and (checkout / folder).is_dir():
        return checkout / folder
    raise FileNotFoundError(f"no {folder!r} folder at {packaged} or {checkout / folder}; reinstall sslbench")
