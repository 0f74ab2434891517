"""Which outcome a response is, by a call's ordered outcomes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from pointsman.spec.lifecycle import Call, Match, Outcome, OutcomeRule, Silence
from pointsman.spec.meaning import paths
from pointsman.spec.meaning.paths import Json, ScalarValue

_NONE: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class ReceivedResponse:
    """A response as it reached the caller of a provider, or that none came.

    `status` is the HTTP status, None where no response came; then `silence` says how that was: a time-out, or else a
    connection that was lost. `body` is a JSON object, or the text of a body that is none: the text is empty where there
    was no body, and the beginning of an object where the body was cut off. `headers` are by name.
    """

    status: int | None = None
    body: Mapping[str, Json] | str = ""
    headers: Mapping[str, str] = field(default_factory=lambda: _NONE)
    silence: Silence | None = None

    @property
    def succeeded(self) -> bool:
        """Whether the status is one of the 200s."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def is_cut_off(self) -> bool:
        """Whether there is a body that is no JSON object: what it says cannot be read."""
        return self.status is not None and isinstance(self.body, str) and bool(self.body.strip())

    def field(self, path: str) -> Json:
        """The body's field at a dotted path, else the header of that name in any case; None where it has neither."""
        found = paths.field(self.body, path)
        if found is not None or not self.headers:
            return found
        return next((value for name, value in self.headers.items() if name.lower() == path.lower()), None)


def line_of(call: Call, response: ReceivedResponse) -> OutcomeRule | None:
    """The first line of the call's outcomes that matches; None where none does.

    No line matches a response of the 200s whose body was cut off: whatever the status is listed as, what the provider
    had to say about the effect is lost.
    """
    if response.succeeded and response.is_cut_off:
        return None
    for line in call.outcomes:
        for each in line.matches:
            if matches(each, response):
                return line
    return None


def outcome_of(call: Call, response: ReceivedResponse) -> Outcome:
    """The outcome of a response: that of the first line that matches, and unknown where none does.

    *Accepted* without one of the fields that the call records is unknown too: the effect may be there, and cannot be
    named.
    """
    line = line_of(call, response)
    return Outcome.UNKNOWN if line is None or _lacks_receipts(call, response, line) else line.outcome


def lacks_receipts(call: Call, response: ReceivedResponse) -> bool:
    """Whether the response is listed as accepted and does not fill a column that the call records."""
    line = line_of(call, response)
    return line is not None and _lacks_receipts(call, response, line)


def _lacks_receipts(call: Call, response: ReceivedResponse, line: OutcomeRule) -> bool:
    return line.outcome is Outcome.ACCEPTED and receipts_of(call, response) is None


def receipts_of(call: Call, response: ReceivedResponse) -> dict[str, ScalarValue] | None:
    """The columns that the response fills, by `records`; None where a field is missing or no column can hold it.

    None as well where no response came, or where the body of one of the 200s was cut off.
    """
    if response.status is None or (response.succeeded and response.is_cut_off):
        return None
    return recorded(call, response.field)


def recorded(call: Call, field_of: paths.FieldReader) -> dict[str, ScalarValue] | None:
    """The columns that `records` fills from the fields that `field_of` reads; None where one of them is missing."""
    found: dict[str, ScalarValue] = {}
    for column, path in call.records:
        value = paths.scalar(field_of(path))
        if value is None:
            return None
        found[column] = value
    return found


def matches(match: Match, response: ReceivedResponse) -> bool:
    """Whether the response is what `match` describes: every field that is given fits."""
    if match.silence is Silence.UNMATCHED:
        return True
    if match.silence is not None or response.status is None:
        return response.status is None and match.silence is (response.silence or Silence.CONNECTION)
    status = response.status
    return (
        (not match.http or any(low <= status <= high for low, high in match.http))
        and (match.code is None or match.code == error_field(response.body, "code"))
        and (match.type is None or match.type == error_field(response.body, "type"))
        and (match.message is None or fits_pattern(error_field(response.body, "message") or "", match.message))
    )


def fits_pattern(message: str, pattern: str) -> bool:
    """Whether the whole message is what the pattern describes: ``*`` is any text, ``?`` any one character.

    ``[ab]`` is one of these characters and ``[!ab]`` one of the others. Case counts.
    """
    return fnmatchcase(message, pattern)


def error_field(body: object, name: str) -> str | None:
    """A text of the error that a body describes: of its object ``error``, else of the body itself; None without one.

    An ``error`` that lacks the field, or is no object, hides nothing: a code that the provider sent beside it counts.
    """
    if not isinstance(body, Mapping):
        return None
    wrapped = body.get("error")
    own = wrapped.get(name) if isinstance(wrapped, Mapping) else None
    beside = body.get(name)
    if isinstance(own, str):
        return own
    return beside if isinstance(beside, str) else None
