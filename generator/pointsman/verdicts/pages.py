"""The pages about properties, laws and premises that `explain` prints, and the advice of findings."""

from __future__ import annotations

from collections.abc import Mapping

from pointsman.spec.laws import LAWS, LINEARIZABLE, Law
from pointsman.spec.premises import PREMISES, Premise
from pointsman.world.truths import (
    AMOUNTS,
    BOUNDED,
    BUILT_IN,
    CAUSE,
    DECLARED,
    FIRES,
    NOT_LOST,
    ONCE,
    RECEIPTS,
    RESOLVED,
    SETTLED,
    STUCK,
    TRUTH,
    BuiltIn,
)

OWN = "own-property"
"""The code of a finding about a property that the spec itself states."""

MEANING: Mapping[str, str] = {
    ONCE.id: """\
However often a request is sent, by whichever worker, under whichever key: the provider's ledger holds at most one
effect of it for each row. An effect that a person makes by hand at the provider's dashboard is not counted.""",
    AMOUNTS.id: """\
Where a call can be made in parts, the parts together are never more than what was asked for.""",
    TRUTH.id: """\
A status with `means: {call: done}` is held only while the call is done, and one with `not_done` only while it is not.
A transition with `needs: {call: not_done}` is taken only where the call does not take effect afterwards either.""",
    SETTLED.id: """\
While a request may still have an effect, or has had one that the row never heard of, no actor moves the row to where
nothing finds out: a status from which some way leads to an end without a status of the call's queues, one that means
the call's effect done or not done, or a transition that needs to know of the effect. A row hears of an effect by a
worker's record, by a webhook of the call, by an event that carries the receipt, or by such a status or transition.
A transition that says `leaves_open: [call]` may leave the outcome behind; `check` prints it.""",
    RECEIPTS.id: """\
In no state is a row in a status while a column that the status `requires` is null.""",
    NOT_LOST.id: """\
An event with `keep_in` that came too early stays in that column until it is applied, or until the row is in a status
where the event can no longer matter.""",
    STUCK.id: """\
In a state from which no step leads on, every row is in a status where it may stay, and no kept event could apply.""",
    RESOLVED.id: """\
From every state, once faults end, a row in a transient status moves on, and a kept event that could apply is applied.
It is judged under the premises of fairness: what could happen for ever does happen.""",
    CAUSE.id: """\
A row is given up only after a definite refusal, or with every attempt made in its time, or by an admin.""",
    BOUNDED.id: """\
No leg counts more attempts than the limit of its queue, as far as the attempts explored reach.""",
    DECLARED.id: """\
A status changes only along a transition that the spec declares.""",
    FIRES.id: """\
Every transition of the spec happens in some run. A transition that never happens is dead, or the spec lacks something
that the transition needs.""",
}
"""The full text of each built-in property, by its id."""

ADVICE: Mapping[str, str] = {
    ONCE.id: "Look at the step before the second effect: what did its worker send, and what did it know of the first?",
    AMOUNTS.id: "Look at which amounts were sent under which key.",
    TRUTH.id: "Look at the step that set the status or denied the call, and at what the provider's ledger showed then.",
    SETTLED.id: "Look at who moved the row out of the call's statuses: the outcome must be known, or found out later.",
    RECEIPTS.id: "Look at the write that set the status or took the column away: both belong into one write.",
    NOT_LOST.id: "Give the event an answer that keeps it (`otherwise`, `keep_in`) in the status in which it came.",
    STUCK.id: "Look at the last status and at its due column: nothing that the spec declares can move the row on.",
    RESOLVED.id: "Look at the last status: no queue polls it, its rows never become due, or nothing moves them on.",
    CAUSE.id: "Look at the step that gave up, and at how many attempts were made and what was known by then.",
    BOUNDED.id: "Look at which attempts were not counted, or counted and given back.",
    DECLARED.id: "Look at who wrote the last status, and what that writer had read.",
    FIRES.id: "Remove the transition, or add what it waits for: an event, an actor, a status that leads there.",
    OWN: "Look at the last step: the spec allows what it should not, or the property says more than is meant.",
}
"""The advice of a finding, by its code: where to look first."""


