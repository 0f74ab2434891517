"""The lifelines and messages of a sequence diagram, the same for Mermaid and for SVG."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from pointsman.reporting.stories.steps import RowNow, StoryStep, steps
from pointsman.world.story import Story
from pointsman.world.system import Side


class PlayerKind(StrEnum):
    """The kind of a player: an actor, a row or the provider."""

    ACTOR = "actor"
    ROW = "row"
    PROVIDER = "provider"


@dataclass(frozen=True, slots=True)
class Player:
    """One lifeline."""

    kind: PlayerKind
    name: str


@dataclass(frozen=True, slots=True)
class StoryMessage:
    """One step as an arrow between two players, by their index; twice the same if the step touches only its actor."""

    step: StoryStep
    source: int
    target: int


@dataclass(frozen=True, slots=True)
class Scene:
    """Actors in the order in which they appear, then the rows, then the provider."""

    players: tuple[Player, ...]
    start: StoryStep
    messages: tuple[StoryMessage, ...]

    def of(self, kind: PlayerKind, name: str) -> int:
        """The index of a player."""
        return self.players.index(Player(kind, name))

    def column(self, row: RowNow) -> int:
        """The index of a row."""
        return self.of(PlayerKind.ROW, row.part)


_PROVIDER = Player(PlayerKind.PROVIDER, "provider")


def scene(story: Story) -> Scene:
    """The diagram of `story`, before anything is drawn."""
    start, *deeds = steps(story)
    actors = [_actor(step.actor) for step in deeds]
    rows = [Player(PlayerKind.ROW, row.part) for row in start.rows] or [Player(PlayerKind.ROW, "row")]
    needed = any(variable.side is Side.PROVIDER for variable in story.variables) or _PROVIDER in actors
    others = dict.fromkeys(actor for actor in actors if actor != _PROVIDER)
    players = (*others, *rows, *((_PROVIDER,) if needed else ()))
    index = {player: place for place, player in enumerate(players)}
    messages: list[StoryMessage] = []
    last: dict[Player, Player] = {}
    for step, actor in zip(deeds, actors, strict=True):
        to = _towards(step, actor, last.get(actor, rows[0]))
        if to.kind is PlayerKind.ROW:
            last[actor] = to
        messages.append(StoryMessage(step, index[actor], index[to]))
    return Scene(players, start, tuple(messages))


def _actor(name: str) -> Player:
    return _PROVIDER if name.lower() in ("provider", "the provider") else Player(PlayerKind.ACTOR, name)


def _towards(step: StoryStep, actor: Player, last: Player) -> Player:
    """The provider if the step changed it; else the row that changed, or that the actor acted on last.

    A fault that changes neither, such as a crash, is drawn at the actor itself.
    """
    if step.provider or actor == _PROVIDER:
        return _PROVIDER
    touched = next((row.part for row in step.rows if row.touched), None)
    if touched is not None:
        return Player(PlayerKind.ROW, touched)
    return actor if step.fault else last
