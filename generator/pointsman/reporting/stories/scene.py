"""Who stands in a sequence diagram, and who turns to whom: the same for Mermaid and for SVG."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from pointsman.reporting.stories.steps import RowNow, Step, steps
from pointsman.world.story import Story
from pointsman.world.system import Side


class Kind(StrEnum):
    """What a player is."""

    ACTOR = "actor"
    ROW = "row"
    PROVIDER = "provider"


@dataclass(frozen=True, slots=True)
class Player:
    """One lifeline."""

    kind: Kind
    name: str


@dataclass(frozen=True, slots=True)
class Message:
    """One step as an arrow between two players, by their index; the same twice for what an actor does to itself."""

    step: Step
    source: int
    target: int


@dataclass(frozen=True, slots=True)
class Scene:
    """Actors in the order in which they appear, then the rows, then the provider."""

    players: tuple[Player, ...]
    start: Step
    messages: tuple[Message, ...]

    def of(self, kind: Kind, name: str) -> int:
        """The index of a player."""
        return self.players.index(Player(kind, name))

    def column(self, row: RowNow) -> int:
        """The index of a row."""
        return self.of(Kind.ROW, row.part)


_PROVIDER = Player(Kind.PROVIDER, "provider")


def scene(story: Story) -> Scene:
    """The diagram of `story`, before anything is drawn."""
    start, *deeds = steps(story)
    actors = [_actor(step.actor) for step in deeds]
    rows = [Player(Kind.ROW, row.part) for row in start.rows] or [Player(Kind.ROW, "row")]
    needed = any(variable.side is Side.PROVIDER for variable in story.variables) or _PROVIDER in actors
    others = dict.fromkeys(actor for actor in actors if actor != _PROVIDER)
    players = (*others, *rows, *((_PROVIDER,) if needed else ()))
    index = {player: place for place, player in enumerate(players)}
    messages: list[Message] = []
    last: dict[Player, Player] = {}
    for step, actor in zip(deeds, actors, strict=True):
        to = _towards(step, actor, last.get(actor, rows[0]))
        if to.kind is Kind.ROW:
            last[actor] = to
        messages.append(Message(step, index[actor], index[to]))
    return Scene(players, start, tuple(messages))


def _actor(name: str) -> Player:
    return _PROVIDER if name.lower() in ("provider", "the provider") else Player(Kind.ACTOR, name)


def _towards(step: Step, actor: Player, last: Player) -> Player:
    """The provider where something changed there; else the row that changed, or that the actor last turned to.

    A fault that touches neither, such as a crash, happens to the actor itself.
    """
    if step.provider or actor == _PROVIDER:
        return _PROVIDER
    touched = next((row.part for row in step.rows if row.touched), None)
    if touched is not None:
        return Player(Kind.ROW, touched)
    return actor if step.fault else last
