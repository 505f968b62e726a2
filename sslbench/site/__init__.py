"""Tables -> the leaderboard: static pages that open from disk, without script and without network."""
