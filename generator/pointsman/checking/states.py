"""The states that were explored: a hash table while they are few, then sorted runs of words.

A hash table of many words waits for memory at every word. Sorted words are read
and written in order: the targets of a level's steps are sorted, a batch at a time,
looked up in a few sorted runs, and what is new is the next level, sorted too. Runs
of like lengths are merged. Other threads may sort: the same states get the same
indexes, since a level does not depend on how it was cut into batches.
"""

from __future__ import annotations

import bisect
import mmap
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pointsman.checking.parts import once
from pointsman.checking.seen import Indexes, Mask, Seen, Words

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

_RATIO = 4
"""Two runs are merged unless the older one has so many times the words of the newer one."""

_AHEAD = 2
"""How many batches may wait for other threads: each keeps its words in memory."""

_PIECE = 1 << 17
"""How many words a piece has, at most: as many as stay in cache."""


@dataclass(frozen=True, slots=True)
class Pace:
    """When exploring changes its ways. The set of states, and of each level, is the same for every pace.

    `hashed` is the number of states up to which a hash table has them; `batch` the
    number of targets that are sorted together; `threads` the number of threads, the
    caller's included, that work on a level of `shared` states or more.
    """

    hashed: int = 1 << 17
    batch: int = 1 << 19
    threads: int = 1
    shared: int = 1 << 17


PACE = Pace()


Run = tuple[Words, ...]
"""Sorted words, cut into pieces: a merge needs memory for one piece more at a time, and a search stays in cache."""


@dataclass(frozen=True, slots=True)
class Runs:
    """A set of words as runs without common words, from the longest to the shortest."""

    runs: tuple[Run, ...] = ()

    def __len__(self) -> int:
        return sum(len(piece) for run in self.runs for piece in run)

    def without(self, words: Words) -> Words:
        """Those of `words`, which are sorted, that are not in the set."""
        for run in reversed(self.runs):
            words = words.compress(~_in_run(words, run))
        return words

    def has(self, words: Words) -> Mask:
        """Whether each of `words`, which are sorted, is in the set."""
        found = np.zeros(len(words), dtype=np.bool_)
        for run in self.runs:
            found |= _in_run(words, run)
        return found

    def and_(self, words: Words) -> Runs:
        """The set with these words too, which are sorted and not in it."""
        return Runs((*self.runs, _cut(words))) if len(words) else self

    def whole(self) -> Words:
        """All words, sorted."""
        return _merged([piece for run in self.runs for piece in run])

    def moved(self, move: Callable[[Words], Words]) -> Runs:
        """The set of other words in the same order."""
        return Runs(tuple(tuple(move(piece) for piece in run) for run in self.runs))


def _in_run(words: Words, run: Run) -> Mask:
    found = np.zeros(len(words), dtype=np.bool_)
    ends = [*words.searchsorted(np.array([piece[0] for piece in run[1:]], dtype=np.uint64)).tolist(), len(words)]
    low = 0
    for piece, high in zip(run, ends, strict=True):
        if low < high:
            part = words[low:high]
            found[low:high] = piece.take(piece.searchsorted(part), mode="clip") == part
        low = high
    return found


def _places(words: Words, every: Words) -> NDArray[np.int64]:
    """As `every.searchsorted(words)`, with both sorted: a piece of `every` after another, which stays in cache."""
    found = np.empty(len(words), dtype=np.int64)
    low = 0
    for first, high in enumerate([*words.searchsorted(every[_PIECE::_PIECE]).tolist(), len(words)]):
        if low < high:
            found[low:high] = every[first * _PIECE : (first + 1) * _PIECE].searchsorted(words[low:high])
            found[low:high] += first * _PIECE
        low = high
    return found


def _cut(words: Words) -> Run:
    return tuple(words[low : low + _PIECE] for low in range(0, len(words), _PIECE))


def merging(runs: tuple[Run, ...]) -> Iterator[Runs]:
    """Merge the last runs until each is much longer than the next.

    Each set that is given has all words, and the merge goes on from there. Words
    that only a former one has are freed, if the caller keeps the last one alone.
    """
    kept, size = len(runs) - 1, sum(len(piece) for piece in runs[-1]) if runs else 0
    while kept > 0 and (more := sum(len(piece) for piece in runs[kept - 1])) < _RATIO * size:
        kept, size = kept - 1, size + more
    if kept >= len(runs) - 1:
        return
    longer, long = runs[:kept], deque(runs[kept])
    short = _merged([piece for run in runs[kept + 1 :] for piece in run])
    done: list[Words] = []
    del runs
    while long:
        end = int(short.searchsorted(long[1][0])) if len(long) > 1 else len(short)
        done += _cut(_merged([long[0], short[:end]]))
        long.popleft()
        short = short[end:]
        yield Runs((*longer, *(run for run in (tuple(done), tuple(long), _cut(short)) if run)))


