"""How long a process that polls by itself must be quiet until its turn counts as over."""

from __future__ import annotations

from dataclasses import dataclass

from pointsman_conformance.drivers.copy import Activity


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
