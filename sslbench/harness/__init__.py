"""Plan, pretrain, evaluate, record: the only part that knows devices, seeds, loops and processes."""
