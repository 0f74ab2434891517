"""The set of explored states is the same as a plain dictionary's, however its words are cut, sorted and merged."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from itertools import pairwise
from random import Random
from types import FrameType
from typing import Any

import numpy as np
import pytest

from pointsman.checking import states
from pointsman.checking.seen import Words
from pointsman.checking.states import Pace, Runs, States, merging

PACES = {
    "hashed": Pace(),
    "sorted": Pace(hashed=0),
    "sorted from 30 states on": Pace(hashed=30),
    "a target at a time": Pace(hashed=0, batch=1),
    "small batches": Pace(hashed=0, batch=7),
    "two threads": Pace(hashed=0, batch=5, threads=2, shared=0),
    "four threads": Pace(hashed=0, batch=3, threads=4, shared=4),
}
every_pace = pytest.mark.parametrize("pace", PACES.values(), ids=PACES)


@pytest.fixture(autouse=True, params=[3, 1 << 17], ids=["pieces of 3 words", "large pieces"])
def _piece(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(states, "_PIECE", request.param)


def levels(seed: int) -> Iterator[list[Words]]:
    """For each of some levels, the targets that are added one after another: many more than once, many known."""
    random = Random(seed)  # noqa: S311 - a test that can be repeated, not a secret
    for _ in range(random.randint(3, 15)):
        yield [
            np.array([random.randrange(400) << 40 for _ in range(random.randint(0, 40))], dtype=np.uint64)
            for _ in range(random.randint(1, 5))
        ]


def filled(pace: Pace, seed: int) -> tuple[States, list[set[int]]]:
    """The set, and the words of each level in which there are new ones, as plain sets keep them."""
    made, known, kept = States(pace), set[int](), list[set[int]]()
    for batches in levels(seed):
        for words in batches:
            made.add(words.copy())
        made.close()
        fresh = {int(word) for words in batches for word in words} - known
        known |= fresh
        kept += [fresh] if fresh else []
        assert len(made) == len(known)
    made.rest()
    return made, kept


@every_pace
@pytest.mark.parametrize("seed", range(6))
def test_each_level_has_the_words_that_are_new_in_it_and_an_index_finds_each(pace: Pace, seed: int) -> None:
    made, kept = filled(pace, seed)
    bounds = np.cumsum([0, *map(len, kept)]).tolist()
    for (low, high), level in zip(pairwise(bounds), kept, strict=True):
        assert set(made.between(low, high).tolist()) == level
        assert made.between(high - 1, high).tolist() == made.between(low, high).tolist()[-1:]
    assert np.concatenate(list(made.pieces())).tolist() == made.order.tolist()
    assert made.find(made.order).tolist() == list(range(len(made)))


@every_pace
@pytest.mark.parametrize("seed", range(6))
def test_words_are_found_in_any_order_and_strange_ones_are_not(pace: Pace, seed: int) -> None:
    made, kept = filled(pace, seed)
    index = {int(word): at for at, word in enumerate(made.order)}
    random = Random(seed)  # noqa: S311 - a test that can be repeated, not a secret
    asked = [random.randrange(450) << 40 for _ in range(200)]
    for words in (asked, sorted(asked), []):
        array = np.array(words, dtype=np.uint64)
        assert made.find(array).tolist() == [index.get(word, -1) for word in words]
        assert made.has(array).tolist() == [word in index for word in words]
    assert set().union(*kept) == index.keys()


@pytest.mark.parametrize("seed", range(6))
def test_threads_and_batches_change_no_index(seed: int) -> None:
    """Where words are sorted from the first level on, all paces give the same bytes."""
    several = [filled(pace, seed)[0].order.tobytes() for pace in PACES.values() if pace.hashed == 0]
    assert len(several) == 5
    assert len(set(several)) == 1


@every_pace
@pytest.mark.parametrize("seed", range(6))
def test_words_that_move_in_order_keep_their_indexes_amid_a_level_too(pace: Pace, seed: int) -> None:
    def wider(words: Words) -> Words:
        return (words << np.uint64(3)) | np.uint64(5)

    straight, _ = filled(pace, seed)
    moved = States(pace)
    for number, batches in enumerate(levels(seed)):
        for at, words in enumerate(batches):
            moved.add(wider(words) if number > 1 or (number, at) > (1, 0) else words.copy())
            if (number, at) == (1, 0):
                moved = moved.moved(wider)
        moved.close()
    moved.rest()
    assert moved.order.tolist() == wider(straight.order).tolist()
    assert moved.find(moved.order).tolist() == list(range(len(moved)))


def test_runs_are_merged_until_each_is_much_longer_than_the_next() -> None:
    runs = Runs()
    for number in range(30):
        runs = runs.and_(np.arange(number, 600, 30, dtype=np.uint64))
        for merged in merging(runs.runs):
            assert len(merged) == len(runs), "no word is missing while a merge goes on"
            assert sorted(int(word) for run in merged.runs for piece in run for word in piece) == runs.whole().tolist()
            runs = merged
        lengths = [sum(map(len, run)) for run in runs.runs]
        assert all(longer >= 4 * shorter for longer, shorter in pairwise(lengths))
    assert runs.whole().tolist() == list(range(600))


def test_memory_that_is_short_loses_the_open_level_alone() -> None:
    made, kept = filled(Pace(hashed=0, batch=1), 3)
    before = made.order.tolist()
    made.add(np.array([7, 8], dtype=np.uint64))
    assert len(made) == len(before) + 2
    made.drop()
    made.close()
    assert made.order.tolist() == before
    assert len(before) == len(set().union(*kept))


# --- Ctrl-C ---------------------------------------------------------------------------


def interrupted_at(line: int, act: Callable[[], object]) -> bool:
    """Run `act` with a Ctrl-C before the line of that number that runs in the module; whether there were so many."""
    left = line

    def trace(frame: FrameType, event: str, _: object) -> Any:
        nonlocal left
        if frame.f_code.co_filename != states.__file__:
            return None
        if event == "line":
            left -= 1
            if left == 0:
                sys.settrace(None)
                raise KeyboardInterrupt
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        act()
    except KeyboardInterrupt:
        return True
    finally:
        sys.settrace(before)
    return False


@pytest.mark.parametrize("pace", [Pace(hashed=0, batch=7), Pace(hashed=0, batch=5, threads=2, shared=0)])
def test_a_ctrl_c_at_any_line_loses_no_level_that_was_closed_and_makes_no_word_twice(pace: Pace) -> None:
    everything = set().union(*filled(pace, 5)[1])
    lines = 0
    while True:
        made, closed = States(pace), set[int]()

        def fill(made: States = made, closed: set[int] = closed) -> None:
            for batches in levels(5):
                for words in batches:
                    made.add(words.copy())
                made.close()
                closed |= {int(word) for words in batches for word in words}

        lines += 1 if lines < 60 else 97
        if not interrupted_at(lines, fill):
            break
        made.close()
        made.rest()
        words = made.order.tolist()
        assert len(words) == len(set(words)) == len(made)
        assert closed <= set(words) <= everything
        assert made.find(made.order).tolist() == list(range(len(words)))
    assert lines > 1000, "hardly a line was interrupted"
