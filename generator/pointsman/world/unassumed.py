"""Commands of the world around a row that happen only where a premise is not assumed.

Commands that a worker sees, such as a look-up that misleads it, are in the modules of the worker's steps.
"""

from __future__ import annotations

from pointsman.spec.lifecycle import StatusKind
from pointsman.world.arriving import PROVIDER, facts_at_birth, starts
from pointsman.world.making import Making
from pointsman.world.row import Changes, RowVariables
from pointsman.world.system import Const, among, both, eq, no, some


def unassumed(making: Making, row: RowVariables) -> None:
    """Add the commands that the premises exclude which are not assumed."""
    if making.ground.may("effects-are-not-undone"):
        _undone(making, row)
    if making.ground.may("inserted-once"):
        _inserted_again(making, row)


def _undone(making: Making, row: RowVariables) -> None:
    """Add commands by which the provider takes a call's effect back. Answers that it stored stay."""
    for call in making.ground.calls:
        there, undone = [eq(row.made(call), 0)], {row.made(call).name: Const(0)}
        if making.ground.makes_effects_once(call):
            there.append(eq(row.units(call), 0))
            undone[row.units(call).name] = Const(0)
        making.act(
            f"undone_{row.part}_{call.name}", PROVIDER, f"takes the effect of {call.name} back{row.title}",
            some(*map(no, there)), undone, fault="effect undone", wrong="effects-are-not-undone",
        )  # fmt: skip


def _inserted_again(making: Making, row: RowVariables) -> None:
    """Add commands that insert a row anew where it may stay: with all columns and keys of a new row, but its ledger."""
    ground = making.ground
    at_rest = [ground.code[s.name] for s in ground.lifecycle.statuses if s.kind is not StatusKind.TRANSIENT]
    ledger = {var.name for call in ground.calls for var in (row.made(call), row.units(call))}
    fresh: Changes = {var.name: Const(var.initial) for var in row.variables if var.name not in ledger}
    quiet = eq(row.flying, 0) if ground.calls else Const(1)
    for status in starts(ground):
        born = {name: change for name, change in row.born(status).items() if name not in ledger}
        for number, filling in enumerate(facts_at_birth(ground, status)):
            making.act(
                f"{row.part}_starts_again_{status.name}_{number}", "application",
                f"inserts {row.part} a second time, in {status.name}{filling.told}",
                both(among(row.status, at_rest), quiet), {**fresh, **born, **filling.changes(row)},
                fault="inserted twice", wrong="inserted-once",
            )  # fmt: skip
