"""What breaks already-done-is-done."""

from __future__ import annotations

from pointsman.lifecycle import Reply
from pointsman_conformance.book.asking import Doing
from pointsman_conformance.book.held import Held
from pointsman_conformance.book.operation import Found
from pointsman_conformance.wrong.wrong import Wrong


class AlreadyDoneMeansFailed(Wrong):
    """Takes "already done" for any other 400."""

    def already_done(self, held: Held, seen: Found) -> Doing[None]:  # noqa: ARG002 - nobody looks closer
        """Failed."""
        yield from self.as_failed(held)


class DoneWithoutReceipt(Wrong):
    """Takes "already done" for done and does not look for the receipt."""

    def already_done(self, held: Held, seen: Found) -> Doing[None]:  # noqa: ARG002 - nobody looks closer
        """Done, whoever did it."""
        if not (yield from self.move(held, Reply.SETTLED_DONE, {})):
            yield from self.stay(held, self.after_a_pause(held))
