"""A failure as plain text: law, requirement, line of the spec, steps and history."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields

from pointsman.reporting import Looks
from pointsman.reporting.grid import drawn
from pointsman.spec.lifecycle import Lifecycle
from pointsman_conformance.core.plan import Fault, Plan, Step
from pointsman_conformance.report.account import Failure
from pointsman_conformance.report.telling import grid

_PLAIN = Looks(color=False, unicode=True, width=None)


def told(lifecycle: Lifecycle, failure: Failure) -> str:
    """The failure as several lines for the author of the implementation."""
    place = lifecycle.place(*failure.breach.element.path)
    lines = [
        f"{failure.law}: {failure.breach.says}",
        f"  requirement {failure.requirement}, asked for at {place}",
        *([f"  it failed in {failure.flaky[0]} of {failure.flaky[1]} replays"] if failure.flaky is not None else []),
        "",
        *steps_told(failure.plan),
        "",
        drawn(grid(lifecycle, failure.history, failure.breach.records, failure.breach.row), _PLAIN),
    ]
    return "\n".join(lines)


def steps_told(plan: Plan) -> Iterator[str]:
    """Yields a numbered line for each step. Steps during a pause are indented."""
    for number, step in enumerate(plan, 1):
        yield from _step(step, f"{number:>4}. ")


def _step(step: Step, margin: str) -> Iterator[str]:
    yield f"{margin}{step_in_words(step)}"
    inner = " " * len(margin)
    for fault in getattr(step, "faults", ()):
        yield f"{inner}  {_fault(fault)}"
        for each in fault.during:
            yield from _step(each, f"{inner}    ")


def step_in_words(step: Step) -> str:
    """The step as words, such as ``work reversal_worker``: fields with their default value and faults are left out."""
    words = [step.word]
    for each in fields(step):
        value = getattr(step, each.name)
        usual = each.default_factory() if callable(each.default_factory) else each.default
        if each.name == "faults" or value == usual:
            continue
        words.append(_value(each.name, value))
    return " ".join(words)


def _value(name: str, value: object) -> str:
    if name in ("row", "status", "event", "actor", "call", "value"):
        return str(value)
    if isinstance(value, Mapping):
        return ", ".join(f"{key}={held}" for key, held in value.items())
    return f"{name}={value:g}" if isinstance(value, float) else f"{name}={value}"


def _fault(fault: Fault) -> str:
    times = f" the {fault.nth}th time" if fault.nth > 1 else ""
    seconds = f" for {fault.seconds:g} s" if fault.seconds else ""
    meanwhile = "; meanwhile:" if fault.during else ""
    return f"{fault.kind.replace('_', ' ')} at {fault.point}{times}{seconds}{meanwhile}"
