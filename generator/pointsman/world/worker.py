"""The variables of a worker, which is idle, holds a claim, or knows an outcome that it has not recorded yet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

from pointsman.world.ground import DUE, Ground, Team
from pointsman.world.row import RowVariables
from pointsman.world.system import Const, Expr, Side, Var, Variable, among, both, eq, ne, no, some


class Phase(IntEnum):
    """The state of a worker. After `CLAIMED` come the outcomes that it has not recorded yet."""

    IDLE = 0
    CLAIMED = 1
    ACCEPTED = 2
    ALREADY_DONE = 3
    REFUSED = 4
    REFUSED_FOR_NOW = 5
    MISUSED = 6
    NOT_TRIED = 7
    IN_USE = 8
    UNKNOWN = 9
    ERROR = 10
    FOUND = 11
    ABSENT = 12
    ELSEWHERE = 13


PHASE_WORDS = (
    "idle", "claimed", "accepted", "already done", "refused", "refused for now", "misused", "not tried", "key in use",
    "no answer", "an error", "found", "absent", "at another row",
)  # fmt: skip


class ClaimMode(IntEnum):
    """The purpose of a claim. `READ` is no claim: the row was only read."""

    ATTEMPT = 0
    SETTLE = 1
    READ = 2


MODE_WORDS = ("an attempt", "to settle", "without a claim")


@dataclass(frozen=True)
class Worker:
    """One worker of a team. Names of variables start with ``w`` and its token."""

    ground: Ground
    team: Team
    token: int

    @property
    def who(self) -> str:
        """The name by which stories call the worker."""
        return self.team.who(self.token)

    @property
    def tag(self) -> str:
        """The worker's part of a command's name."""
        return f"w{self.token}_{self.team.name}"

    def _var(self, name: str) -> Var:
        return Var(f"w{self.token}_{name}")

    @property
    def phase(self) -> Var:
        """The code of its `Phase`."""
        return self._var("phase")

    @property
    def mode(self) -> Var:
        """The code of its `ClaimMode`."""
        return self._var("mode")

    @property
    def row(self) -> Var:
        """The number of the row that the worker claimed."""
        return self._var("row")

    @property
    def status(self) -> Var:
        """The status that the worker read, by its place among the queue's statuses."""
        return self._var("status")

    @property
    def key(self) -> Var:
        """The generation of the key that the worker read."""
        return self._var("key")

    # --- predicates ------------------------------------------------------------

    def at(self, row: RowVariables, *phases: Phase) -> Expr:
        """1 where the worker is at `row`, in one of `phases`."""
        return both(among(self.phase, phases), self._here(row))

    def reads(self, row: RowVariables) -> Expr:
        """1 where the row is in a status of the worker's queue."""
        return among(row.status, (self.ground.code[name] for name in self.team.queue.statuses))

    def as_read(self, row: RowVariables) -> Expr:
        """1 where the row's status is the one that the worker read."""
        codes = [self.ground.code[name] for name in self.team.queue.statuses]
        if len(codes) == 1:
            return eq(row.status, codes[0])
        return some(*(both(eq(self.status, at), eq(row.status, code)) for at, code in enumerate(codes)))

    def holds(self, row: RowVariables) -> Expr:
        """1 where the row's claim is the worker's, and the status is the one that the worker read."""
        return both(eq(row.holder, self.token), self.as_read(row))

    def free(self, rows: tuple[RowVariables, ...]) -> Expr:
        """1 where the worker may take a row: it is idle, or has lost its claim, so that it can record nothing.

        A worker whose lease ran out before it sent a request does nothing more
        under that claim, so that worker is free too.
        """
        if self.ground.locks:
            return eq(self.phase, Phase.IDLE)
        return some(eq(self.phase, Phase.IDLE), *(both(self._here(row), self._has_lost(row)) for row in rows))

    def _here(self, row: RowVariables) -> Expr:
        return eq(self.row, row.number) if self.ground.scope.rows > 1 else Const(1)

    def _has_lost(self, row: RowVariables) -> Expr:
        lost = no(self.holds(row))
        column = self.team.queue.due
        if self.ground.leased and column is not None:
            too_late = both(eq(self.phase, Phase.CLAIMED), ne(self.mode, ClaimMode.READ), eq(row.due(column), DUE))
            lost = some(lost, too_late)
        return both(ne(self.phase, Phase.ELSEWHERE), lost) if self.ground.scope.world.arrivals else lost

    # --- variables ----------------------------------------------------------------

    @property
    def variables(self) -> tuple[Variable, ...]:
        """The worker's variables."""
        return tuple(self._variables())

    def _variables(self) -> Iterator[Variable]:
        ground = self.ground
        words = PHASE_WORDS if ground.scope.world.arrivals else PHASE_WORDS[: Phase.ELSEWHERE]
        yield self._variable(self.phase, words, "is")
        modes = MODE_WORDS if ground.may("claims_by_reading") or not ground.lifecycle.claims else MODE_WORDS[:2]
        yield self._variable(self.mode, modes, "claim for")
        if ground.scope.rows > 1:
            yield self._variable(self.row, tuple(f"row {n + 1}" for n in range(ground.scope.rows)), "at")
        if len(self.team.queue.statuses) > 1:
            yield self._variable(self.status, self.team.queue.statuses, "read")
        if ground.generations > 1:
            yield self._variable(self.key, tuple(map(str, range(ground.generations))), "key generation read")

    def _variable(self, var: Var, values: tuple[str, ...], label: str) -> Variable:
        return Variable(var.name, values, f"{self.who} {label}", self.team.part, Side.WORKER)

    def idle(self) -> dict[str, Expr]:
        """The changes that make the worker idle. They reset every variable, so that there is one idle state."""
        return {variable.name: Const(0) for variable in self.variables}
