"""What the harness gains, measured on the user's own machine: ratios in one run, interleaved, medians with spread."""
