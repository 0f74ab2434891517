"""Lets faults strike a turn that the kit plays, operation by operation."""

from __future__ import annotations

from collections.abc import Callable

from pointsman_conformance.core.plan import AT_A_REQUEST, CUTS, Fault, FaultKind, Passed, Point
from pointsman_conformance.core.wire import Heard, HttpRequest
from pointsman_conformance.provider.provider import Provider


class DiedError(Exception):
    """The copy that the kit plays has died, or lost its connection: its turn ends."""


class Acting:
    """Counts the points of one step, and lets its faults strike there. `pause` plays the steps of a pause."""

    def __init__(self, faults: tuple[Fault, ...], pause: Callable[[Fault], None]) -> None:
        self._faults, self._pause = faults, pause
        self._passed = Passed()
        self.points: list[Point] = []
        self.fired: list[int] = []
        self.crashed = False

    def meet(self, point: Point, *, reads: bool = False) -> None:
        """Pass `point`; `reads`: with a request that cannot make an effect.

        Raises DiedError where a fault ends the copy or its connection.
        """
        for fault in self._here(point, reads):
            if fault.kind is FaultKind.PAUSE:
                self._pause(fault)
            elif fault.kind is FaultKind.CRASH or fault.kind in CUTS:
                self.crashed |= fault.kind is FaultKind.CRASH
                raise DiedError

    def _here(self, point: Point, reads: bool) -> tuple[Fault, ...]:
        """The faults of the copy that strike at `point`. `of_request` gives those of a request."""
        self._passed.reach(point, reads=reads)
        self.points.append(point)
        return tuple(fault for fault in self._struck(point) if fault.kind not in AT_A_REQUEST)

    def _struck(self, point: Point) -> tuple[Fault, ...]:
        found = [number for number, fault in enumerate(self._faults) if self._passed.strikes(fault, point)]
        self.fired += [number for number in found if number not in self.fired]
        return tuple(self._faults[number] for number in found)

    def of_request(self) -> Fault | None:
        """The fault of the provider or the network that strikes the current request, or None."""
        return next((each for each in self._struck(Point.REQUEST_BEFORE) if each.kind in AT_A_REQUEST), None)

    def asking(self, provider: Provider, who: str, actor: str | None) -> Callable[[HttpRequest], Heard]:
        """A function that sends requests to the provider directly, with the points and faults of this step."""

        def ask(request: HttpRequest) -> Heard:
            ticket = provider.receive(request, who, actor)
            try:
                self.meet(Point.REQUEST_BEFORE, reads=request.reads)
                fault = self.of_request()
                if fault is None:
                    provider.execute(ticket)
                else:
                    provider.execute(ticket, fault.kind, fault.seconds)
                self.meet(Point.REQUEST_AFTER)
            except DiedError:
                provider.execute(ticket, FaultKind.LOST_REQUEST)
                provider.answer(ticket, heard=False)
                raise
            return provider.answer(ticket)

        return ask
