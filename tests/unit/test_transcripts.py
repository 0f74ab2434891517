"""The test that runs a page's commands can itself be wrong: what it takes for agreement."""

from __future__ import annotations

from tests.transcripts import Step, agrees, rewritten, steps

PAGE = """\
# A page

```console
$ echo one
one
$ echo two; echo three
two
three
```

```sh
echo not run
```
"""


def test_commands_and_their_output_are_found_with_their_lines() -> None:
    assert list(steps(PAGE)) == [
        Step("echo one", ("one",), 4),
        Step("echo two; echo three", ("two", "three"), 6),
    ]


def test_a_command_may_go_on_in_further_lines() -> None:
    page = "```console\n$ echo 'one\n> two'\none\ntwo\n```\n"
    assert list(steps(page)) == [Step("echo 'one\ntwo'", ("one", "two"), 2)]
    assert rewritten(page, lambda command: tuple(command[6:-1].splitlines())) == page


def test_output_must_be_the_same_to_the_letter() -> None:
    assert agrees(("one",), ("one",))
    assert not agrees(("one",), ("one", "two"))
    assert not agrees(("one.",), ("onex",))


def test_dots_stand_for_any_lines_and_for_nothing_else() -> None:
    assert agrees(("one", "...", "four"), ("one", "two", "three", "four"))
    assert agrees(("...", "four"), ("four",))
    assert not agrees(("one", "..."), ("two", "one"))


def test_a_page_is_rewritten_with_what_its_commands_print() -> None:
    assert rewritten(PAGE, lambda command: (command.upper(),)) == PAGE.replace("\none\n", "\nECHO ONE\n").replace(
        "\ntwo\nthree\n", "\nECHO TWO; ECHO THREE\n"
    )
