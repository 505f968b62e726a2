"""Command line: words and tables for a terminal; each command is one call."""