def pages() -> Mapping[str, tuple[str, str]]:
    """Return, by id, a summary and a page for each property, law, wrong implementation, premise and `linearizable`."""
    found = {prop.id: (prop.sentence, _of_property(prop)) for prop in BUILT_IN}
    found[OWN] = ("a property that the spec states does not hold", _of_own())
    for law in LAWS:
        page = (f"an implementation {law.sentence}", _of_law(law))
        found[law.id] = page
        found.update(dict.fromkeys(law.wrong, page))
    told = (f"an implementation {LINEARIZABLE.sentence}", _of_linearizable())
    found.update(dict.fromkeys((LINEARIZABLE.id, *LINEARIZABLE.wrong), told))
    found.update({premise.id: (premise.sentence, _of_premise(premise)) for premise in PREMISES})
    return found


def _of_property(prop: BuiltIn) -> str:
    return f"""\
# {prop.id}

A property that every lifecycle has: {prop.sentence}.

{MEANING[prop.id]}

Where it falls: {ADVICE[prop.id]}

`pointsman check SPEC` proves it within a scope and under the premises that it names, or shows the
shortest run that breaks it.
"""


def _of_own() -> str:
    return f"""\
# {OWN}

A property that the spec states under `properties:` does not hold.

Where it falls: {ADVICE[OWN]}

`pointsman check SPEC` shows the shortest run that breaks it. `docs/spec-language.md` says how properties are written.
"""


def _of_law(law: Law) -> str:
    wrong = "\n".join(f"- `{name}`" for name in law.wrong)
    return f"""\
# {law.id}

A law: an implementation {law.sentence}.

It binds actors of the kinds {", ".join(law.kinds)}. `pointsman check` takes it for granted. Its wrong implementations:

{wrong}

`pointsman check SPEC --without {law.id}` lets all of them happen, and `--without {law.wrong[0]}` that one:
what falls then is the harm that the law keeps away.
"""


def _of_linearizable() -> str:
    wrong = "\n".join(f"- `{name}`" for name in LINEARIZABLE.wrong)
    return f"""\
# {LINEARIZABLE.id}

A verdict beside the laws: an implementation {LINEARIZABLE.sentence}.

It binds actors of the kinds {", ".join(LINEARIZABLE.kinds)}, which answer events. `pointsman conform` looks at each row
by itself. The versions of the row are in the order of their commits, and each delivery of an event has a beginning and
an end. There must be one order of versions and deliveries in which a delivery that ended before another began comes
before it, and which explains every answer: *applied* moved the row along a transition of the event (or kept the event,
where the spec keeps it), and *refused* or *ignored* met a row in a status that the event does not leave. An answer that
never came, or that may mean several things, has no place in the order.

An implementation breaks it in two ways: it answers *applied*, and no version of the row shows the event; or it refuses
an event, and all the while the row was in a status where the event had to be applied. Wrong implementations:

{wrong}

Look at the answer that is named, and at the versions of the row from its delivery on. The usual cause is an answer that
does not depend on how many rows the conditional write changed, or that depends on a status that was read before another
write.

It is no law that `pointsman check` assumes, so nothing falls without it. It does not apply where workers alone are
played: a worker answers no events.
"""


def _of_premise(premise: Premise) -> str:
    sort = "A premise of fairness" if premise.fairness else "A premise"
    only = "\nOnly `every-row-is-resolved` and properties with `leads_to` rest on it." if premise.fairness else ""
    return f"""\
# {premise.id}

{sort}: {premise.sentence}.

It is no implementation's to keep; `pointsman check` takes it for granted.{only}

{_dropped(premise) if premise.droppable else _always(premise)}
"""


def _dropped(premise: Premise) -> str:
    return f"""\
`pointsman check SPEC --without {premise.id}` does not assume it: {premise.without}. What falls then rests on it."""


def _always(premise: Premise) -> str:
    return f"""\
No world of `pointsman check SPEC` can do without it: {premise.without}."""
