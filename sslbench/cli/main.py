"""The command line: parse arguments, call one function, print. Data on stdout, progress on stderr."""

import signal
import sys
from typing import Annotated

import typer

from sslbench.cli.dev import dev
from sslbench.cli.words import DEFAULTS, Device, Engine, Kind, Names, Out, Precision, Results, names_in
from sslbench.config import RunOptions, help_of
from sslbench.errors import SslbenchError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    help="Which self-supervised method should I use, and what do I assume when I use it?\n\n"
    "Start with `sslbench run --all --quick`, then open leaderboard/index.html.",
)
app.add_typer(dev, name="dev")


@app.command()
def run(
    everything: Annotated[bool, typer.Option("--all", help="every method on every task of the suite")] = False,
    suite: Annotated[str, typer.Option(help=help_of(RunOptions, "suite"))] = DEFAULTS.suite,
    methods: Annotated[
        list[str] | None, typer.Option(help=help_of(RunOptions, "methods") + ". Comma-separated")
    ] = None,
    method: Annotated[
        Names, typer.Option("--method", help="a method of yours: file.py:Class, or file.py:loss for a plain loss")
    ] = None,
    tasks: Annotated[Names, typer.Option(help=help_of(RunOptions, "tasks") + ". Comma-separated")] = None,
    task: Annotated[
        str,
        typer.Option(
            "--task",
            help="one task; or own data: table:data.csv, folder:photos/, pair:a.npy,b.npy, streams:a.npy,b.npy,c.npy",
        ),
    ] = "",
    target: Annotated[
        str, typer.Option(help="of own data: the columns (or NPY files) to predict, comma-separated")
    ] = "",
    group: Annotated[
        str, typer.Option(help="of own data: a column (or file) whose equal rows stay in one part of a split")
    ] = "",
    views: Annotated[str, typer.Option(help='of an own table: groups of columns as streams, "a, b | c, d"')] = "",
    drop: Annotated[str, typer.Option(help="of an own table: columns to leave out, comma-separated")] = "",
    bins: Annotated[
        int, typer.Option(min=0, help="of own data: classes of equal shares that a numeric target is cut into")
    ] = 0,
    encoder: Annotated[str, typer.Option(help=help_of(RunOptions, "encoder"))] = DEFAULTS.encoder,
    seeds: Annotated[int | None, typer.Option(min=1, help=help_of(RunOptions, "seeds"))] = DEFAULTS.seeds,
    device: Annotated[Device, typer.Option(help=help_of(RunOptions, "device"))] = Device.auto,
    workers: Annotated[int, typer.Option(min=0, help=help_of(RunOptions, "workers"))] = DEFAULTS.workers,
    quick: Annotated[bool, typer.Option("--quick", help=help_of(RunOptions, "quick"))] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="show the plan with estimated times, run nothing")] = False,
    retry_failed: Annotated[bool, typer.Option("--retry-failed", help=help_of(RunOptions, "retry_failed"))] = False,
    tune: Annotated[int, typer.Option(min=0, help=help_of(RunOptions, "tune"))] = DEFAULTS.tune,
    precision: Annotated[Precision, typer.Option(help=help_of(RunOptions, "precision"))] = Precision.float32,
    engine: Annotated[Engine, typer.Option(help=help_of(RunOptions, "engine"))] = Engine.local,
    address: Annotated[str, typer.Option(help=help_of(RunOptions, "address"))] = DEFAULTS.address,
    keep_encoders: Annotated[bool, typer.Option("--keep-encoders", help=help_of(RunOptions, "keep_encoders"))] = False,
    results: Results = DEFAULTS.results,
    out: Out = DEFAULTS.out,
) -> None:
    """Run methods on tasks; finished runs are kept and not repeated.

    Examples: `sslbench run --all`, `sslbench run --methods vicreg,byol --tasks digits --seeds 5`, `sslbench run --tasks
    openml:31`, `sslbench run --task table:data.csv --target y --quick`, `sslbench run --methods vicreg --tasks digits
    --tune 8`, `sslbench run --all --engine ray`, `sslbench run --method my_method.py:MyMethod --tasks digits`. Settings
    go in brackets: `--methods "simclr(temperature=0.5)"`.
    """
    from sslbench.cli.run import run_and_show, show_plan
    from sslbench.errors import UsageError

    chosen, asked = tuple(method or ()) + names_in(methods), names_in(tasks)
    own = {"target": target, "group": group, "views": views, "drop": drop, "bins": bins}
    if not (everything or chosen or asked or task or any(own.values())):
        raise UsageError("what is to be run? Give --all, --methods or --tasks; for example: sslbench run --all --quick")
    if everything and (chosen or asked):
        raise UsageError(
            "--all runs every method on every task of the suite; leave out --methods and --tasks, or leave out --all"
        )
    if task or any(own.values()):
        from sslbench.cli.run import own_cards

        asked += own_cards(task, own, results, dry_run)
    options = RunOptions(
        suite=suite,
        methods=chosen,
        tasks=asked,
        encoder=encoder,
        seeds=seeds,
        device=device.value,
        workers=workers,
        quick=quick,
        results=results,
        out=out,
        retry_failed=retry_failed,
        tune=tune,
        precision=precision.value,
        engine=engine.value,
        address=address,
        keep_encoders=keep_encoders,
    )
    raise typer.Exit(show_plan(options) if dry_run else run_and_show(options))


