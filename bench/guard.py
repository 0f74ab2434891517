"""Measures a call of the generated guard, beside a function that does one dictionary look-up.

    python bench/guard.py [SPEC]

Every function is called with every pair of statuses. Rounds of all of them are
interleaved, so that a machine that is busy for a while slows all; the figure is
the best round, less the time of the loop itself. The libraries keep more than a
table; measured is only the guard's question: is there a transition from one
status to another.
"""

from __future__ import annotations

import importlib.util
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType

from pointsman.loading.load import load
from pointsman.rendering import python
from pointsman.result import Grid, GridCell, Result
from pointsman.spec.lifecycle import Lifecycle
from pointsman.writing.target import TargetOptions

AIM = 1.2
ROUNDS = 15
ASKED = 40_000

Question = Callable[[str, str], object]
Pairs = Sequence[tuple[str, str]]

BASE = "look-up of the pair in one dictionary"
LEAST = "look-up of the first argument alone"
OURS = "can_transition"


def guard(lifecycle: Lifecycle) -> ModuleType:
    """The generated module, imported from a file as a user would."""
    (output,) = python.render(lifecycle, TargetOptions())
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / output.path
        file.write_text(output.text)
        spec = importlib.util.spec_from_file_location(file.stem, file)
        assert spec
        assert spec.loader
        module = importlib.util.module_from_spec(spec)
        sys.modules[file.stem] = module
        spec.loader.exec_module(module)
    return module


def pair_look_up(allowed: set[tuple[str, str]]) -> Question:
    """The unit of the comparison: two arguments, and one dictionary that holds the pairs."""
    table = dict.fromkeys(allowed, True)

    def look_up(source: str, target: str) -> bool:
        return (source, target) in table

    return look_up


def least_look_up(allowed: set[tuple[str, str]]) -> Question:
    """Less work than any guard has: two arguments, of which the second is not read."""
    table = {source: True for source, _ in allowed}

    def look_up(source: str, target: str) -> bool:  # noqa: ARG001 - the second argument is not read on purpose
        return table[source]

    return look_up


def with_transitions(lifecycle: Lifecycle) -> Question:
    """The library `transitions`, asked for the transitions between two states."""
    from transitions import Machine

    names = {status.name: status.value for status in lifecycle.statuses}
    initial = next(status.value for status in lifecycle.statuses if status.initial)
    machine = Machine(states=list(names.values()), initial=initial, auto_transitions=False)
    for move in lifecycle.transitions:
        machine.add_transition(str(move.event), names[move.source], names[move.target])
    return lambda source, target: bool(machine.get_transitions(source=source, dest=target))


def with_statemachine(lifecycle: Lifecycle) -> Question:
    """The library `python-statemachine`, asked for the transitions of a state that it holds."""
    from statemachine import State, StateMachine

    states = {
        status.name: State(value=status.value, initial=status.initial, final=status.terminal)
        for status in lifecycle.statuses
    }
    body: dict[str, object] = dict(states)
    for event in dict.fromkeys(move.event for move in lifecycle.transitions):
        taken = [states[move.source].to(states[move.target]) for move in lifecycle.transitions if move.event == event]
        joined = taken[0]
        for other in taken[1:]:
            joined = joined | other
        body[str(event)] = joined
    machine = type("Rows", (StateMachine,), body)()
    known = machine.states_map
    return lambda source, target: any(move.target.value == target for move in known[source].transitions)


def best(questions: dict[str, tuple[Question, Pairs]]) -> dict[str, float]:
    """Seconds of one call, by name."""
    found = dict.fromkeys(questions, float("inf"))
    for _ in range(ROUNDS):
        for name, (question, pairs) in questions.items():
            rounds = max(1, ASKED // len(pairs))
            empty = _seconds(_nothing, pairs, rounds)
            full = _seconds(_asked, pairs, rounds, question)
            found[name] = min(found[name], (full - empty) / (rounds * len(pairs)))
    return found


def _seconds(loop: Callable[..., None], pairs: Pairs, rounds: int, *question: Question) -> float:
    begun = time.perf_counter()
    for _ in range(rounds):
        loop(pairs, *question)
    return time.perf_counter() - begun


def _asked(pairs: Pairs, question: Question) -> None:
    for source, target in pairs:
        question(source, target)


def _nothing(pairs: Pairs) -> None:
    for _source, _target in pairs:
        pass


def main() -> int:
    lifecycle = load(sys.argv[1] if len(sys.argv) > 1 else "spec/seller_transfer.yaml")
    module = guard(lifecycle)
    values = [status.value for status in lifecycle.statuses]
    texts = [(source, target) for source in values for target in values]
    members = [(module.Status(source), module.Status(target)) for source, target in texts]
    unknown = [(f"{source}?", target) for source, target in texts]
    allowed = {pair for pair in texts if module.can_transition(*pair)}
    look_up, least, can = pair_look_up(allowed), least_look_up(allowed), module.can_transition
    libraries = {"transitions": with_transitions(lifecycle), "python-statemachine": with_statemachine(lifecycle)}
    refuse_other_answers(can, allowed, libraries)
    questions: dict[str, tuple[Question, Pairs]] = {
        BASE: (look_up, texts),
        LEAST: (least, texts),
        OURS: (can, texts),
        f"{BASE}, members": (look_up, members),
        f"{LEAST}, members": (least, members),
        f"{OURS}, members": (can, members),
        f"{OURS}, an unknown status": (can, unknown),
        **{name: (question, texts) for name, question in libraries.items()},
    }
    return report(best(questions))


def refuse_other_answers(can: Question, allowed: set[tuple[str, str]], libraries: dict[str, Question]) -> None:
    """Fail if a library's answers differ from the table, as its time would then be that of another question."""
    values = {value for pair in allowed for value in pair}
    for source in values:
        for target in values - {source}:
            answers = {name: bool(question(source, target)) for name, question in libraries.items()}
            assert set(answers.values()) == {can(source, target)}, f"{source} to {target}: {answers}"


def report(seconds: dict[str, float]) -> int:
    """Print the table; returns 1 if the aim is missed."""
    from pointsman.reporting import Looks, render

    def ratio(name: str, base: str) -> float:
        return seconds[name] / seconds[f"{base}, members" if name.endswith("members") else base]

    aimed = (OURS, f"{OURS}, members")
    rows = tuple(
        (
            GridCell(name),
            GridCell(f"{taken * 1e9:.0f}"),
            GridCell(f"{ratio(name, BASE):.2f}"),
            GridCell(f"{ratio(name, LEAST):.2f}"),
            GridCell(f"at most {AIM}" if name in aimed else ""),
        )
        for name, taken in seconds.items()
    )
    title = f"One question to the guard, Python {sys.version.split()[0]}"
    legend = "Members of the enumeration are measured against the look-ups of members. The aim is in times the pair."
    grid = Grid(("function", "ns", "times the pair", "times the first alone", "aim"), rows, title, legend)
    print(render(Result("bench", blocks=(grid,)), "text", Looks()), end="")
    return int(any(ratio(name, BASE) > AIM for name in aimed))


if __name__ == "__main__":
    sys.exit(main())
