"""Random stories: any words in every place that holds words, states that follow each other, loops that close."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import strategies as st

from pointsman.world.story import Shown, Story, TraceStep
from pointsman.world.system import Side

WORDS = (
    st.sampled_from(["", "end", "pending", "provider", "the row", "]]></desc>", "a;b#c\nloop", "0", "1", "00"])
    | st.text(st.characters(exclude_categories=()), max_size=12)
    | st.text("<>&\"'#;:\n\r% {}[]-", max_size=12)
)
_NAMES = st.sampled_from(["actor", "action_taken", "__x", "_status", "r1_status", "status", "tag", "value", "a", "b"])


@st.composite
def variables(draw: st.DrawFn) -> Shown:
    """A variable with one to four values."""
    name = draw(_NAMES)
    part = draw(st.sampled_from(["row 1", "row 2", "world"]) | WORDS)
    label = draw(st.just("status") | WORDS)
    return Shown(name, label, part, draw(st.sampled_from(Side)), tuple(draw(st.lists(WORDS, min_size=1, max_size=4))))


@st.composite
def stories(draw: st.DrawFn) -> Story:
    """A story of up to five steps; where it loops, it does come back to where it says."""
    shown = draw(st.lists(variables(), max_size=5, unique_by=lambda variable: variable.name).map(tuple))
    worlds = st.fixed_dictionaries({v.name: st.integers(0, len(v.values) - 1) for v in shown})
    states = draw(st.lists(worlds, min_size=1, max_size=6))
    loop = draw(st.none() | st.integers(0, len(states) - 1))
    if loop is not None:
        states[-1] = states[loop]
    return Story(
        lifecycle=draw(WORDS),
        digest=draw(WORDS),
        prop=draw(WORDS),
        says=draw(WORDS),
        scope=draw(st.dictionaries(WORDS, WORDS, max_size=2)),
        without=tuple(draw(st.lists(WORDS, max_size=2))),
        variables=shown,
        start=states[0],
        deeds=tuple(draw(_deeds(before, after)) for before, after in pairwise(states)),
        loop=loop,
    )


@st.composite
def _deeds(draw: st.DrawFn, before: dict[str, int], after: dict[str, int]) -> TraceStep:
    changed = tuple(name for name in after if after[name] != before[name])
    marks = st.none() | WORDS
    return TraceStep(draw(WORDS), draw(WORDS), draw(WORDS), after, changed, draw(marks), draw(marks))