@app.command("list")
def list_names(kind: Annotated[Kind, typer.Argument(help="what to list")]) -> None:
    """List methods, tasks, suites, views, probes, assumptions or metrics. Example: `sslbench list methods`."""
    from sslbench.cli.cards import print_list

    print_list(kind.value)


@app.command()
def show(
    name: Annotated[str, typer.Argument(help="a method, task, suite, view, probe, assumption or metric")],
    results: Results = DEFAULTS.results,
) -> None:
    """Show a card: what it is, where it comes from, what it assumes. Example: `sslbench show vicreg`.

    A task's card says what was measured on it, by the tables in `results` or those that came with sslbench.
    """
    from sslbench.cli.cards import print_card

    print_card(name, results)


@app.command()
def table(
    results: Results = DEFAULTS.results,
    convert: Annotated[bool, typer.Option("--convert", help="first rewrite records of schema 1 as schema 2")] = False,
    recompute: Annotated[
        bool, typer.Option("--recompute", help="only compare every score with the stored predictions; writes nothing")
    ] = False,
) -> None:
    """Rebuild results/tables from the records and print the ranks. Example: `sslbench table --results results`."""
    from sslbench.cli.run import rebuild_tables, recompute_and_show

    if recompute:
        raise typer.Exit(recompute_and_show(results))
    rebuild_tables(results, convert)


@app.command()
def site(results: Results = DEFAULTS.results, out: Out = DEFAULTS.out) -> None:
    """Rebuild the leaderboard's pages from the records. Example: `sslbench site --out leaderboard`."""
    from sslbench.cli.run import rebuild_site

    rebuild_site(results, out)


@app.command()
def bench(
    only: Annotated[
        Names,
        typer.Option(
            help="measurements: augmentation, step, stacking, probes, scaling, overhead, ceiling. Comma-separated; "
            "none means all"
        ),
    ] = None,
    rounds: Annotated[int, typer.Option(min=1, help="rounds, each measuring both ways in turn")] = 7,
    device: Annotated[Device, typer.Option(help=help_of(RunOptions, "device"))] = Device.cpu,
    out: Annotated[str, typer.Option(help="JSON file to write; none prints only")] = "",
) -> None:
    """Measure on this machine what the harness gains: augmentation, steps, stacking, probes, against the usual ways.

    Example: `sslbench bench --out bench.json`. `step` compares with lightly, which the extra `parity` installs.
    """
    from sslbench.cli.bench import bench_and_show

    raise typer.Exit(bench_and_show(names_in(only), rounds, device.value, out))


@app.command()
def check(
    method: Annotated[str, typer.Argument(help="a file, file.py:Class, file.py:loss, or a registered name")],
    tasks: Annotated[
        Names, typer.Option(help="tasks to check on. Comma-separated; none means one of each kind")
    ] = None,
    seconds: Annotated[float, typer.Option(min=1, help="stop what hangs after this long")] = 180.0,
) -> None:
    """Check that a method does what every method must: finite loss, gradients, stacked runs equal solo runs, and more.

    Runs in a process of its own and explains each failure. Example: `sslbench check my_method.py`.
    """
    from sslbench.cli.check import check_and_show

    default = ("digits", "wine", "breast-cancer-views")
    raise typer.Exit(check_and_show(method, names_in(tasks) or default, seconds))


