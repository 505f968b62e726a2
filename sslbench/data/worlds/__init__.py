"""Worlds with known truth: gates of bits, factors behind a link, rendered glyphs; in several skins."""

from sslbench.data.worlds.source import world_source

__all__ = ["world_source"]
