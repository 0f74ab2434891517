"""The statuses in which it is too late to find out what became of a request."""

from __future__ import annotations

from pointsman.spec.lifecycle import Call, Lifecycle
from pointsman.spec.meaning import statuses_of_call


def unsettling(lifecycle: Lifecycle, call: Call) -> frozenset[str]:
    """The statuses from which some way leads to an end without settling the outcome of `call`.

    A way settles it by a status of a queue that makes the call, by one that means its effect done or not done, by a
    transition that needs to know of its effect, or by one that says that it `leaves_open` the outcome. A way that goes
    round and never ends is none.
    """
    settled = statuses_of_call(lifecycle, call.name)
    settled |= {s.name for s in lifecycle.statuses if call.name in dict(s.means)}
    onward = [
        move for move in lifecycle.transitions if call.name not in dict(move.needs) and move.source != move.target
    ]
    leaving = {move.source for move in lifecycle.transitions if move.source != move.target}
    found = {s.name for s in lifecycle.statuses if s.name not in settled and s.name not in leaving}
    while more := {m.source for m in onward if m.target in found} - found - settled:
        found |= more
    return frozenset(found)
