"""What breaks guarded-write."""

from __future__ import annotations

from collections.abc import Mapping

from pointsman.spec.lifecycle import CallResult, Status, Transition
from pointsman.spec.meaning import webhooks_of
from pointsman_conformance.core.history import Value
from pointsman_conformance.core.wire import Json
from pointsman_conformance.mutants.wrong import Wrong
from pointsman_conformance.reference.asking import Doing
from pointsman_conformance.reference.claimed_row import ClaimedRow
from pointsman_conformance.reference.operation import Assigned, FoundRow


class SkipsGuard(Wrong):
    """Does what it is told, whatever the status; a worker that is refused writes a status that seems to fit."""

    def where_none_applies(
        self, actor: str, row: FoundRow, status: Status, event: str, carried: Mapping[str, Value]
    ) -> Doing[str | None]:
        """The event's status is written all the same."""
        for way in self.lifecycle.transitions:
            if way.event == event and way.target != status.name:
                done = yield from self.write(row, self.entering(way, carried), self.where_status(row))
                return "applied" if done is not None else None
        return (yield from super().where_none_applies(actor, row, status, event, carried))

    def ask_for(self, actor: str, row: FoundRow, target: str) -> Doing[str | None]:  # noqa: ARG002 - nobody is asked who it is
        """Any status that is asked for is written."""
        name = self.rules.table.status_column
        value = self.lifecycle.status[target].value if target in self.lifecycle.status else target
        done = yield from self.write(row, {name: value}, self.where_status(row))
        return "applied" if done is not None else None

    def move(self, held: ClaimedRow, reply: CallResult, brought: Mapping[str, Assigned]) -> Doing[bool]:
        """A refusal is written as a status that no transition leads to."""
        if reply not in {CallResult.REFUSED, CallResult.SETTLED_ABSENT}:
            return (yield from super().move(held, reply, brought))
        names = [status.name for status in self.lifecycle.statuses if status.terminal and not status.means]
        names += [status.name for status in self.lifecycle.statuses if not status.means]
        for target in names:
            if target != held.status.name and (held.status.name, target) not in self.lifecycle.pairs:
                way = Transition(held.status.name, target)
                yield from self.write(held.row, self.entering(way, brought), self.mine(held))
                return True
        return (yield from super().move(held, reply, brought))


class LateWebhookReopens(Wrong):
    """A webhook that comes late puts the row back where it would have put it in time."""

    def tell(
        self, actor: str, row: FoundRow, type: str, thing: Mapping[str, Json]  # noqa: A002 - the provider's word
    ) -> Doing[str | None]:  # fmt: skip
        """The status that the hook's event leads to is written, whatever the row is in."""
        status = self.rules.status_of(row.columns)
        for call, hook in webhooks_of(self.lifecycle, type):
            for way in self.lifecycle.transitions:
                if status is not None and way.event == hook.event and way.target != status.name:
                    receipts = yield from self.receipts_of_hook(call, row, thing)
                    done = yield from self.write(row, self.entering(way, receipts or {}), self.where_status(row))
                    return "applied" if done is not None else None
        return (yield from super().tell(actor, row, type, thing))
