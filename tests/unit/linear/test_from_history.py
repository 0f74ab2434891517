"""What a history's deliveries and writes come to, as operations on a row's status."""

from dataclasses import replace

from pointsman.loading.load import load
from pointsman.spec.lifecycle import Lifecycle
from pointsman_conformance.core.history import (
    Answered,
    Columns,
    Crashed,
    Cut,
    Delivered,
    History,
    Record,
    Turn,
    Write,
)
from pointsman_conformance.linear import Ending, LinearAnswer, from_history, linearity
from tests.checkout import TOP

SPEC: Lifecycle = load(TOP / "spec" / "seller_transfer.yaml")


def row(status: str) -> Columns:
    return {"id": 1, "status": status}


def write(who: str, old: str | None, new: str | None, actor: str | None = None) -> Write:
    return Write(
        at=0,
        who=who,
        row="1",
        old=None if old is None else row(old),
        new=None if new is None else row(new),
        actor=actor,
    )


def asked(id_: str, who: str = "one", event: str = "refund_requested", to: str = "refund_handler") -> Delivered:
    return Delivered(at=0, who=who, id=id_, to=to, row="1", event=event, fields={"amount": 1000})


def said(answer: str, who: str = "one", to: str = "refund_handler") -> Answered:
    return Answered(at=0, who=who, to=to, row="1", answer=answer)


def history(*records: Record) -> History:
    return History((write("kit", None, "completed"), *records), subject=frozenset({"one", "two"}))


def test_an_answered_delivery_is_an_operation_and_its_write_a_version() -> None:
    told = from_history(SPEC, history(asked("e1"), write("one", "completed", "reversal_pending"), said("applied")))
    (operation,) = told["1"].operations
    assert operation.ending is Ending.OK
    assert (operation.call, operation.returned) == (1, 3)
    assert ("completed", "reversal_pending") in operation.edges
    assert ("pending", "pending") in operation.edges, "it may have been kept"
    assert [version.status for version in told["1"].versions] == ["completed", "reversal_pending"]
    assert told["1"].versions[1].writer == 0


def test_two_handlers_that_both_were_told_applied_lost_an_update() -> None:
    records = (asked("e1"), asked("e2", "two"), write("one", "completed", "reversal_pending"))
    verdict = linearity(SPEC, history(*records, said("applied"), said("applied", "two")))["1"]
    assert verdict.answer is LinearAnswer.NOT
    assert "refund_requested e2 to refund_handler" in verdict.says
    assert "lost" in verdict.says


def test_the_loser_of_a_race_is_told_no() -> None:
    records = (asked("e1"), asked("e2", "two"), write("one", "completed", "reversal_pending"))
    told = history(*records, said("applied"), said("ignored", "two"))
    assert linearity(SPEC, told)["1"].answer is LinearAnswer.LINEARIZABLE


def test_an_event_that_was_refused_where_it_had_to_apply_is_found() -> None:
    verdict = linearity(SPEC, history(asked("e1"), said("refused")))["1"]
    assert verdict.answer is LinearAnswer.NOT


def test_a_refusal_that_may_have_another_reason_than_the_status_is_unknown() -> None:
    lacks = replace(asked("e1"), fields={})
    by_admin = (asked("e1", to="admin"), said("refused", to="admin"))
    for records in ((lacks, said("refused")), by_admin):
        (operation,) = from_history(SPEC, history(*records))["1"].operations
        assert operation.ending is Ending.UNKNOWN


def test_where_the_row_keeps_the_event_already_the_answer_may_be_about_that() -> None:
    keeps = {**row("completed"), "refund_requested_at": 1.0}
    kept = Write(at=0, who="kit", row="1", old=row("completed"), new=keeps)
    for answer in ("applied", "ignored", "refused"):
        early = history(kept, asked("e2"), said(answer))
        assert linearity(SPEC, early)["1"].answer is LinearAnswer.LINEARIZABLE, answer
        late = history(asked("e2"), said(answer), kept)
        assert linearity(SPEC, late)["1"].answer is LinearAnswer.NOT, answer


def test_the_answer_to_a_duplicate_says_nothing() -> None:
    told = history(
        asked("e1"), write("one", "completed", "reversal_pending"), said("applied"), asked("e1"), said("applied")
    )
    assert linearity(SPEC, told)["1"].answer is LinearAnswer.LINEARIZABLE


def test_without_an_answer_or_after_a_lost_connection_the_outcome_is_unknown() -> None:
    crashed = from_history(SPEC, history(asked("e1"), Crashed(at=0, who="one"), said("applied")))
    cut = from_history(SPEC, history(asked("e1"), Cut(at=0, who="one"), said("ignored")))
    odd = from_history(SPEC, history(asked("e1"), said("errored")))
    assert [told["1"].operations[0].ending for told in (crashed, cut, odd)] == [Ending.UNKNOWN] * 3


def test_a_write_of_a_turn_is_an_operation_of_its_own_from_the_turn_to_its_answer() -> None:
    turn = (Turn(at=0, who="one", actor="reversal_worker"), write("one", "reversal_pending", "reversed"))
    done = Answered(at=0, who="one", to="reversal_worker", answer="applied")
    told = from_history(SPEC, history(write("kit", "completed", "reversal_pending"), *turn, done))
    kits, workers = told["1"].operations
    assert (kits.call, kits.returned) == (1, 1)
    assert (workers.call, workers.returned, workers.edges) == (2, 4, (("reversal_pending", "reversed"),))
    assert [version.writer for version in told["1"].versions] == [None, 0, 1]


def test_two_deliveries_that_may_have_made_one_write_are_decided_without_the_versions() -> None:
    records = (asked("e1"), asked("e2", to="webhook"))
    answers = (said("applied"), said("ignored", to="webhook"))
    told = history(*records, write("one", "completed", "reversal_pending"), *answers)
    assert from_history(SPEC, told)["1"].versions[1].unsure
    assert linearity(SPEC, told)["1"].answer is LinearAnswer.LINEARIZABLE
    both = history(
        *records, write("one", "completed", "reversal_pending"), said("applied"), said("applied", to="webhook")
    )
    assert linearity(SPEC, both)["1"].answer is LinearAnswer.NOT


def test_an_admin_may_do_another_thing_than_what_was_asked_for() -> None:
    told = history(
        write("kit", "completed", "failed"),
        asked("e1", event="given_up", to="admin"),
        write("one", "failed", "completed"),
        said("applied", to="admin"),
    )
    assert linearity(SPEC, told)["1"].answer is LinearAnswer.LINEARIZABLE


def test_a_webhook_is_thanked_whatever_it_came_to() -> None:
    thanked = replace(asked("evt_1", to="webhook"), event=None, hook="transfer.reversed")
    told = history(thanked, said("applied", to="webhook"))
    assert from_history(SPEC, told)["1"].operations[0].ending is Ending.UNKNOWN
    assert linearity(SPEC, told)["1"].answer is LinearAnswer.LINEARIZABLE


def test_a_row_that_comes_and_goes_and_an_undeclared_status_are_versions_too() -> None:
    told = from_history(SPEC, history(write("kit", "completed", "in_limbo"), write("kit", "in_limbo", None)))
    assert [version.status for version in told["1"].versions] == ["completed", "in_limbo", "(no row)"]


def test_without_a_table_there_is_nothing_to_say() -> None:
    bare = Lifecycle("bare", SPEC.statuses, SPEC.transitions)
    assert from_history(bare, history()) == {}
