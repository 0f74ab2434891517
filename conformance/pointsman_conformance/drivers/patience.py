"""How long a process that polls by itself must be quiet until its turn counts as over."""

from __future__ import annotations

from dataclasses import dataclass, replace

from pointsman_conformance.drivers.copy import Activity

SHORTEST_START = 5.0
"""Seconds that a process has to get ready at least, however short the run is."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long the kit waits, in seconds of real time.

    `start`: until a process asks for rows for the first time. `turn`: for a whole turn. `delivery`: for the answer to a
    webhook. `rest`: after a run, until a process that has finished asks for rows again. `settle`: for all turns of one
    `plan.Settle`.

    The others are the time since the process's last effect, after which its turn is over. `quiet`: it has polled since,
    and no row is due. `unseen`: it has not polled, and no row is due. `seen`: a row is due, and it has polled `looks`
    times. `due`: a row is due, and it has polled less often. `claimed`: it holds a claim. `given_up`: another copy took
    its claim, or the connection of its claim has ended and it has polled since.
    """

    start: float = 30.0
    quiet: float = 0.02
    seen: float = 0.25
    looks: int = 3
    unseen: float = 1.0
    claimed: float = 5.0
    given_up: float = 0.2
    due: float = 5.0
    turn: float = 20.0
    delivery: float = 10.0
    rest: float = 0.3
    settle: float = 60.0

    @classmethod
    def of(cls, silent: float | None, start: float | None, budget: float | None) -> Patience:
        """The patience with a process that may be `silent` for so long while it is at work, and `start` for so long.

        None for the usual times. Of a `budget` of seconds, a process that never gets ready takes half at most, unless
        `start` is given.
        """
        usual = cls()
        if start is None and budget is not None:
            start = min(usual.start, max(SHORTEST_START, budget / 2))
        usual = replace(usual, start=usual.start if start is None else start)
        if silent is None:
            return usual
        return replace(
            usual,
            claimed=silent,
            due=silent,
            turn=max(usual.turn, 4 * silent),
            delivery=max(usual.delivery, 2 * silent),
            settle=max(usual.settle, 12 * silent),
        )

    def outlasting(self, answer: float) -> Patience:
        """The patience with a turn in which an answer of the provider takes `answer` seconds."""
        return replace(self, turn=self.turn + answer, delivery=self.delivery + answer)

    def is_over(self, activity: Activity, now: float, *, busy: bool, due: bool) -> bool:
        """True if the turn is over at `now`. `busy`: database or provider work for the process. `due`: a row is due."""
        quiet = now - activity.since
        if busy:
            return quiet > self.turn
        if activity.claimed and (activity.holds or activity.polls < self.looks):
            return quiet > self.claimed
        if activity.claimed or activity.lost:
            return quiet > self.given_up
        if due:
            return quiet > self.due or (activity.polls >= self.looks and quiet > self.seen)
        return quiet > self.unseen or (activity.polls > 0 and quiet > self.quiet)
