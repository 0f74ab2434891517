"""The conformance kit of Pointsman: drives an implementation and says which law it breaks.

    from pointsman import load
    from pointsman_conformance import Implementation, conform

    worker = Implementation(name="refunds", driver="black-box", roles=("refund_worker",), command=("./worker",))
    assert conform(load("spec/orders.yaml"), worker).conforms

`__all__` lists what is stable; ``docs/api.md`` has a worked example. A test of Python code in its own process calls
`pointsman_conformance.testing.conforms`. A name is imported when it is first asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__all__ = [
    "Breach",
    "ConformOptions",
    "ConformReport",
    "Covered",
    "Failure",
    "Implementation",
    "ImplementationVerdict",
    "LawStanding",
    "OfLaw",
    "conform",
]

if TYPE_CHECKING:
    from pointsman_conformance.api import ConformOptions, ConformReport, Implementation, conform
    from pointsman_conformance.laws.judgement import Breach
    from pointsman_conformance.report.account import Covered, Failure, ImplementationVerdict, LawStanding, OfLaw
else:
    _HOMES = {
        "pointsman_conformance.api": ("ConformOptions", "ConformReport", "Implementation", "conform"),
        "pointsman_conformance.laws.judgement": ("Breach",),
        "pointsman_conformance.report.account": (
            "Covered",
            "Failure",
            "ImplementationVerdict",
            "LawStanding",
            "OfLaw",
        ),
    }
    """The module of each public name; a test holds this equal to the imports above, which type checkers read."""

    # The relay (`processes.relay`) imports this package without installed packages: nothing is imported above.

    def __getattr__(name: str) -> object:
        from pointsman.lazy_names import lazy_names  # noqa: PLC0415 - see above

        return lazy_names(__name__, _HOMES)[0](name)

    def __dir__() -> list[str]:
        from pointsman.lazy_names import lazy_names  # noqa: PLC0415 - see above

        return lazy_names(__name__, _HOMES)[1]()
