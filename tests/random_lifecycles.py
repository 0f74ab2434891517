"""Small random lifecycles by number, right and wrong ones, as the text of a spec.

Each is valid for the loader, and many are bad: a fence, a lease, a way to settle,
a column that a status should put in or require is left out; outcomes come in the
wrong order or are not stored; a worker gives up on silence. They are made so that
`tests/naive_world.py` knows every feature that they use.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import TypeVar

from pointsman.loading.load import load_text
from pointsman.spec.errors import SpecError
from pointsman.spec.lifecycle import Lifecycle
from pointsman.spec.premises import DROPPABLE

T = TypeVar("T")
Tree = dict[str, object]

FAMILIES = (
    "bare", "outside", "callless", "one_call", "two_calls", "races", "mixed", "shortcuts", "alike", "whens", "replies",
    "amounts", "locks", "premises",
)  # fmt: skip
"""Statuses and moves; events from outside; a queue without a call; one with a call; two; one with less discipline;
a queue of each kind; workers' ways that others cut short; two calls that are hard to tell apart; conditions without a
call; conditions beside one; a call of an amount that an event asks for; claims that are row locks; worlds that do
without a premise."""

_OUTCOMES: tuple[tuple[str, list[object]], ...] = (
    ("accepted", [{"http": 200}]),
    ("already_done", [{"http": 400, "message": "*already*"}]),
    ("refused_for_now", [{"http": 400, "code": "balance_insufficient"}]),
    ("misused", [{"type": "idempotency_error"}]),
    ("not_tried", [{"http": [401, 403, 409, 429]}]),
    ("refused", [{"http": [400, 402, 404]}]),
    ("unknown", [{"http": "5xx"}]),
    ("unknown", ["timeout", "connection", "unmatched"]),
)


@dataclass(frozen=True)
class Numbered:
    """A lifecycle, the text that it was read from, and how to name it."""

    family: str
    seed: int
    text: str
    lifecycle: Lifecycle
    without: str | None = None
    """The premise that its world does without."""


def numbered(family: str, seed: int) -> Numbered:
    """The lifecycle of this number, the same on every machine."""
    random = Random(f"{family} {seed}")  # noqa: S311 - a test that can be repeated, not a secret
    premise = DROPPABLE[seed % len(DROPPABLE)].id if family == "premises" else None
    while True:
        text = _Drawing(random, premise=premise).text(family)
        try:
            return Numbered(family, seed, text, load_text(text, f"{family}_{seed}.yaml"), premise)
        except SpecError:
            continue  # it drew something that no spec may say: the next one


@dataclass
class _Drawing:
    """Draws one spec."""

    random: Random
    racing: bool = False
    asking: bool = False
    """An event asks for the amount of the first call."""
    locking: bool = False
    premise: str | None = None

    def text(self, family: str) -> str:
        """The spec, a line for each part."""
        kinds: dict[str, Callable[[], Tree]] = {
            "bare": self._bare,
            "outside": self._outside,
            "one_call": lambda: self._calling(1),
            "two_calls": lambda: self._calling(2),
            "races": lambda: _Drawing(self.random, racing=True)._calling(1),
            "callless": self._callless,
            "mixed": self._mixed,
            "alike": self._alike,
            "shortcuts": self._shortcuts,
            "whens": self._whens,
            "replies": self._replies,
            "amounts": lambda: _Drawing(self.random, racing=True, asking=True)._calling(1),
            "locks": self._locks,
            "premises": self._premises,
        }
        tree = kinds[family]()
        return "pointsman: 1\nlifecycle: random\n" + "".join(
            f"{key}: {_yaml(value)}\n" for key, value in tree.items() if value or key == "transitions"
        )

    # --- chance ------------------------------------------------------------------

    def likely(self, chance: float) -> bool:
        return self.random.random() < chance

    def one(self, *choices: T) -> T:
        return self.random.choice(choices)

    def some_of(self, choices: Sequence[T], chance: float) -> list[T]:
        return [choice for choice in choices if self.likely(chance)]

    # --- without calls --------------------------------------------------------------

    def _bare(self) -> Tree:
        statuses, moves = self._graph(self.random.randint(1, 6))
        return {"statuses": statuses, "transitions": moves}

    def _graph(self, size: int) -> tuple[dict[str, Tree], list[Tree]]:
        names = [f"s{number}" for number in range(size)]
        pairs = [(a, b) for a in names for b in names if a != b or self.likely(0.1)]
        chosen = self.random.sample(pairs, min(len(pairs), self.random.randint(0, 2 * size)))
        moves: list[Tree] = [{"from": a, "to": b, "event": self.one("go", "stop")} for a, b in chosen]
        return {name: self._kind(name, moves, name == "s0") for name in names}, moves

    def _kind(self, name: str, moves: Sequence[Tree], initial: bool) -> Tree:
        found: Tree = {"initial": True} if initial or self.likely(0.1) else {}
        if all(move["from"] != name for move in moves):
            return found | {"terminal": True}
        return found | ({"resting": True} if self.likely(0.3) else {})

    def _outside(self) -> Tree:
        """Handlers, webhooks and admins, and events that are kept or not."""
        statuses, moves = self._graph(self.random.randint(2, 5))
        actors = {"screen": "handler", "hook": "webhook", "boss": "admin"}
        for move in moves:
            move["by"] = self.some_of(list(actors), 0.4) or ["screen"]
        tree: Tree = {"statuses": statuses, "transitions": moves, "actors": actors}
        if any(move["event"] == "go" for move in moves):
            self._event(tree, "go")
        return tree

    def _event(self, tree: Tree, name: str) -> None:
        """Make an event come from outside, with an answer in every status where nothing takes it."""
        statuses, moves = tree["statuses"], tree["transitions"]
        assert isinstance(statuses, dict)
        assert isinstance(moves, list)
        taken = {move["from"] for move in moves if move["event"] == name}
        answers = {s: self.one("keep", "ignore", "refuse") for s in statuses if s not in taken}
        event: Tree = {"delivery": self.one("at_least_once", "at_least_once", "at_most_once", "exactly_once")}
        if answers:
            event["otherwise"] = answers
        if "keep" in answers.values():
            event["keep_in"] = "kept_at"
            for move in moves:
                if move["event"] == name and self.likely(0.8):
                    statuses[move["to"]].setdefault("on_entry", {})["kept_at"] = None
        tree["events"] = {name: event}
        tree.setdefault("table", _table([]))
        tree["same_status"] = {"allow": [*_BUMPS]} if "queues" in tree else {"allow": ["kept_at"]}

    def _callless(self) -> Tree:
        """A queue without a call, beside handlers."""
        tree = self._outside()
        statuses, moves = tree["statuses"], tree["transitions"]
        assert isinstance(statuses, dict)
        assert isinstance(moves, list)
        assert isinstance(tree["actors"], dict)
        tree["actors"]["clerk"] = "worker"
        held = self.some_of([s for s in statuses if not statuses[s].get("terminal")], 0.6)
        for move in moves:
            if move["from"] in held and self.likely(0.6):
                move["by"] = [*move["by"], "clerk"]
        if held:
            queue: Tree = {"statuses": held, "worker": "clerk"}
            if self.likely(0.7):
                queue["due"] = "due_at"
            tree["queues"] = {"desk": queue}
            tree["table"] = _table([])
            self._due_columns(statuses, held)
            if "events" in tree:
                tree["same_status"] = {"allow": list(_BUMPS)}
        return tree

    def _due_columns(self, statuses: dict[str, Tree], held: Sequence[str]) -> None:
        for name in held:
            if self.likely(0.7):
                statuses[name].setdefault("on_entry", {})["due_at"] = "now"  # type: ignore[index]  # a mapping, see above
            if self.likely(0.5):
                statuses[name]["requires"] = ["due_at"]
        for name, status in statuses.items():
            if name not in held and self.likely(0.1):
                status.setdefault("on_entry", {})["due_at"] = None  # type: ignore[index]  # a mapping, see above

    # --- with calls -------------------------------------------------------------------

    def _calling(self, queues: int) -> Tree:
        calls = self.one(1, 2) if queues == 2 else 1
        statuses: dict[str, Tree] = {}
        moves: list[Tree] = []
        held = [f"todo{n}" for n in range(queues)] + (["retry0"] if self.likely(0.2) else [])
        ends = ["done", "failed", *(["parked"] if self.likely(0.4) else [])]
        for name in (*held, *ends):
            statuses[name] = {}
        tree: Tree = {
            "table": _table(["receipt0", "receipt1"]),
            "actors": {f"worker{n}": "worker" for n in range(queues)}
            | {"screen": "handler", "hook": "webhook", "boss": "admin"},
            "statuses": statuses,
            "transitions": moves,
            "claims": self._claims(),
            "settle": self._settle(),
            "calls": {f"call{n}": self._call(n) for n in range(calls)},
        }
        tree["queues"] = {f"queue{n}": self._queue(n, min(n, calls - 1)) for n in range(queues)}
        for n in range(queues):
            self._leg(moves, n, min(n, calls - 1), held, ends)
        if "retry0" in held:
            self._second_status(tree, moves)
        if self.asking:
            self._asks(statuses, moves)
        self._strays(moves, [name for name in statuses if name != "open"], ends)
        self._mean(statuses, moves, held, calls)
        self._webhooks(tree, moves)
        if any(move["event"] == "asked" for move in moves):
            self._event(tree, "asked")
        tree["same_status"] = {"allow": list(_BUMPS)}
        if self.asking:
            self._of_amounts(tree)
        tree["properties"] = {f"own{n}": self._property(tree) for n in range(self.one(0, 1, 2))}
        return tree

    def _asks(self, statuses: dict[str, Tree], moves: list[Tree]) -> None:
        """An event that asks for the first call: at first and, in some specs, again."""
        statuses["open"] = {"initial": True}
        ways = [("open", "todo0"), *self.some_of([("done", "todo0"), ("todo0", "todo0"), ("failed", "todo0")], 0.25)]
        for source, target in ways:
            by = self.some_of(["screen", "boss", "hook"], 0.4) or ["screen"]
            moves.append({"from": source, "to": target, "event": "asked", "by": by})

    def _of_amounts(self, tree: Tree) -> None:
        """The amount that the event carries and the first call moves, and what else writes or reads it."""
        table, statuses, moves = tree["table"], tree["statuses"], tree["transitions"]
        events, calls, allowed = tree["events"], tree["calls"], tree["same_status"]
        assert isinstance(table, dict)
        assert isinstance(statuses, dict)
        assert isinstance(moves, list)
        assert isinstance(events, dict)
        assert isinstance(calls, dict)
        assert isinstance(allowed, dict)
        events["asked"]["carries"] = {"cents0": "amount"}
        if self.likely(0.2):
            events["asked"]["while_kept"] = "same"
        calls["call0"] |= {"amount": {"column": "cents0"}, "repeat": self.one(*["already_done"] * 5, "new_effect")}
        table["columns"]["cents0"] = {"type": "bigint", "nullable": True} if self.likely(0.8) else {"type": "bigint"}
        if self.likely(0.1):
            table["columns"]["cents0"]["default"] = 100
        if self.likely(0.8):
            statuses["todo0"].pop("initial", None)
        for name in self.some_of(["todo0", "todo0", "done"], 0.3):
            statuses[name].setdefault("requires", []).append("cents0")
        for name in self.some_of(["open", "done", "failed"], 0.15):
            if table["columns"]["cents0"].get("nullable") and "cents0" not in statuses[name].get("requires", ()):
                statuses[name].setdefault("on_entry", {})["cents0"] = None
        if self.likely(0.25):
            allowed["allow"].append("cents0")
        for move in moves:
            if self.likely(0.05):
                move["when"] = f"cents0 is {self.one('', 'not ')}null"

    def _locks(self) -> Tree:
        """Claims that are row locks."""
        tree = _Drawing(self.random, racing=self.likely(0.6), locking=True)._calling(self.one(1, 1, 1, 2))
        return self._conditioned(tree) if self.likely(0.1) else tree

    def _premises(self) -> Tree:
        """A lifecycle to which the dropped premise may matter."""
        kinds = {
            "kept-events-apply": self.one(self._outside, self._callless),
            "reports-come-to-an-end": self.one(self._callless, self._shortcuts, self._mixed),
            "reports-are-true": self.one(self._mixed, lambda: self._calling(1)),
            "time-passes": self.one(self._callless, lambda: self._calling(1)),
        }
        call = _Drawing(self.random, racing=self.likely(0.5), asking=self.likely(0.15), locking=self.likely(0.15))
        tree = kinds[self.premise]() if self.premise in kinds else call._calling(1)
        calls = tree.get("calls")
        if self.premise == "webhooks-reach-their-call" and calls is not None:
            assert isinstance(calls, dict)
            calls["call0"].setdefault("webhook", {"call0.made": {"event": "yes0"}})
        return tree

    def _mixed(self) -> Tree:
        """A queue with a call, then one without: workers and handlers move rows on, round, and back to the call."""
        tree = self._calling(1)
        statuses, moves = tree["statuses"], tree["transitions"]
        actors, queues = tree["actors"], tree["queues"]
        assert isinstance(statuses, dict)
        assert isinstance(moves, list)
        assert isinstance(actors, dict)
        assert isinstance(queues, dict)
        actors["clerk"] = "worker"
        desk = [f"desk{n}" for n in range(self.random.randint(1, 3))]
        for name in desk:
            statuses[name] = {"resting": True} if self.likely(0.1) else {}
        moves[0]["to"] = desk[0]
        for source, following in zip(desk, [*desk[1:], "done"], strict=True):
            if self.likely(0.85):
                moves.append({"from": source, "to": following, "event": "sorted", "by": ["clerk"]})
            others = [name for name in statuses if name not in (source, following)]
            for target in self.random.sample(others, self.one(0, 1, 1, 2)):
                by = self.one(["clerk"], ["clerk", "hook"], ["screen"], ["screen"], ["boss"], [])
                extra: Tree = {"from": source, "to": target, "event": self.one("sent", "held")}
                moves.append(extra | ({"by": by} if by else {}))
        queues["desk"] = {"statuses": desk, "worker": "clerk", "due": "due_at"}
        self._due_columns(statuses, desk)
        return tree

    def _alike(self) -> Tree:
        """Two calls that share their list of effects, their marks or their webhook's type, or some of these."""
        tree = self._calling(2)
        calls = tree["calls"]
        assert isinstance(calls, dict)
        for number, call in enumerate(calls.values()):
            if self.likely(0.8):
                call["request"] = "POST /v1/things"
            if "look_up" in call and self.likely(0.8):
                asked = "GET /v1/things?row={id}" if self.likely(0.8) else f"GET /v1/things?key={call.get('key', '')}"
                call["look_up"] = {"request": asked, "receipt": "id"}
                call["marks"] = {"metadata.row": self.one("{id}", "{id}", "{id}", f"{number}-{{id}}")}
            if self.likely(0.5):
                call["webhook"] = {"thing.made": {"event": f"yes{number}"}}
        return tree

    def _shortcuts(self) -> Tree:
        """Workers that lead every row to an end, and others that cut their ways short, or turn rows back."""
        desk = [f"desk{n}" for n in range(self.random.randint(2, 4))]
        statuses: dict[str, Tree] = {
            name: {"requires": ["due_at"], "on_entry": {"due_at": "now"}} | ({"initial": True} if at == 0 else {})
            for at, name in enumerate(desk)
        }
        statuses |= {"done": {"terminal": True}, "parked": {"resting": True}}
        moves: list[Tree] = [
            {"from": source, "to": target, "event": "sorted", "by": ["clerk"]}
            for source, target in zip(desk, [*desk[1:], "done"], strict=True)
            if self.likely(0.95)
        ]
        for _ in range(self.one(1, 2, 2, 3)):
            source, target = self.random.sample([name for name in statuses if name != "done"], 2)
            target = self.one(target, "done", "parked") if source != "parked" else target
            by = self.one(["clerk"], ["screen"], ["screen"], ["boss"], ["hook"], ["clerk", "hook"])
            moves.append({"from": source, "to": target, "event": "turned", "by": by})
        if all(move["from"] != "parked" for move in moves):
            moves.append({"from": "parked", "to": self.one(*desk, "done"), "event": "taken_up", "by": ["screen"]})
        return {
            "statuses": statuses,
            "transitions": moves,
            "actors": {"screen": "handler", "hook": "webhook", "boss": "admin", "clerk": "worker"},
            "queues": {"desk": {"statuses": desk, "worker": "clerk", "due": "due_at"}},
            "table": _table([]),
            "properties": {"own": self._leads_to(statuses)},
        }

    def _leads_to(self, statuses: dict[str, Tree]) -> Tree:
        source, target = self.random.sample(list(statuses), 2)
        return {"leads_to": {"from": {"status": source}, "to": {"status": [target, "done"]}}}

    # --- with conditions ----------------------------------------------------------------

    def _whens(self) -> Tree:
        kind = self.one("bare", "outside", "outside", "callless")
        return self._conditioned({"bare": self._bare, "outside": self._outside, "callless": self._callless}[kind]())

    def _replies(self) -> Tree:
        return self._conditioned(_Drawing(self.random, racing=True)._calling(1))

    def _conditioned(self, tree: Tree) -> Tree:
        """Some columns more, what writes them, and conditions over them."""
        table = tree.setdefault("table", _table([]))
        statuses, moves = tree["statuses"], tree["transitions"]
        assert isinstance(table, dict)
        assert isinstance(statuses, dict)
        assert isinstance(moves, list)
        kind = self.one("number", "number", "number", "text", "boolean")
        names = [f"{kind}{number}" for number in range(self.one(1, 2, 2, 3) if kind == "number" else self.one(1, 2))]
        for name in names:
            table["columns"][name] = self._column(kind)
        mine = [self._condition(kind, names) for _ in range(self.one(1, 2, 2))]
        self._told_apart(moves, mine)
        self._writes(tree, kind, names)
        entries = {name for status in statuses.values() for name in status.get("on_entry", ())}
        given = entries | {name for name in names if "default" in table["columns"][name]}
        if self.likely(0.3) and not given & set(names):  # no check refuses what a write always puts in
            table["columns"][names[0]]["check"] = self._condition(kind, names)
        properties = tree.setdefault("properties", {})
        assert isinstance(properties, dict)
        for number in range(self.one(0, 1, 1, 2)):
            where = self.one(*mine, self._condition(kind, names))
            picture: Tree = {"status": self.random.sample(list(statuses), 1), "where": where}
            word = self.one("always", "never", "leads_to", "reachable")
            ends = {"from": picture, "to": {"status": self.random.sample(list(statuses), 1)}}
            properties[f"told{number}"] = {word: ends if word == "leads_to" else picture}
        return tree

    def _told_apart(self, moves: list[Tree], mine: Sequence[str]) -> None:
        """Give moves conditions, and some of them a second target where the condition is false."""
        targets = [move["to"] for move in moves]
        for move in list(moves):
            if self.likely(0.5):
                move["when"] = self.one(*mine)
                target = self.one(*targets)
                pairs = {(other["from"], other["to"], other.get("event")) for other in moves}
                if self.likely(0.4) and (move["from"], target, move.get("event")) not in pairs:
                    moves.append({**move, "to": target, "when": f"not ({move['when']})"})

    def _column(self, kind: str) -> Tree:
        types = {"number": ("integer", "bigint", "numeric"), "text": ("text",), "boolean": ("boolean",)}
        column: Tree = {"type": self.one(*types[kind])}
        if self.likely(0.4):
            column["nullable"] = True
        if self.likely(0.3):
            column["default"] = self._constant(kind)
        return column

    def _constant(self, kind: str) -> object:
        return {"number": self.one(0, 1, 3), "text": self.one("a", "b"), "boolean": self.likely(0.5)}[kind]

    def _condition(self, kind: str, names: Sequence[str]) -> str:
        """A condition of one to three tests."""
        said = self._test(kind, names)
        for _ in range(self.one(0, 0, 1, 2)):
            said = f"({said}) {self.one('and', 'or')} {self.one('', 'not ')}({self._test(kind, names)})"
        return said

    def _test(self, kind: str, names: Sequence[str]) -> str:
        name, other = self.one(*names), self.one(*names)
        if self.likely(0.15):
            return f"{name} is {self.one('', 'not ')}null"
        if kind == "boolean":
            return name if other == name else f"{name} {self.one('=', '<>')} {other}"
        constant = f"'{self._constant(kind)}'" if kind == "text" else str(self._constant(kind))
        said = other if other != name else constant
        if kind == "text":
            return f"{name} in ('a', 'b')" if self.likely(0.2) else f"{name} {self.one('=', '<>')} {said}"
        if self.likely(0.1):
            return f"{name} between 0 and 3"
        return f"{name} {self.one('=', '<>', '<', '<=', '>', '>=')} {said}"

    def _writes(self, tree: Tree, kind: str, names: Sequence[str]) -> None:
        """What puts values into the columns."""
        statuses, calls = tree["statuses"], tree.get("calls", {})
        events, allowed = tree.get("events", {}), tree.get("same_status")
        assert isinstance(statuses, dict)
        assert isinstance(calls, dict)
        assert isinstance(events, dict)
        for name in self.some_of(names, 0.25):
            for status in self.random.sample(list(statuses), 1):
                statuses[status].setdefault("on_entry", {})[name] = self._constant(kind)
        for name in self.some_of(names, 0.15):
            statuses[self.one(*statuses)].setdefault("requires", []).append(name)
        filling = [(event, "carries") for event in events.values()] + [(call, "records") for call in calls.values()]
        for one, word in filling:
            for name in self.some_of(names, 0.5):
                one.setdefault(word, {})[name] = name
        for event in events.values():
            if "keep_in" in event and self.likely(0.3):
                event["while_kept"] = "same"
        if self.likely(0.2):
            allowed = tree.setdefault("same_status", {"allow": []})
            assert isinstance(allowed, dict)
            allowed["allow"] = [*allowed["allow"], *self.some_of(names, 0.7)]
            if not allowed["allow"]:
                del tree["same_status"]

    def _property(self, tree: Tree) -> Tree:
        kind = self.one("always", "never", "leads_to", "reachable")
        if kind == "leads_to":
            return {kind: {"from": self._picture(tree), "to": self._picture(tree)}}
        return {kind: self._picture(tree)}

    def _picture(self, tree: Tree) -> Tree:
        statuses, calls = tree["statuses"], tree["calls"]
        assert isinstance(statuses, dict)
        assert isinstance(calls, dict)
        found: Tree = {}
        if self.likely(0.8):
            found["status"] = self.random.sample(list(statuses), self.random.randint(1, 2))
        receipts = [column for call in calls.values() for column in call.get("records", ())]
        if receipts and self.likely(0.3):
            found["where"] = f"{self.one(*receipts)} is {self.one('', 'not ')}null"
        if self.likely(0.4) or not found:
            found["effects"] = {self.one(*calls): self.one("done", "not_done")}
        return found

    def _claims(self) -> Tree:
        if self.locking:
            return {"by": "lock"}
        claims: Tree = {"by": "bump", "longest_pause": "2m"}
        if self.likely(0.6 if self.racing else 0.9):
            claims["lease"] = self.one("10m", "10m", "10m", "3m")
        if self.likely(0.5 if self.racing else 0.85):
            claims["fence"] = "claim_no"
        return claims

    def _settle(self) -> Tree:
        if self.likely(0.1):
            return {}
        if self.likely(0.7):
            return {"first": "resend_same_key", **({"otherwise": "look_up"} if self.likely(0.8) else {})}
        return {"first": "look_up"}

    def _call(self, number: int) -> Tree:
        call: Tree = {
            "provider": "stripe",
            "request": f"POST /v1/call{number}",
            "repeat": self.one("new_effect", "already_done"),
            "outcomes": self._outcomes(),
        }
        if self.likely(0.85):
            generation = self.likely(0.8)
            call["key"] = f"call{number}-{{id}}" + ("-{key_no}" if generation else "")
            if generation:
                call["key_generation"] = "key_no"
            if self.likely(0.75):
                call["key_first_used"] = "key_at"
            call["key_lifetime"] = self.one("24h", "24h", "3m")
        if self.likely(0.85):
            call["settles_within"] = "90s"
        if self.likely(0.75):
            call["look_up"] = {"request": f"GET /v1/call{number}?row={{id}}", "receipt": "id"}
            call["marks"] = {"metadata.row": "{id}"}
        if self.likely(0.7):
            call["records"] = {f"receipt{number}": "id"}
        return call

    def _outcomes(self) -> list[Tree]:
        variety = (
            0.1 if self.racing else self.one(0.3, 0.5, 0.8)
        )  # few kinds of replies leave room for more workers in a small world
        rules = [(name, list(replies)) for name, replies in _OUTCOMES if self.likely(variety) or name == "accepted"]
        if self.likely(0.15):
            self.random.shuffle(rules)
        if self.likely(0.08):
            rules.insert(0, (self.one("refused", "refused_for_now", "not_tried"), ["timeout"]))
        if self.likely(0.05):
            rules.insert(0, (self.one("refused", "misused"), [{"http": "5xx"}]))
        return [
            self._stored({name: replies}) if replies[0] != "timeout" else {name: replies} for name, replies in rules
        ]

    def _stored(self, rule: Tree) -> Tree:
        may_be = not rule.keys().isdisjoint({"accepted", "refused", "refused_for_now", "unknown"})
        return rule | {"stored": True} if may_be and self.likely(0.7) else rule

    def _queue(self, number: int, call: int) -> Tree:
        queue: Tree = {
            "statuses": [f"todo{number}"],
            "worker": f"worker{number}",
            "call": f"call{call}",
            "then": self._then(number),
        }
        if self.likely(0.95):
            queue |= {"due": "due_at", "order": self.one(["due_at", "id"], ["id"])}
        if self.likely(0.85):
            limit = {"limit": self.random.randint(1, 3)} if self.likely(0.85) else {}
            queue["attempts"] = {"column": "tries"} | limit
        return queue

    def _then(self, number: int) -> Tree:
        yes, no = f"yes{number}", f"no{number}"
        then: Tree = {"accepted": yes, "settled_done": yes, "settled_absent": no}
        then["exhausted"] = self.one(*["settle"] * 8, no)
        then["already_done"] = self.one("look_up", "look_up", yes)
        then["refused"] = self.one(no, no, no, "again", "wait", "look_up", "settle")
        then["refused_for_now"] = self.one("again", "again", "again", "wait", "look_up", no)
        then["not_tried"] = self.one("wait", "wait", "wait", "again", no)
        then["misused"] = "alarm"
        then["unknown"] = self.one("again", "again", "again", "again", "wait", "look_up", no)
        for reply in self.some_of(list(then), 0.05):
            del then[reply]
        return then

    def _leg(self, moves: list[Tree], number: int, call: int, held: list[str], ends: list[str]) -> None:
        """A queue's way to its good and to its bad end."""
        source, worker = f"todo{number}", f"worker{number}"
        others = [name for name in held if name != source]
        good = self.one("done", "done", *others)
        bad = self.one("failed", "failed", *others, *ends[2:])
        by = [worker, *self.some_of(["hook", "boss"], 0.25)]
        moves.append({"from": source, "to": good, "event": f"yes{number}", "by": by})
        up: Tree = {"from": source, "to": bad, "event": f"no{number}", "by": [worker, *self.some_of(["boss"], 0.4)]}
        if self.likely(0.8):
            up["needs"] = {f"call{call}": "not_done"}
        moves.append(up)

    def _second_status(self, tree: Tree, moves: list[Tree]) -> None:
        """The first queue holds one status more, with some of the ways on of its first."""
        queues = tree["queues"]
        assert isinstance(queues, dict)
        queues["queue0"]["statuses"].append("retry0")
        of_the_first = [move for move in moves if move["from"] == "todo0" and self.likely(0.85)]
        for move in of_the_first:
            target = move["to"] if move["to"] != "retry0" else "failed"
            moves.append({**move, "from": "retry0", "to": target})
        if self.likely(0.7):
            source, target = self.one(("todo0", "retry0"), ("retry0", "todo0"))
            moves.append(
                {"from": source, "to": target, "event": "put_back", "by": [self.one("screen", "worker0", "boss")]}
            )

    def _strays(self, moves: list[Tree], names: list[str], ends: list[str]) -> None:
        """What people and events from outside do besides."""
        taken = {(move["from"], move["to"], move["event"]) for move in moves}
        for _ in range(self.one(0, 0, 1, 1, 2)):
            source, target = self.one(*names), self.one(*names)
            if source != target and (source, target, "asked") not in taken:
                taken.add((source, target, "asked"))
                by = self.some_of(["screen", "boss"], 0.5) or ["screen"]
                moves.append({"from": source, "to": target, "event": "asked", "by": by})
        if "parked" in ends:
            by = [self.one("screen", "boss")]
            moves.append({"from": "parked", "to": self.one(*names[:-1]), "event": "taken_up", "by": by})

    def _mean(self, statuses: dict[str, Tree], moves: list[Tree], held: list[str], calls: int) -> None:
        """Kinds, meanings, what is required and what is put in."""
        for name, status in statuses.items():
            way_out = any(move["from"] == name for move in moves)
            if name == "todo0" or self.likely(0.05):
                status["initial"] = True
            if name not in held:
                status["resting" if way_out else "terminal"] = True
        self._due_columns(statuses, held)
        for name in held:
            entry = statuses[name].setdefault("on_entry", {})
            assert isinstance(entry, dict)
            if self.likely(0.6):
                entry["tries"] = 0
            if self.likely(0.3):
                entry["key_at"] = None
        if self.likely(0.7):
            statuses["done"]["means"] = {f"call{calls - 1}": "done"}
        if self.likely(0.5):
            statuses["done"]["requires"] = [f"receipt{calls - 1}"]

    def _webhooks(self, tree: Tree, moves: list[Tree]) -> None:
        calls = tree["calls"]
        assert isinstance(calls, dict)
        for number, call in enumerate(calls.values()):
            if self.likely(0.4):
                hook: Tree = {"event": f"yes{number}"}
                if call["repeat"] == "already_done" and self.likely(0.3):
                    hook["when"] = "reversed"
                if self.likely(0.2) and any(move["event"] == "asked" for move in moves):
                    hook["otherwise"] = {self.one("done", "failed"): "asked"}
                call["webhook"] = {f"call{number}.made": hook}


_BUMPS = ("tries", "due_at", "claim_no", "key_no", "key_at", "kept_at")


def _table(receipts: Sequence[str]) -> Tree:
    """A table with every column that some lifecycle here may use."""
    columns: dict[str, Tree] = {name: {"type": "text", "nullable": True} for name in receipts}
    columns |= {
        "tries": {"type": "integer", "default": 0},
        "due_at": {"type": "timestamptz", "nullable": True, "default": "now"},
        "claim_no": {"type": "integer", "default": 0},
        "key_no": {"type": "integer", "default": 0},
        "key_at": {"type": "timestamptz", "nullable": True},
        "kept_at": {"type": "timestamptz", "nullable": True},
    }
    return {"name": "things", "status_column": "status", "columns": columns}


def _yaml(value: object) -> str:
    """JSON is YAML, but for the present time, which is a word without quotes."""
    return json.dumps(value).replace('"now"', "now")


def several(family: str, first: int, count: int) -> Iterator[Numbered]:
    """So many of a family, from a number on."""
    return (numbered(family, seed) for seed in range(first, first + count))
