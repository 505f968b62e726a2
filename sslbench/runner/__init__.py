"""Runner: plan, packs, worker, engines, run, encode. Alone knows processes."""
