"""guarded-write: changes status only along a transition of the spec, however late the message."""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.spec import condition
from pointsman.spec.lifecycle import Outcome, Transition
from pointsman_conformance.laws.elements import of_move, of_pair, of_status
from pointsman_conformance.laws.judgement import Breach, Judgements, Met
from pointsman_conformance.laws.reading import DeliveredEvent, LookUpResult, Reading, RowVersion, Sent, WriteKind
from pointsman_conformance.laws.sight import acts_late


def judge(reading: Reading) -> Judgements:
    """A change of status by the subject is a declared move of an actor that it plays, and may be made then.

    Moves of rows that another copy had changed meanwhile are conditional-write's.
    """
    for version in reading.versions:
        if not version.ours:
            continue
        if version.sort is WriteKind.INSERT:
            yield from _insert(reading, version)
        elif version.sort is WriteKind.MOVE and version.before is not None and not acts_late(reading, version):
            yield _move(reading, version)
    for delivery in reading.deliveries:
        if delivery.ours:
            yield from _too_late(reading, delivery)


def _insert(reading: Reading, version: RowVersion) -> Judgements:
    status = version.after
    if status is None:
        return
    element = of_status(reading.lifecycle, status)
    if reading.lifecycle.status[status].initial:
        yield Met(element)
        return
    says = f"a row began as {status}; the spec lets a row begin as {_initial(reading)} only"
    yield Breach(element, says, (version.place,), version.row)


def _initial(reading: Reading) -> str:
    return " or ".join(status.name for status in reading.lifecycle.statuses if status.initial)


def _move(reading: Reading, version: RowVersion) -> Met | Breach:
    says = _fault(reading, version)
    element = of_move(version)
    return Met(element) if says is None else Breach(element, says, (version.place,), version.row)


def _fault(reading: Reading, version: RowVersion) -> str | None:
    if not version.transitions:
        after = version.after or repr(_stored(reading, version))
        return f"the status went from {version.before} to {after}, and no transition of the spec does that"
    actors = reading.possible_actors(version.write)
    named = [each for each in version.transitions if not each.by or not actors or actors & set(each.by)]
    if not named:
        who = " or ".join(sorted(actors))
        return f"{who} moved the row from {version.before} to {version.after}; the spec lets {_by(version)} do that"
    if not any(_may(each, version) for each in named):
        return f"the row went from {version.before} to {version.after} although not: {named[0].when_text}"
    return _denied_what_is_done(reading, version)


def _stored(reading: Reading, version: RowVersion) -> object:
    table, new = reading.lifecycle.table, version.write.new
    return new.get(table.status_column) if table is not None and new is not None else None


def _by(version: RowVersion) -> str:
    return " or ".join(sorted({name for each in version.transitions for name in each.by}))


def _may(transition: Transition, version: RowVersion) -> bool:
    """Its condition holds, of the row as it was or as the event filled it. What cannot be computed is not judged."""
    if transition.when is None:
        return True
    for row in (version.write.old, version.write.new):
        try:
            # A condition reads no times, so a float is never compared.
            if condition.evaluate(transition.when, row or {}):  # type: ignore[arg-type]  # see above
                return True
        except (KeyError, TypeError):
            return True
    return False


def _denied_what_is_done(reading: Reading, version: RowVersion) -> str | None:
    """The move says that a call is not done, whose effect the subject was told of."""
    for transition, name in reading.denied(version):
        leg = reading.leg_at(version.row, name, version.place)
        sent = reading.in_leg(leg, version.place) if leg is not None else ()
        done = [each for each in sent if _told(each, version, Outcome.ACCEPTED)]
        if done and not any(_may_deny(each, done[-1]) for each in sent):
            return (
                f"the row went from {transition.source} to {transition.target}, which needs {name} not done, "
                f"after the provider had accepted it"
            )
    return None


def _told(sent: Sent, version: RowVersion, outcome: Outcome) -> bool:
    return sent.ours and sent.heard is outcome and sent.answered is not None and sent.answered < version.place


def _may_deny(sent: Sent, done: Sent) -> bool:
    """A look-up, or a refusal, that came after it."""
    after = sent.answered is not None and done.answered is not None and sent.answered > done.answered
    return after and (sent.shown in {LookUpResult.ABSENT, LookUpResult.UNDECIDED} or sent.heard is Outcome.REFUSED)


def _too_late(reading: Reading, delivery: DeliveredEvent) -> Iterator[Met]:
    """A message that cannot move the row, answered, and nothing moved: the pairs that were refused."""
    status = delivery.status
    if status is None or delivery.answered is None:
        return
    wanted = _wanted(reading, delivery)
    if any((status, target) in reading.lifecycle.pairs for target in wanted):
        return
    during = reading.after(delivery.record.row, delivery.place)
    if not any(each.ours and each.sort is WriteKind.MOVE for each in during if each.place < delivery.answered):
        for target in sorted(wanted - {status}):
            yield Met(of_pair(status, target))


def _wanted(reading: Reading, delivery: DeliveredEvent) -> set[str]:
    """The statuses that the message leads to: by its event, or asked for outright."""
    record = delivery.record
    if record.event is not None:
        return {each.target for each in reading.lifecycle.transitions if each.event == record.event}
    asked = record.fields.get("status")
    return {asked} if record.hook is None and isinstance(asked, str) and asked in reading.lifecycle.status else set()