@app.command()
def assess(
    data: Annotated[
        list[str], typer.Argument(help="a table, an npz, a folder of images, or two and more files with equal rows")
    ],
    target: Annotated[str, typer.Option(help="what is to be predicted: columns, comma-separated, or an NPY file")] = "",
    views: Annotated[str, typer.Option(help='two groups of columns: "a, b | c, d"')] = "",
    corruption: Annotated[
        str, typer.Option(help="how a view is made of an item: resample, swap, subset, noise; image, photo")
    ] = "",
    strength: Annotated[float, typer.Option(min=0, help="strength of the corruption")] = 1.0,
    groups: Annotated[str, typer.Option(help="a column whose equal rows belong together (subject, item)")] = "",
    drop: Annotated[str, typer.Option(help="columns to leave out (ids, dates), comma-separated")] = "",
    assumptions: Annotated[Names, typer.Option(help="assumptions to test. Comma-separated; none means all")] = None,
    rows: Annotated[int, typer.Option(min=50, help="most rows to read; more are subsampled")] = 5000,
    size: Annotated[int, typer.Option(min=8, help="pixels that images are brought to")] = 32,
    out: Annotated[str, typer.Option(help="CSV file to write the verdicts to")] = "",
    html: Annotated[str, typer.Option(help="HTML file to write a report with figures to")] = "",
    bins: Annotated[
        int, typer.Option(min=0, help="classes that a numeric target is cut into; 0 cuts real ones into 4")
    ] = 0,
) -> None:
    """Test which assumptions of self-supervised learning hold on your own data, from about 200 rows up.

    Examples: `sslbench assess credit.csv --target class --corruption resample --strength 0.5`; `sslbench assess
    patients.csv --target outcome --views "age, weight | pulse, pressure"`; `sslbench assess left.npy right.npy --target
    y.npy --html report.html`; `sslbench assess photos/ --corruption photo`. Three and more files: redundancy-3 and on.
    """
    from sslbench.cli.assess import assess_and_show
    from sslbench.diagnosis.own_data import Question

    question = Question(tuple(data), target, views, corruption, strength, groups, drop, rows, size, bins)
    assess_and_show(question, names_in(assumptions), out, html)


@app.command()
def sweep(
    task: Annotated[str, typer.Argument(help="a task of one stream: images or a table")],
    kinds: Annotated[Names, typer.Option(help="view generators. Comma-separated; none means all that fit")] = None,
    strengths: Annotated[
        Names, typer.Option(help="strengths. Comma-separated; none means each generator's own grid and the card's")
    ] = None,
    rows: Annotated[int, typer.Option(min=50, help="most rows to read; more are subsampled")] = 5000,
    results: Results = DEFAULTS.results,
) -> None:
    """Measure what a task's views lose of its labels and what they share, over view kind and strength.

    Says which strengths the data support. Goes on where it stopped. Example: `sslbench sweep wine --kinds resample,swap
    --strengths 0.2,0.4,0.6`. Writes results/sweep.csv, results/tables/sweep.csv and a figure in results/figures.
    """
    from sslbench.cli.sweep import sweep_and_show

    sweep_and_show(task, names_in(kinds), names_in(strengths), rows, results)


@app.command()
def calibrate(
    assumptions: Annotated[Names, typer.Option(help="assumptions. Comma-separated; none means all with worlds")] = None,
    worlds: Annotated[Names, typer.Option(help="worlds. Comma-separated; none means all")] = None,
    sizes: Annotated[
        Names, typer.Option(help="rows x columns per view, as in 1000x10,5000x50; none means all nine")
    ] = None,
    repetitions: Annotated[int, typer.Option(min=1, help="data sets per world and size")] = 20,
    workers: Annotated[int, typer.Option(min=0, help="processes; 0 means one per core")] = 0,
    results: Results = DEFAULTS.results,
) -> None:
    """Repeat the verdicts on worlds whose truth is known, and say how often they are right. Goes on where it stopped.

    Example: `sslbench calibrate --sizes 1000x10,5000x50 --repetitions 10`. Writes results/calibration.csv.
    """
    from sslbench.cli.calibrate import calibrate_and_show

    calibrate_and_show(names_in(assumptions), names_in(worlds), names_in(sizes), repetitions, workers, results)


@app.command()
def why(
    method: Annotated[str, typer.Argument(help="a method")],
    task: Annotated[str, typer.Argument(help="a task")],
    quick: Annotated[bool, typer.Option("--quick", help="compare with the quick protocol")] = False,
    results: Results = DEFAULTS.results,
) -> None:
    """Say what a stored run depended on, and which part of it differs now. Example: `sslbench why vicreg digits`."""
    from sslbench.cli.why import print_why

    print_why(method, task, quick, results)


def main() -> None:
    """Entry point: exit 0 if all is well, 1 if something failed, 2 if the call was wrong, 130 after Ctrl-C."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # a polite kill ends like Ctrl-C
    try:
        app()
    except SslbenchError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        sys.exit(130)


if __name__ == "__main__":
    main()
