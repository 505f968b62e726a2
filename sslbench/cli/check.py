"""`sslbench check`: requirements as they are met, failures with their explanation, a summary."""

from rich.console import Console
from rich.markup import escape

from sslbench.submissions.check import Finding, check

MARKS = {"ok": "[green]ok[/]", "broken": "[red]BROKEN[/]"}


def check_and_show(spec: str, tasks: tuple[str, ...], seconds: float) -> int:
    """Exit code: 0 if nothing is broken, 1 if something is."""
    console = Console(soft_wrap=True, highlight=False)

    def show(finding: Finding) -> None:
        if finding.status == "left out":
            return
        place = f" [dim]({finding.task})[/]" if finding.task else ""
        console.print(f"{MARKS[finding.status]} {escape(finding.requirement)}{place}")
        if finding.why:
            console.print(f"         {escape(finding.why)}")

    found = check(spec, tasks, show, seconds)
    broken = [f for f in found if f.status == "broken"]
    console.print(
        f"{len(broken)} of {len(found)} requirements are broken"
        if broken
        else f"all is well: {sum(f.status == 'ok' for f in found)} requirements met. Next: "
        f"sslbench run --method {spec} --tasks digits"
    )
    return 1 if broken else 0