def _merged(pieces: Sequence[Words]) -> Words:
    if len(pieces) == 1:
        return pieces[0]
    found = _array(sum(len(piece) for piece in pieces))
    if pieces:
        np.concatenate(pieces, out=found)
    found.sort(kind="stable")
    return found


def _array(size: int) -> Words:
    """An array to be filled. A large one has pages of its own, which the system gets back as soon as it is dropped."""
    if size < _PIECE:
        return np.empty(size, dtype=np.uint64)
    return np.frombuffer(mmap.mmap(-1, 8 * size), dtype=np.uint64)


@dataclass(frozen=True, slots=True)
class _Held:
    """All words that are known: replaced as a whole, so that a Ctrl-C finds the former or the new ones.

    `blocks` has them in the order of their indexes, each block a level or more;
    `runs` has the same words, sorted; `fresh` those of the level that is being made.
    """

    blocks: tuple[Words, ...] = ()
    starts: tuple[int, ...] = (0,)
    runs: Runs = field(default_factory=Runs)
    fresh: Runs = field(default_factory=Runs)

    @property
    def closed(self) -> int:
        return self.starts[-1]

    def and_(self, words: Words) -> _Held:
        """With those of these sorted words that are not in `runs` and may be fresh."""
        fresh = self.fresh.and_(self.fresh.without(words))
        for merged in merging(fresh.runs):
            fresh = merged
        return replace(self, fresh=fresh)

    def closing(self) -> _Held:
        """The fresh words are a block."""
        if not len(self.fresh):
            return self
        level = self.fresh.whole()
        return _Held((*self.blocks, level), (*self.starts, self.closed + len(level)), self.runs.and_(level))

    def flat(self) -> _Held:
        """One block has all words."""
        if len(self.blocks) == 1:
            return self
        return replace(self, blocks=(np.concatenate(self.blocks),), starts=(0, self.closed))

    @property
    def bytes(self) -> int:
        """Bytes of the blocks and, at most, of the runs: the youngest are the same arrays."""
        return 8 * (2 * self.closed + len(self.fresh))


