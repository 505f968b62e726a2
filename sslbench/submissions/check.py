"""`sslbench check my_method.py`: the contract, in a process of its own, with every failure explained."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass

SECONDS = 180.0  # far more than a method needs, on a loaded machine too


@dataclass(frozen=True)
class Finding:
    """What came of one requirement on one task: ok, broken or left out, and why."""

    requirement: str
    task: str
    status: str  # ok, broken, left out
    why: str = ""
    seconds: float = 0.0


def findings(spec: str, tasks: tuple[str, ...]) -> Iterator[Finding]:
    """Every requirement, here and now; what the method's code raises becomes a finding."""
    import time
    import traceback

    import torch

    from sslbench.registry import METHODS
    from sslbench.submissions.contract import ONCE, PER_TASK, NotMeant, subjects

    torch.set_num_threads(1)
    found = subjects(METHODS.get(spec).build(), tasks)
    if not found:
        yield Finding("applies to a task", ", ".join(tasks), "broken", "its card's needs rule out every one of them")
    for requirement, subject in [(r, s) for s in found[:1] for r in ONCE] + [(r, s) for s in found for r in PER_TASK]:
        began = time.perf_counter()
        task = "" if requirement in ONCE else subject.dataset.task.name
        status, why = "ok", ""
        try:
            requirement(subject)
        except NotMeant as error:
            status, why = "left out", str(error)
        except Exception as error:
            frames = traceback.extract_tb(error.__traceback__)
            mine = [f for f in frames if "sslbench/" not in f.filename and "/torch/" not in f.filename]
            where = f" ({mine[-1].filename.rpartition('/')[2]}, line {mine[-1].lineno})" if mine else ""
            kind = "" if type(error).__name__ == "Broken" else f"{type(error).__name__}: "
            status, why = "broken", f"{kind}{error}{where}"
        yield Finding(requirement.__doc__.splitlines()[0], task, status, why, round(time.perf_counter() - began, 2))


def check(
    spec: str, tasks: tuple[str, ...], progress: Callable[[Finding], None], seconds: float = SECONDS
) -> list[Finding]:
    """The findings of a child process, as they come; a method that hangs or kills its process is a finding too."""
    import threading

    command = [sys.executable, "-m", "sslbench.submissions.check", spec, *tasks]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    late = threading.Event()
    alarm = threading.Timer(seconds, lambda: (late.set(), child.kill()))
    errors: list[str] = []
    listener = threading.Thread(target=lambda: errors.extend(child.stderr), daemon=True)
    alarm.start(), listener.start()
    out = []
    try:
        for line in child.stdout:
            if line.startswith(MARK):
                out.append(Finding(**json.loads(line.removeprefix(MARK))))
                progress(out[-1])
    finally:
        alarm.cancel()
        child.wait()
        listener.join(1)
    if late.is_set():
        out.append(Finding("ends in time", "", "broken", f"the checks were stopped after {seconds:g} s"))
    elif child.returncode:
        last = "".join(errors).strip().splitlines()[-1:] or [f"exit code {child.returncode}"]
        out.append(Finding("can be checked", "", "broken", last[0].removeprefix("error: ")))
    if out and out[-1] not in out[:-1] and out[-1].requirement in ("ends in time", "can be checked"):
        progress(out[-1])
    return out


MARK = "sslbench-finding "  # before every line that is a finding: a method's own prints are not


def main(arguments: list[str]) -> int:
    """Print findings, one JSON line each."""
    from sslbench.errors import SslbenchError

    try:
        for finding in findings(arguments[0], tuple(arguments[1:])):
            print(MARK + json.dumps(asdict(finding)), flush=True)
    except SslbenchError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
