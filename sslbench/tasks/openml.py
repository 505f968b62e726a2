"""The card of any OpenML task, made from its id."""

from sslbench.errors import UsageError
from sslbench.tasks.card import Budget, EncoderSpec, Source, Splits, Target, Task, ViewSpec

OPENML_PROTOCOLS = {  # splits, and in words
    "openml": (Splits(kind="official", folds=10), "on its official folds"),
    # Bahri et al. 2022 (SCARF), section 4: 70/10/20; they draw 30 random splits, here the five test parts are disjoint
    "scarf": (Splits(kind="stratified", folds=5, validation=0.125), "70/10/20 train, val and test, by SCARF"),
}


def openml_task(name: str) -> Task:
    """The card of an OpenML classification task: `31`, `task:31`, or `31@scarf` for splits that are not its own.

    Nothing is downloaded here. Raises UsageError.
    """
    task_id, _, protocol = name.partition("@")
    task_id, protocol = task_id.removeprefix("task:"), protocol or "openml"
    if not task_id.isdigit():
        raise UsageError(
            f"openml:<task id> needs a number, as in openml:31; got openml:{name}. A data set has no folds and no "
            "target of its own: take one of its tasks; a whole suite is --suite openml:<suite id>"
        )
    if protocol not in OPENML_PROTOCOLS:
        raise UsageError(f"unknown protocol {protocol!r} of openml:{name}; there are {', '.join(OPENML_PROTOCOLS)}")
    splits, words = OPENML_PROTOCOLS[protocol]
    return Task(
        name=f"openml-{task_id}" + ("" if protocol == "openml" else f"-{protocol}"),
        title=f"OpenML task {task_id}" + ("" if protocol == "openml" else f", {protocol} splits"),
        modality="tabular",
        description=f"Supervised classification task {task_id} of OpenML, {words}.",
        source=Source(kind="openml", name=task_id),
        views=ViewSpec(generator="swap", strength=0.1),
        targets=(Target(name="class", title="the task's target"),),
        splits=splits,
        encoder=EncoderSpec(name="mlp", rep_dim=64, options={"width": 128}),
        budget=Budget(steps=400, batch=128),
        licence="as stated on OpenML",
        licence_source="The page of the data set on OpenML; not looked up for this card.",
        caveats="Views redraw each cell with probability .1: on seven tables redrawing a share of .6 lost .04 to 1.4 "
        "nats of label information, .2 was violated on three, .1 was not refuted where it was measured. This one: "
        f"sslbench sweep openml:{task_id}.",
        citation="Vanschoren et al. 2014, OpenML, doi:10.1145/2641190.2641198",
    )
