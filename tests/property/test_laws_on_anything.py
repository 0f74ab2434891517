"""Whatever an implementation does to its rows and to the provider: laws answer, they never fall over."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pointsman.loading.load import load
from pointsman.spec.lifecycle import Lifecycle
from pointsman_conformance.core.history import (
    KIT,
    Answered,
    Columns,
    Crashed,
    Cut,
    Delivered,
    Effect,
    History,
    Mark,
    Paused,
    Record,
    Request,
    Response,
    Resumed,
    Started,
    Turn,
    Value,
    Write,
)
from pointsman_conformance.laws import judge
from tests.checkout import TOP

SPECS = sorted((TOP / "spec").glob("*.yaml"))

ROWS = ("1", "2")
VALUES: st.SearchStrategy[Value] = st.one_of(
    st.none(), st.integers(-1, 3), st.floats(0, 2000), st.sampled_from(["1", "tr_1", ""]), st.booleans()
)
BODIES = st.sampled_from(
    [
        "",
        "{",
        {},
        {"id": "tr_1"},
        {"data": []},
        {"data": [{"id": "tr_1", "metadata": {"row": "1"}}, None, 3]},
        {"error": {"code": "balance_insufficient", "message": 7}},
        {"error": "no"},
    ]
)


def versions(lifecycle: Lifecycle) -> st.SearchStrategy[Columns]:
    table = lifecycle.table
    assert table is not None
    stored = st.sampled_from([*(status.value for status in lifecycle.statuses), "in_limbo", None, 5])
    columns = {column.name: VALUES for column in table.columns}
    return st.fixed_dictionaries({table.status_column: stored}, optional=columns)


def records(lifecycle: Lifecycle) -> st.SearchStrategy[Record]:
    at, who, row = st.floats(0, 200_000), st.sampled_from(["w1", "w2", KIT]), st.sampled_from(ROWS)
    actor = st.sampled_from([*lifecycle.actor, "nobody"])
    event = st.sampled_from([None, "nothing", *(transition.event for transition in lifecycle.transitions)])
    version = st.one_of(st.none(), versions(lifecycle))
    request = st.sampled_from(["rq_1", "rq_2", "rq_3"])
    common = {"at": at, "who": who}
    paths = [call.request.text.split(" ")[1].split("?")[0] for call in lifecycle.calls]
    filled = [path.replace("{stripe_transfer_id}", "tr_1").replace("{id}", "1") for path in paths]
    return st.one_of(
        st.builds(Write, **common, row=row, old=version, new=version, actor=st.one_of(st.none(), actor)),
        st.builds(
            Request,
            **common,
            id=request,
            method=st.sampled_from(["POST", "GET", "PUT", "DELETE"]),
            path=st.sampled_from([*filled, "/", "/v1/transfers/tr_1"]),
            params=st.dictionaries(
                st.sampled_from(["amount", "metadata[row]", "transfer_group"]), st.sampled_from(ROWS)
            ),
            key=st.sampled_from([None, "transfer-1-0", "k"]),
        ),
        st.builds(
            Response,
            **common,
            request=request,
            status=st.sampled_from([None, 200, 400, 404, 409, 429, 500]),
            silence=st.sampled_from([None, "timeout"]),
            body=BODIES,
            heard=st.booleans(),
        ),
        st.builds(Effect, **common, receipt=st.sampled_from(["tr_1", "x"]), row=st.one_of(st.none(), row)),
        st.builds(Delivered, **common, id=st.just("e1"), to=actor, row=row, event=event),
        st.builds(
            Answered, **common, to=actor, answer=st.sampled_from(["applied", "ignored"]), row=st.one_of(st.none(), row)
        ),
        st.builds(Started, **common, actor=st.one_of(st.none(), actor)),
        st.builds(Turn, **common, actor=actor),
        st.builds(Mark, **common, name=st.sampled_from(["healthy", "end"])),
        *(st.builds(kind, **common) for kind in (Crashed, Paused, Resumed, Cut)),
    )


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_laws_judge_any_history(path: Path) -> None:
    lifecycle = load(path)
    roles = st.sets(st.sampled_from([*lifecycle.actor])).map(frozenset)

    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(records(lifecycle), max_size=25), roles)
    def judges(told: list[Record], played: frozenset[str]) -> None:
        history = History(tuple(told), played, frozenset({"w1", "w2"}))
        for verdict in judge(lifecycle, history):
            for breach in verdict.breaches:
                assert breach.says
                assert all(0 <= place < len(told) for place in breach.records)
                assert list(breach.records) == sorted(breach.records)
                assert lifecycle.place(*breach.element.path).line >= 1

    judges()
