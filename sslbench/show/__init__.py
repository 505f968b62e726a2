"""What the command line prints: cards, lists, progress, summaries. Data on stdout, progress on stderr."""
