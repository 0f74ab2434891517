"""Random plans that keep to the premises: no pause is longer than `longest_pause` where the spec supposes so.

A request is never held back for longer than it may take, the provider's clock is never ahead of it, and no
copy pauses between the last look and the request.
"""

from __future__ import annotations

from random import Random

from pointsman.spec.lifecycle import Lifecycle
from pointsman_conformance.core.plan import (
    AT_A_REQUEST,
    Advance,
    Crash,
    Create,
    Dashboard,
    DeliverWebhooks,
    Fault,
    FaultKind,
    Happen,
    Move,
    Plan,
    Point,
    Settle,
    SetUnknownStatus,
    Step,
    Work,
)

_HOUR = 3600.0
ROWS = ("1", "2", "3", "4", "5", "6")


def random_plan(lifecycle: Lifecycle, seed: int, steps: int = 25) -> Plan:
    """A plan of that many steps that ends with `Settle`."""
    random = Random(seed)  # noqa: S311 - a plan, no secret
    making = _Making(lifecycle, random)
    end = Settle(rounds=random.choice((40, 40, 6)), arrivals=random.choice((0, 0, 0, 1)))
    return (*making.beginning(), *(making.step() for _ in range(steps)), end)


class _Making:
    def __init__(self, lifecycle: Lifecycle, random: Random) -> None:
        self.lifecycle, self.random = lifecycle, random
        self.actors = [actor.name for actor in lifecycle.actors] or ["anybody"]
        self.workers = [queue.worker for queue in lifecycle.queues if queue.worker is not None] or self.actors
        self.happened: list[Happen] = []
        self.events = 0
        claims = lifecycle.claims
        self.lease = claims.lease.total_seconds() if claims is not None and claims.lease is not None else 600.0

    def beginning(self) -> tuple[Step, ...]:
        return tuple(self.create(row) for row in ROWS[:2])

    def create(self, row: str) -> Create:
        statuses = [status.name for status in self.lifecycle.statuses]
        called = [status for queue in self.lifecycle.queues if queue.call is not None for status in queue.statuses]
        return Create(row, self.random.choice(self.random.choice((statuses, called, called)) or statuses))

    def step(self, depth: int = 0) -> Step:  # noqa: PLR0911 - one line for each kind of step
        random = self.random
        match random.choices(
            ("work", "happen", "advance", "hook", "again", "create", "other"),
            (45, 10, 20, 6, 5, 10, 6 if not depth else 0),
        )[0]:
            case "work":
                return Work(
                    random.choice(self.workers if random.random() < 0.9 else self.actors),
                    random.choice((1, 1, 2)),
                    self.faults(depth),
                )
            case "happen" if self.lifecycle.transitions:
                return self.happen(depth)
            case "advance":
                return Advance(self.time())
            case "hook":
                return DeliverWebhooks(
                    random.choice((None, *ROWS)), random.choice((1, 2)), random.random() < 0.5, self.faults(depth)
                )
            case "create":
                return self.create(random.choice(ROWS))
            case "again" if self.happened:
                return random.choice(self.happened)
        return self.other()

    def happen(self, depth: int) -> Happen:
        random = self.random
        way = random.choice(self.lifecycle.transitions)
        step = Happen(
            random.choice(ROWS),
            way.event or "nothing",
            random.choice(way.by or self.actors),
            f"e{self.number()}",
            faults=self.faults(depth),
        )
        amounts = [
            name
            for event in self.lifecycle.events
            if event.name == way.event
            for _, name in event.carries
            if name == "amount"
        ]
        if amounts and random.random() < 0.5:
            step = Happen(
                step.row, step.event, step.actor, step.id, {"amount": random.choice((300, 500, 1000))}, step.faults
            )
        self.happened.append(step)
        return step

    def number(self) -> int:
        self.events += 1
        return self.events

    def other(self) -> Step:
        random = self.random
        row = random.choice(ROWS)
        again = [call.name for call in self.lifecycle.calls if call.repeat == "already_done"]
        match random.randrange(4):
            case 0 if again:
                return Dashboard(row, random.choice(again), random.random() < 0.3)
            case 1:
                return SetUnknownStatus(row)
            case 2:
                return Move(row, random.choice(self.lifecycle.statuses).name, random.choice(self.actors))
        return Crash(random.choice(self.actors), random.choice((1, 2)))

    def time(self) -> float:
        return self.random.choice(
            (
                0.0,
                1.0,
                30.0,
                60.0,
                130.0,
                self.lease / 2,
                self.lease,
                self.lease + 1,
                _HOUR,
                6 * _HOUR,
                23.9 * _HOUR,
                24 * _HOUR,
            )
        )

    def faults(self, depth: int) -> tuple[Fault, ...]:
        random = self.random
        if random.random() < 0.25:
            return ()
        return tuple(self.fault(depth) for _ in range(random.choice((1, 2, 3))))

    def fault(self, depth: int) -> Fault:
        random = self.random
        match random.choices(("request", "crash", "cut", "pause"), (50, 20, 10, 20 if depth < 2 else 0))[0]:
            case "crash":
                return Fault(FaultKind.CRASH, random.choice(list(Point)), random.choice((1, 1, 2)))
            case "cut":
                return Fault(FaultKind.CUT, random.choice(list(Point)), random.choice((1, 1, 2)))
            case "pause":
                # Only where no premise limits it: around a claim or a record, and with the answer on its way.
                point = random.choice((Point.WRITE_BEFORE, Point.WRITE_AFTER, Point.REQUEST_AFTER))
                during = tuple(self.step(depth + 1) for _ in range(random.choice((1, 2, 4))))
                return Fault(FaultKind.PAUSE, point, random.choice((1, 1, 2)), during)
        kind = random.choice(sorted(AT_A_REQUEST))
        return Fault(
            kind,
            nth=random.choice((1, 1, 1, 2)),
            seconds=random.choice((5.0, 29.0)) if kind is FaultKind.EXECUTING else 0.0,
        )
