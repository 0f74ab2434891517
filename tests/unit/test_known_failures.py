"""The list of known failures excuses what it names, and nothing else; and it cannot rot."""

from datetime import date
from pathlib import Path

import pytest

from pointsman_conformance.known_failures import Excused, Excuses, Known, KnownError, judge, load
from pointsman_conformance.laws.judgement import Breach, Element, LawVerdict

TODAY = date(2026, 6, 1)
BREACH = Breach(Element("reversal"), "Due 3 s after the write, before the lease ended.", (4, 7), row="1")
OTHER = Breach(Element("reversal"), "Due 40 days after the write.", (9,), row="2")
BROKEN = LawVerdict("backoff", (BREACH, OTHER), (("backoff/reversal", 3),))
KEPT = LawVerdict("stable-key", (), (("stable-key/create_reversal", 12),))


def known(id: str = "backoff/reversal", message: str = "before the lease", until: date = date(2027, 1, 31)) -> Known:  # noqa: A002 - the file's own word
    return Known(id, message, "the old worker", "https://example.com/17", until)


def judged(*entries: Known) -> Excused:
    return judge(entries, (BROKEN, KEPT), TODAY)


@pytest.mark.parametrize("id", ["backoff/reversal", "backoff", "backoff/*", "back*/rev*"])
def test_what_is_known_is_taken_out_and_told(id: str) -> None:  # noqa: A002 - the file's own word
    found = judged(known(id))
    assert [verdict.breaches for verdict in found.verdicts] == [(OTHER,), ()]
    assert found.known == ("backoff/reversal: the old worker (https://example.com/17)",)
    assert found.stale == ()


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        (known(until=date(2026, 5, 31)), "the entry ran out on 2026-05-31"),
        (known(message="after the lease"), "fails in other words than 'after the lease': Due 3 s"),
        (known("stable-key"), "does not fail any more"),
        (known("stable-key/create_transfer"), "was never put to the test"),
        (known("progress"), "was never put to the test"),
    ],
)
def test_an_entry_that_is_not_true_any_more_is_an_error_and_excuses_nothing(entry: Known, words: str) -> None:
    found = judged(entry)
    assert found.verdicts == (BROKEN, KEPT)
    assert found.known == ()
    assert len(found.stale) == 1
    assert words in found.stale[0]


def test_the_last_day_still_counts() -> None:
    assert judged(known(until=TODAY)).stale == ()


def test_over_many_runs_an_entry_holds_if_one_of_them_failed_as_it_says() -> None:
    excuses = Excuses([known()], TODAY)
    assert excuses.stale == ("backoff/reversal: it was never put to the test, so the entry could not be checked.",)
    tested = LawVerdict("backoff", (), (("backoff/reversal", 1),))
    assert excuses.take_out([tested]) == (tested,)
    assert "does not fail any more" in excuses.stale[0]
    (left,) = excuses.take_out([LawVerdict("backoff", (OTHER,), ())])
    assert left.breaches == (OTHER,)
    assert "in other words" in excuses.stale[0]
    (left,) = excuses.take_out([LawVerdict("backoff", (BREACH,), ())])
    assert left.breaches == ()
    assert len(excuses.known) == 1
    assert list(excuses.stale) == []


GOOD = """
[[known]]
id = "backoff/reversal"
message = "before the lease ended"
reason = "the old worker, replaced in January"
link = "https://example.com/issues/17"
until = 2027-01-31
"""


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "known.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_good_file_is_read(tmp_path: Path) -> None:
    assert load(written(tmp_path, GOOD)) == (
        Known(
            "backoff/reversal",
            "before the lease ended",
            "the old worker, replaced in January",
            "https://example.com/issues/17",
            date(2027, 1, 31),
        ),
    )
    assert load(written(tmp_path, "")) == ()


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('reason = "the old worker, replaced in January"\n', "", "entry 1: it lacks 'reason'"),
        ('reason = "the old worker, replaced in January"', 'reason = " "', "'reason' must be a text that is not empty"),
        ("2027-01-31", '"2027-01-31"', "'until' must be a date such as 2027-01-31, without quotes"),
        ("2027-01-31", "2027-01-31T00:00:00", "'until' must be a date"),
        ("backoff/reversal", "back-off/reversal", "no law is called 'back-off'"),
        ("link =", "url =", "there is no 'url' in an entry"),
        ("[[known]]", "[known]", "a table for each entry"),
        ("[[known]]", "[[knwon]]", "there is no 'knwon' in it"),
        ("[[known]]", "[[known]", "is no TOML"),
    ],
)
def test_a_mistake_in_the_file_is_told(tmp_path: Path, old: str, new: str, words: str) -> None:
    with pytest.raises(KnownError, match=r"known\.toml") as error:
        load(written(tmp_path, GOOD.replace(old, new)))
    assert words in str(error.value)


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(KnownError) as error:
        load(written(tmp_path, GOOD.replace("link", "url")))
    assert len(str(error.value).splitlines()) == 2


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(KnownError, match="cannot be read: No such file"):
        load(tmp_path / "none.toml")
