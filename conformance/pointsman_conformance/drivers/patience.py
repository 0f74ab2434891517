"""When a process that gives itself its turns is taken to have come to the end of one."""

from __future__ import annotations

from dataclasses import dataclass

from pointsman_conformance.drivers.copy import Activity


@dataclass(frozen=True, slots=True)
class Patience:
    """How long the kit waits, in seconds of real time.

    `start`: until a process asks for rows for the first time. `quiet`: after its last effect, where it has
    looked since and nothing is due. `seen`: where something is due and it has looked at it `looks` times without
    an effect. `unseen`: where it has not looked. `claimed`: where it has claimed a row and written nothing since.
    `given_up`: where it lost that row, or the connection on which it claimed it and has looked for others since.
    `due`: where something is due and it does not look. `turn`: for a whole turn. `delivery`: for a webhook's answer.
    `rest`: between two cases, for a process that has done its work to look for more. `settle`: for all turns of one
    `plan.Settle`.
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
        """Whether the turn is over. `busy`: something is under way. `due`: a row is there for it."""
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