class States:
    """Distinct words with an index for each: level after level; sorted within a level once there are many.

    Words are added to a level until it is closed. At most 2^31 words.
    """

    def __init__(self, pace: Pace = PACE) -> None:
        self._pace = pace
        self._hash: Seen | None = Seen()
        self._held = _Held()
        self._targets: list[Words] = []
        self._ahead: deque[Future[Words]] = deque()
        self._pool: ThreadPoolExecutor | None = None
        self._index: tuple[Words, Indexes] | None = None

    def __len__(self) -> int:
        """How many words there are, but for those that were added last and are not sorted yet."""
        return len(self._hash) if self._hash is not None else self._held.closed + len(self._held.fresh)

    @property
    def bytes(self) -> int:
        """The memory of the set in bytes."""
        if self._hash is not None:
            return self._hash.bytes
        waiting = sum(words.nbytes for words in self._targets) + 8 * self._pace.batch * len(self._ahead)
        index = 0 if self._index is None else self._index[1].nbytes
        return self._held.bytes + waiting + index

    # --- adding ---------------------------------------------------------------------------

    def add(self, words: Words) -> None:
        """Add `words`, which may repeat, to the present level."""
        if self._hash is not None:
            self._hash.add(words)
            return
        self._targets.append(words)
        if sum(len(each) for each in self._targets) >= self._pace.batch:
            self._sort()

    def close(self) -> None:
        """Close the level. Where there are many states, the next levels will be sorted."""
        if self._hash is not None:
            if len(self._hash) > self._pace.hashed:
                order = self._hash.order.copy()
                self._held = _Held((order,), (0, len(order)), Runs((_cut(np.sort(order)),)))
                self._hash = None
            return
        if self._targets:
            self._sort()
        self._collect(0)
        self._held = self._held.closing()
        self._index = None
        for runs in merging(self._held.runs.runs):
            self._held = replace(self._held, runs=runs)

    def drop(self) -> None:
        """Forget the level that is not closed: memory is short."""
        self._targets = []
        self._ahead.clear()
        self._held = replace(self._held, fresh=Runs())

    def rest(self) -> None:
        """End the threads."""
        if self._pool is not None:
            self._pool.shutdown()
            self._pool = None

    def _sort(self) -> None:
        """Sort the targets that wait, here or in another thread, and remove those that are known."""
        targets, self._targets = self._targets, []
        if self._shares():
            self._ahead.append(self._workers().submit(_strange, targets, self._held.runs))
            self._collect(_AHEAD * (self._pace.threads - 1))
        else:
            self._held = self._held.and_(_strange(targets, self._held.runs))

    def _workers(self) -> ThreadPoolExecutor:
        if self._pool is None:
            from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - most worlds are too small for threads

            self._pool = ThreadPoolExecutor(self._pace.threads - 1, thread_name_prefix="sorts")
        return self._pool

    def _shares(self) -> bool:
        """Whether the last level that was closed had enough states for threads."""
        if self._pace.threads == 1 or not self._held.blocks:
            return False
        return len(self._held.blocks[-1]) >= self._pace.shared

    def _collect(self, left: int) -> None:
        """Take what the other threads found, until so many batches are left."""
        while len(self._ahead) > left:
            self._held = self._held.and_(self._ahead[0].result())
            self._ahead.popleft()

    # --- looking up -------------------------------------------------------------------------

    @property
    def order(self) -> Words:
        """All words in the order of their indexes, as one array: those of a level that is not closed come after all."""
        if self._hash is not None:
            return self._hash.order
        self._held = self._held.closing().flat()
        return self._held.blocks[0]

    def between(self, start: int, stop: int) -> Words:
        """The words with the indexes from `start` to before `stop`, which are of one level."""
        if self._hash is not None:
            return self._hash.order[start:stop]
        at = bisect.bisect_right(self._held.starts, start) - 1
        first = self._held.starts[at]
        return self._held.blocks[at][start - first : stop - first]

    def pieces(self) -> Iterator[Words]:
        """All words of closed levels in the order of their indexes, some at a time."""
        blocks = (self._hash.order,) if self._hash is not None else self._held.blocks
        return (piece for block in blocks for piece in _cut(block))

    def has(self, words: Words) -> Mask:
        """Whether each word is in a level that was closed; quicker if they are sorted."""
        if self._hash is not None:
            return self._hash.has(words)
        if (words[1:] >= words[:-1]).all():
            return self._held.runs.has(words)
        order = words.argsort(kind="stable")
        found = np.empty(len(words), dtype=np.bool_)
        found[order] = self._held.runs.has(words.take(order))
        return found

    def find(self, words: Words) -> Indexes:
        """The index of each word; -1 where it is in no level that was closed."""
        if self._hash is not None:
            return self._hash.find(words)
        if self._index is None:
            self._index = self._indexed()
        every, indexes = self._index
        order = words.argsort(kind="stable")
        ascending = words.take(order)
        places = _places(ascending, every)
        found: Indexes = np.empty(len(words), dtype=np.int32)
        same = every.take(places, mode="clip") == ascending
        found[order] = np.where(same, indexes.take(places, mode="clip"), np.int32(-1))
        return found

    def _indexed(self) -> tuple[Words, Indexes]:
        """All words of closed levels, sorted, and the index of each."""
        every = self._held.runs.whole()
        self._held = replace(self._held, runs=Runs((_cut(every),)))
        indexes: Indexes = np.empty(len(every), dtype=np.int32)
        for block, start in zip(self._held.blocks, self._held.starts, strict=False):
            for low in range(0, len(block), _PIECE):
                piece = block[low : low + _PIECE]
                first = start + low
                indexes[every.searchsorted(piece)] = np.arange(first, first + len(piece), dtype=np.int32)
        return every, indexes

    # --- another layout ---------------------------------------------------------------------

    def moved(self, move: Callable[[Words], Words]) -> States:
        """The same states as other words; `move` keeps how words compare. The levels and their indexes stay."""
        self._collect(0)
        found = States(self._pace)
        found._pool = self._pool
        if self._hash is not None:
            found._hash = Seen()
            found._hash.add(move(self._hash.order))
            return found
        held = self._held
        blocks = tuple(_in_pieces(block, move) for block in held.blocks)
        found._hash = None
        found._held = _Held(blocks, held.starts, held.runs.moved(move), held.fresh.moved(move))
        found._targets = [move(words) for words in self._targets]
        return found


def _in_pieces(words: Words, move: Callable[[Words], Words]) -> Words:
    found = np.empty_like(words)
    for low in range(0, len(words), _PIECE):
        found[low : low + _PIECE] = move(words[low : low + _PIECE])
    return found


def _strange(targets: list[Words], known: Runs) -> Words:
    """Those of the words in `targets` that are not known, each once, sorted. Empties `targets`: they take memory."""
    words = np.concatenate(targets)
    targets.clear()
    words.sort(kind="stable")  # the stable way is quick where parts are in order, and in place takes no more memory
    return known.without(once(words))
