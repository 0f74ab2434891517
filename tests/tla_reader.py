"""As much of TLA+ as our modules use, read and acted out: a second opinion, and at once where TLC takes a second.

It takes the text apart line by line: a definition is a line that ends in
``==``, and its bullets are the indented lines under it, one each. Operators of
the language have no precedence here: an expression that mixes two kinds of them
without brackets is refused, as is every word that is not known.
"""

from __future__ import annotations

import functools
import operator
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from tests.naive_system import State

Value = Callable[[Mapping[str, int]], int]

_TOKEN = re.compile(r"\s*(?:(/\\|\\/|[()~=#<+-])|(\d+)|([A-Za-z_]\w*))")
_BULLET = re.compile(r"    (/\\|\\/) (.+)")
_BINARY: Mapping[str, Callable[[int, int], int]] = {
    "/\\": lambda left, right: int(bool(left and right)),
    "\\/": lambda left, right: int(bool(left or right)),
    "=": lambda left, right: int(left == right),
    "#": lambda left, right: int(left != right),
    "<": lambda left, right: int(left < right),
    "+": operator.add,
    "-": operator.sub,
}


@dataclass(frozen=True)
class Module:
    """A module: its name, its variables in order, and its definitions as their bullets, without their signs."""

    name: str
    variables: tuple[str, ...]
    definitions: Mapping[str, tuple[str, ...]]

    def initial(self) -> State:
        """The initial state."""
        values = {name: int(value) for name, value in (bullet.split(" = ") for bullet in self.definitions["Init"])}
        return tuple(values[name] for name in self.variables)

    def types(self) -> dict[str, int]:
        """The last value of each variable."""
        found = [re.fullmatch(r"(\w+) \\in 0\.\.(\d+)", bullet) for bullet in self.definitions["TypeOK"]]
        return {each[1]: int(each[2]) for each in found if each is not None}

    def after(self, action: str, state: State) -> State | None:
        """The state that an action leads to, or None where it is not enabled.

        Raises:
            ValueError: it does not say of each variable, once, what becomes of it.
        """
        before = dict(zip(self.variables, state, strict=True))
        new: list[tuple[str, int]] = []
        enabled = True
        for bullet in self.definitions[action]:
            if kept := re.fullmatch(r"UNCHANGED <<(.+)>>", bullet):
                new += [(name, before[name]) for name in kept[1].split(", ")]
            elif changed := re.fullmatch(r"(\w+)' = (.+)", bullet):
                new.append((changed[1], value(changed[2], before)))
            else:
                enabled = enabled and bool(value(bullet, before))
        if sorted(name for name, _ in new) != sorted(self.variables):
            raise ValueError(f"{action} does not say of each variable, once, what becomes of it")
        return tuple(dict(new)[name] for name in self.variables) if enabled else None

    def explored(self) -> dict[State, list[tuple[str, State]]]:
        """Each state that can be reached by ``Command``, with the actions enabled there and where they lead."""
        waiting = [self.initial()]
        found: dict[State, list[tuple[str, State]]] = {}
        for state in waiting:  # it grows while we walk it
            if state not in found:
                steps = ((name, self.after(name, state)) for name in self.definitions["Command"])
                found[state] = [(name, target) for name, target in steps if target is not None]
                waiting += (target for _, target in found[state])
        return found


def read_module(text: str) -> Module:
    """The module in `text`.

    Raises:
        ValueError: a line is none of those that our modules have.
    """
    lines = [re.sub(r"\s*\\\*.*", "", line) for line in text.splitlines()]
    kept = [line for line in lines if line]
    opened = re.fullmatch(r"---- MODULE (\w+) ----", kept[0])
    if opened is None or kept[1] != "EXTENDS Integers" or kept[-1] != "====":
        raise ValueError("this does not open and end as a module does")
    definitions: dict[str, list[str]] = {}
    variables = [line.removeprefix("VARIABLE ") for line in kept if line.startswith("VARIABLE ")]
    current = ""
    for line in kept[2:-1]:
        if line.startswith("VARIABLE "):
            continue
        if head := re.fullmatch(r"(\w+) ==(?: (.+))?", line):
            current = head[1]
            if current in definitions:
                raise ValueError(f"{current} is defined twice")
            definitions[current] = [head[2]] if head[2] else []
        elif bullet := _BULLET.fullmatch(line):
            definitions[current].append(bullet[2])
        elif re.fullmatch(r"    [^/\\ ].*", line) and not definitions[current]:
            definitions[current].append(line.strip())
        else:
            raise ValueError(f"no line of ours: {line!r}")
    return Module(opened[1], tuple(variables), {name: tuple(found) for name, found in definitions.items()})


def value(text: str, state: Mapping[str, int]) -> int:
    """What an expression comes to; a truth is 1 or 0.

    Raises:
        ValueError: it is no expression of ours.
    """
    return _reader(text)(state)


@functools.lru_cache(maxsize=10_000)
def _reader(text: str) -> Value:
    """What `value` says of an expression, as a function of the state: it is taken apart once, and not in each state."""
    tokens = list(_tokens(text))
    found = _chain(tokens)
    if tokens:
        raise ValueError(f"this does not end where it should: {text}")
    return found


def _tokens(text: str) -> Iterator[str]:
    place = 0
    while place < len(text.rstrip()):
        token = _TOKEN.match(text, place)
        if token is None:
            raise ValueError(f"no token of ours at {text[place:]!r}")
        place = token.end()
        yield token[0].strip()


def _chain(tokens: list[str]) -> Value:
    """Operands with one kind of operator between them."""
    operands = [_operand(tokens)]
    kinds = set()
    while tokens and tokens[0] in _BINARY:
        kinds.add(tokens.pop(0))
        operands.append(_operand(tokens))
    if len(kinds) > 1:
        raise ValueError(f"{kinds} are mixed without brackets")
    if not kinds:
        return operands[0]
    joined = _BINARY[kinds.pop()]
    return lambda state: functools.reduce(joined, [operand(state) for operand in operands])


def _operand(words: list[str]) -> Value:
    word = words.pop(0)
    match word:
        case "(":
            found = _conditional(words) if words[0] == "IF" else _chain(words)
            _expect(words, ")")
            return found
        case "~":
            negated = _operand(words)
            return lambda state: int(not negated(state))
        case "-":
            positive = _operand(words)
            return lambda state: -positive(state)
        case "TRUE" | "FALSE":
            truth = int(word == "TRUE")
            return lambda _: truth
        case _ if word.isdigit():
            number = int(word)
            return lambda _: number
        case _:
            return lambda state: _variable(word, state)


def _variable(word: str, state: Mapping[str, int]) -> int:
    if word not in state:
        raise ValueError(f"no operand of ours: {word}")
    return state[word]


def _conditional(tokens: list[str]) -> Value:
    _expect(tokens, "IF")
    condition = _chain(tokens)
    _expect(tokens, "THEN")
    then = _chain(tokens)
    _expect(tokens, "ELSE")
    otherwise = _chain(tokens)

    def chosen(state: Mapping[str, int]) -> int:
        one, other = then(state), otherwise(state)  # both: a word that is not known is refused wherever it stands
        return one if condition(state) else other

    return chosen


def _expect(tokens: list[str], wanted: str) -> None:
    if tokens.pop(0) != wanted:
        raise ValueError(f"{wanted} is missing")
