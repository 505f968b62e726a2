"""How long `sslbench run --all` takes here, and how much memory its processes hold together. Prints one JSON object.

python tests/benchmarks/run_all.py            # the whole core suite, minutes
python tests/benchmarks/run_all.py --quick    # --quick
"""

import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def tree_mib(root: int) -> float:
    """Proportional memory of a process and its descendants, MiB: shared pages count once."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
    inside, grown = {root}, True
    while grown:
        grown = {p for p, parent in parents.items() if parent in inside} - inside
        inside |= grown
    total = 0.0
    for pid in inside:
        try:
            rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
        except OSError:
            continue
        total += sum(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:")) / 1024
    return total


def main() -> None:
    arguments = ["run", "--all", *sys.argv[1:]]
    with tempfile.TemporaryDirectory() as folder:
        began, peak = time.perf_counter(), 0.0
        process = subprocess.Popen(
            [sys.executable, "-m", "sslbench", *arguments], cwd=folder, stdout=subprocess.DEVNULL
        )
        first = None
        while process.poll() is None:
            peak = max(peak, tree_mib(process.pid))
            if first is None and (Path(folder) / "leaderboard" / "index.html").is_file():
                first = time.perf_counter() - began
            time.sleep(0.5)
        wall = time.perf_counter() - began
    print(
        json.dumps(
            {
                "command": "sslbench " + " ".join(arguments),
                "exit": process.returncode,
                "wall_seconds": round(wall, 1),
                "first_leaderboard_seconds": None if first is None else round(first, 1),
                "peak_mib_all_processes": round(peak),
                "cores": len(os.sched_getaffinity(0)),
                "machine": platform.machine(),
                "python": platform.python_version(),
            }
        )
    )


if __name__ == "__main__":
    main()
