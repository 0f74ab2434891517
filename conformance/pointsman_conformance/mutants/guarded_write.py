"""Wrong implementations that break guarded-write."""

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
    """Writes the asked status from every status; a refused worker writes a status that no transition allows."""

    def where_none_applies(
        self, actor: str, row: FoundRow, status: Status, event: str, carried: Mapping[str, Value]
    ) -> Doing[str | None]:
        """Write the status that the event leads to from another status."""
        for way in self.lifecycle.transitions:
            if way.event == event and way.target != status.name:
                done = yield from self.write(row, self.entering(way, carried), self.where_status(row))
                return "applied" if done is not None else None
        return (yield from super().where_none_applies(actor, row, status, event, carried))

    def ask_for(self, actor: str, row: FoundRow, target: str) -> Doing[str | None]:  # noqa: ARG002 - that is the fault
        """Write any status that is asked for."""
        name = self.rules.table.status_column
        value = self.lifecycle.status[target].value if target in self.lifecycle.status else target
        done = yield from self.write(row, {name: value}, self.where_status(row))
        return "applied" if done is not None else None

    def move(self, held: ClaimedRow, reply: CallResult, brought: Mapping[str, Assigned]) -> Doing[bool]:
        """After a refusal, write a status that no transition leads to."""
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
    """Applies a late webhook: the row moves to the status that the webhook would have led to in time."""

    def tell(
        self, actor: str, row: FoundRow, type: str, thing: Mapping[str, Json]  # noqa: A002 - the provider's word
    ) -> Doing[str | None]:  # fmt: skip
        """Write the status that the webhook's event leads to, from every status."""
        status = self.rules.status_of(row.columns)
        for call, hook in webhooks_of(self.lifecycle, type):
            for way in self.lifecycle.transitions:
                if status is not None and way.event == hook.event and way.target != status.name:
                    receipts = yield from self.receipts_of_hook(call, row, thing)
                    done = yield from self.write(row, self.entering(way, receipts or {}), self.where_status(row))
                    return "applied" if done is not None else None
        return (yield from super().tell(actor, row, type, thing))
