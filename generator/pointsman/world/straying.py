"""Commands of wrong implementations that hold no claim: handlers, webhooks, and workers at an unknown status."""

from __future__ import annotations

from pointsman.spec.lifecycle import EarlyEvent
from pointsman.spec.meaning import early_event, early_statuses
from pointsman.world.arriving import ANY_ACTOR, in_this_leg, tells, undeclared
from pointsman.world.ground import DUE
from pointsman.world.making import Making, deliveries, is_there
from pointsman.world.row import Changes, RowVariables
from pointsman.world.system import Const, both, eq, no


def straying(making: Making, row: RowVariables) -> None:
    """Add the commands of those wrong implementations that this world allows."""
    ground = making.ground
    if ground.may("skips_guard"):
        _skips_guard(making, row)
    if ground.may("late_webhook_reopens"):
        _late_webhook(making, row)
    if ground.may("applies_twice"):
        _applies_twice(making, row)
    if ground.may("coerces_unknown_status") and ground.scope.world.foreign:
        _coerces(making, row)


def _skips_guard(making: Making, row: RowVariables) -> None:
    """Add commands that apply an event in a status from which no transition takes the event."""
    ground = making.ground
    for number, move in enumerate(ground.lifecycle.transitions):
        event = ground.lifecycle.event.get(move.event or "")
        if event is None or not in_this_leg(ground, move):
            continue
        for status in early_statuses(event):
            kept = early_event(event, status) is EarlyEvent.KEEP
            if status == move.target or (kept and ground.lifecycle.status[status].initial):
                continue
            target = ground.lifecycle.status[move.target]
            for index, brought in enumerate(deliveries(making, event)):
                base = brought.filling.changes(row)
                changes: Changes = {
                    **undeclared(row, move.target, list(ground.code)),
                    **brought.changes(making, row, event),
                    **row.on_entry(target, base=base),
                }
                making.act(
                    f"skips_guard_{row.part}_{number}_{status}_{index}", move.by[0] if move.by else ANY_ACTOR,
                    f"applies {event.name} in {status} without asking the guard: now {move.target}{row.title}",
                    both(eq(row.status, ground.code[status]), row.may_enter(target, base)), changes,
                    wrong="skips_guard",
                )  # fmt: skip


def _late_webhook(making: Making, row: RowVariables) -> None:
    """Add commands by which a late webhook sets the status that its event leads to, whatever the status is."""
    ground = making.ground
    for call, hook in ground.hooks:
        if call not in ground.calls:
            continue
        targets = {m.target for m in ground.lifecycle.transitions if m.event == hook.event and in_this_leg(ground, m)}
        for name in sorted(targets, key=ground.code.__getitem__):
            changes: Changes = {
                **undeclared(row, name, list(ground.code)),
                **row.on_entry(ground.lifecycle.status[name]),
            }
            enters = row.may_enter(ground.lifecycle.status[name])
            for column, _ in call.records:
                if column in ground.receipts:
                    changes[row.receipt(column).name] = Const(1)
            making.act(
                f"late_webhook_{row.part}_{call.name}_{hook.type}_{name}", "webhook",
                f"{hook.type} arrives late and is applied: now {name}{row.title}",
                both(is_there(row), no(eq(row.status, ground.code[name])), tells(row, call, hook), enters), changes,
                wrong="late_webhook_reopens",
            )  # fmt: skip


def _applies_twice(making: Making, row: RowVariables) -> None:
    """Add commands that apply a repeated event again: the status is entered anew, and `on_entry` sets its columns."""
    ground = making.ground
    for number, move in enumerate(ground.lifecycle.transitions):
        event = ground.lifecycle.event.get(move.event or "")
        if event is None or not in_this_leg(ground, move):
            continue
        target = ground.lifecycle.status[move.target]
        making.act(
            f"applies_twice_{row.part}_{number}", move.by[0] if move.by else ANY_ACTOR,
            f"applies {event.name} a second time: {move.target} is entered again{row.title}",
            both(eq(row.status, ground.code[move.target]), row.may_enter(target)), row.on_entry(target),
            wrong="applies_twice",
        )  # fmt: skip


def _coerces(making: Making, row: RowVariables) -> None:
    """Add a command that replaces an undeclared status by the first initial one."""
    ground = making.ground
    first = next((status for status in ground.lifecycle.statuses if status.initial), ground.lifecycle.statuses[0])
    changes: Changes = {
        row.status.name: Const(ground.code[first.name]),
        row.undeclared.name: Const(1),
        **row.on_entry(first),
        **{row.due(column).name: Const(DUE) for column in ground.dues},
    }
    making.act(
        f"coerces_{row.part}", "a worker", f"takes the unknown status for {first.name}{row.title}",
        both(eq(row.status, ground.foreign), row.may_enter(first)), changes, wrong="coerces_unknown_status",
    )  # fmt: skip
