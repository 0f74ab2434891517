"""`pointsman conform` and `replay` as a user meets them: verdicts, exit codes, files, and what is refused."""

import json
from pathlib import Path

import jsonschema
import pytest

from pointsman.cli import main
from pointsman.result import Exit
from pointsman.spec.laws import JUDGED
from pointsman_conformance.report.record import conform_schema

SELLER = str(Path(__file__).parents[2] / "spec" / "seller_transfer.yaml")

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files go where the user stands, and no configuration is found there."""
    monkeypatch.chdir(tmp_path)


def test_the_book_conforms_and_gets_a_certificate(capsys: Capture) -> None:
    words = ["conform", SELLER, "--driver", "book", "--role", "reversal_worker", "--certificate", "proof.json"]
    assert main([*words, "--format", "json"]) == Exit.OK
    record = json.loads(capsys.readouterr().out)
    jsonschema.validate(record["data"], conform_schema())
    (found,) = record["data"]["implementations"]
    assert found["verdict"] == "conformant"
    assert all(not sort["missing"] for sort in found["coverage"])
    idle = {law["law"] for law in found["laws"] if law["standing"] == "not applicable"}
    assert {"event-not-lost", "duplicate-is-idempotent"} <= idle
    proof = json.loads(Path("proof.json").read_text())
    jsonschema.validate(proof, conform_schema()["$defs"]["certificate"])  # type: ignore[index]  # our own file
    assert proof["implementations"][0]["spec"]["sha256"] == found["spec"]["sha256"]
    assert not Path("pointsman-replays").exists()


def test_a_wrong_implementation_is_failed_by_its_law_with_a_run_that_replays(capsys: Capture) -> None:
    whom = ["--driver", "book", "--wrong", "forgets_the_receipt", "--role", "reversal_worker"]
    assert main(["conform", SELLER, *whom, "--law", "record-with-status", "--format", "json"]) == Exit.FINDINGS
    record = json.loads(capsys.readouterr().out)
    jsonschema.validate(record["data"], conform_schema())
    (finding,) = record["findings"]
    assert finding["code"] == "record-with-status"
    line = Path(SELLER).read_text().splitlines()[finding["place"]["line"] - 1]
    assert "records" in line or "event: reversal_accepted" in line
    (failure,) = record["data"]["implementations"][0]["failures"]
    assert len(failure["plan"]) <= 2
    assert failure["harm"]["seen"] == "run"
    assert failure["harm"]["says"].startswith("the receipt is lost")
    assert failure["harm"]["says"] in finding["help"]
    assert main(["replay", failure["replay"], *whom]) == Exit.FINDINGS
    assert "failed: " in capsys.readouterr().out
    assert main(["replay", failure["replay"], "--driver", "book"]) == Exit.OK
    assert "fixed: " in capsys.readouterr().out


def test_the_text_shows_the_run_and_the_line_of_the_spec(capsys: Capture) -> None:
    words = ["--driver", "book", "--wrong", "fresh_key_each_attempt", "--law", "stable-key"]
    assert main(["conform", SELLER, *words]) == Exit.FINDINGS
    text = capsys.readouterr().out
    assert "the smallest run found" in text
    assert 'key: "transfer-{id}-{key_generation}"' in text
    assert text.rstrip().splitlines()[-1].startswith("fresh_key_each_attempt: not conformant: breaks stable-key;")


def test_the_same_seed_finds_the_same(capsys: Capture) -> None:
    words = ["conform", SELLER, "--driver", "book", "--wrong", "hot_loop", "--law", "backoff", "--format", "json"]
    told = []
    for _ in range(2):
        assert main([*words, "--seed", "7"]) == Exit.FINDINGS
        (found,) = json.loads(capsys.readouterr().out)["data"]["implementations"]
        told.append({name: value for name, value in found.items() if name != "seconds"})
    assert told[0] == told[1]


def test_seeds_side_by_side_are_one_account(capsys: Capture) -> None:
    words = ["conform", SELLER, "--driver", "book", "--role", "retry_worker", "--jobs", "2", "--format", "json"]
    assert main(words) == Exit.OK
    (found,) = json.loads(capsys.readouterr().out)["data"]["implementations"]
    assert found["seeds"] == [1, 2]


def test_what_must_be_reached_is_listed_without_a_run(capsys: Capture) -> None:
    words = ["conform", SELLER, "--driver", "book", "--role", "reversal_worker", "--list"]
    assert main([*words, "--format", "json"]) == Exit.OK
    (found,) = json.loads(capsys.readouterr().out)["data"]["implementations"]
    assert {*found["laws"], *found["not_applicable"]} == {law.id for law in JUDGED}
    assert {"sort": "transitions", "name": "reversal_pending->reversed"} in found["required"]
    assert main(words) == Exit.OK
    assert "Must be reached:" in capsys.readouterr().out


def test_a_command_that_is_mistyped_is_told_once_and_nothing_else_is(capsys: Capture) -> None:
    words = ["conform", SELLER, "--role", "reversal_worker", "--quiet", "--", "./no_such_worker"]
    assert main(words) == Exit.INCOMPLETE
    said = capsys.readouterr().out
    assert said.count("'./no_such_worker' cannot be started: No such file or directory") == 1
    assert "`pointsman doctor` looks at how it is connected" in said
    assert "not reached" not in said


def test_too_little_time_is_incomplete_and_not_green(capsys: Capture) -> None:
    assert main(["conform", SELLER, "--driver", "book", "--budget", "0.01"]) == Exit.INCOMPLETE
    assert "never put to the test" in capsys.readouterr().out


@pytest.mark.parametrize("roles", [(), ("reversal_worker",)])
def test_what_an_implementation_is_held_to_is_listed_without_one(roles: tuple[str, ...], capsys: Capture) -> None:
    named = [word for role in roles for word in ("--role", role)]
    assert main(["conform", SELLER, "--list", *named, "--format", "json"]) == Exit.OK
    (listed,) = json.loads(capsys.readouterr().out)["data"]["implementations"]
    assert listed["name"] == "an implementation"
    assert ("duplicate-is-idempotent" in listed["not_applicable"]) is bool(roles)
    assert listed["required"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ([], "No implementation given."),
        (["--driver", "book", "--role", "reversal_wroker"], "Did you mean 'reversal_worker'?"),
        (["--driver", "book", "--wrong", "hot_lop"], "Did you mean 'hot_loop'?"),
        (["--driver", "book", "--law", "stable-kee"], "Did you mean 'stable-key'?"),
        (["--driver", "book", "--budget", "0"], "no time"),
        (["--driver", "book", "--jobs", "0"], "too few"),
        (["--driver", "http"], "needs --url"),
        (["--driver", "pipe"], "behind --"),
        (["--env", "=x", "--role", "reversal_worker", "--", "true"], "names no variable"),
        (["--", "true"], "Which actor"),
        (["--patience", "0", "--role", "reversal_worker", "--", "true"], "--patience 0 is no time"),
        (["--starts-within", "nan", "--role", "reversal_worker", "--", "true"], "--starts-within nan is no time"),
        (["--driver", "book", "--known", "nothing.toml"], "nothing.toml"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_words(words: list[str], says: str, capsys: Capture) -> None:
    assert main(["conform", SELLER, *words]) == Exit.USAGE
    assert says in capsys.readouterr().err


def test_a_file_that_is_no_replay_is_refused(capsys: Capture) -> None:
    Path("bad.json").write_text("{}")
    assert main(["replay", "bad.json", "--driver", "book"]) == Exit.USAGE
    assert "bad.json" in capsys.readouterr().err


def test_a_folder_that_cannot_be_written_is_said(capsys: Capture) -> None:
    Path("taken").write_text("")
    words = ["--driver", "book", "--wrong", "hot_loop", "--law", "backoff", "--replays", "taken/x"]
    assert main(["conform", SELLER, *words]) == Exit.FINDINGS  # the finding outweighs its file
    assert "cannot be written" in capsys.readouterr().out


# --- linearizable --------------------------------------------------------------------


def test_what_is_not_linearizable_is_failed_by_that_verdict_and_replays(capsys: Capture) -> None:
    whom = ["--driver", "book", "--wrong", "says_yes_writes_nothing", "--role", "refund_handler"]
    assert main(["conform", SELLER, *whom, "--law", "linearizable", "--format", "json"]) == Exit.FINDINGS
    record = json.loads(capsys.readouterr().out)
    jsonschema.validate(record["data"], conform_schema())
    (finding,) = record["findings"]
    assert finding["code"] == "linearizable"
    assert "refund_requested:" in Path(SELLER).read_text().splitlines()[finding["place"]["line"] - 1]
    (failure,) = record["data"]["implementations"][0]["failures"]
    assert failure["requirement"] == "linearizable/refund_requested"
    assert failure["replay"].endswith("linearizable-refund_requested.json")
    assert main(["replay", failure["replay"], *whom]) == Exit.FINDINGS
    assert "answers: applied" in capsys.readouterr().out
    assert main(["replay", failure["replay"], "--driver", "book"]) == Exit.OK
    assert "fixed: " in capsys.readouterr().out


def test_what_is_not_linearizable_may_be_known(capsys: Capture) -> None:
    Path("known.toml").write_text(
        '[[known]]\nid = "linearizable/refund_requested"\nmessage = "the update was lost"\n'
        'reason = "answers in haste"\nlink = "https://example.com/17"\nuntil = 2100-01-01\n'
    )
    whom = ["--driver", "book", "--wrong", "says_yes_writes_nothing", "--role", "refund_handler"]
    assert main(["conform", SELLER, *whom, "--law", "linearizable", "--known", "known.toml"]) == Exit.OK
    assert "Known failures, excused:" in capsys.readouterr().out


@pytest.mark.parametrize("role", ["reversal_worker", "admin", "webhook"])
def test_linearizable_alone_is_no_pass_for_a_role_that_gets_no_events(role: str, capsys: Capture) -> None:
    words = ["conform", SELLER, "--driver", "book", "--role", role, "--law", "linearizable", "--format", "json"]
    assert main(words) == Exit.INCOMPLETE
    (found,) = json.loads(capsys.readouterr().out)["data"]["implementations"]
    assert found["verdict"] == "incomplete"
    (law,) = found["laws"]
    assert law["standing"] == "not applicable"
    assert "no event is sent" in law["why"]


def test_linearizable_is_explained(capsys: Capture) -> None:
    for name in ("linearizable", "says_yes_writes_nothing"):
        assert main(["explain", name]) == Exit.OK
        assert "one order of versions and deliveries" in capsys.readouterr().out


# --- the model checker's stories -----------------------------------------------------


@pytest.fixture(scope="module")
def stories(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What `check` finds without stable keys."""
    folder = tmp_path_factory.mktemp("check") / "stories"
    assert main(["check", SELLER, "--without", "stable-key", "--stories", str(folder)]) == Exit.FINDINGS
    return str(folder)


def test_what_check_found_is_played_to_implementations(stories: str, capsys: Capture) -> None:
    words = ["conform", SELLER, "--driver", "book", "--stories", stories, "--law", "stable-key", "--format", "json"]
    told = {}
    for wrong in ("", "fresh_key_each_attempt"):
        code = main([*words, *(["--wrong", wrong] if wrong else [])])
        record = json.loads(capsys.readouterr().out)
        jsonschema.validate(record["data"], conform_schema())
        (found,) = record["data"]["implementations"]
        told[wrong] = code, [finding["code"] for finding in record["findings"]], found
    code, codes, found = told[""]
    assert (code, codes) == (Exit.OK, [])
    assert found["stories"]
    assert all(story["played"] for story in found["stories"])
    code, codes, found = told["fresh_key_each_attempt"]
    assert (code, codes) == (Exit.FINDINGS, ["stable-key"])
    assert found["runs"] <= len(found["stories"])


def test_a_folder_that_holds_something_else_is_refused(capsys: Capture) -> None:
    Path("stories").mkdir()
    words = ["conform", SELLER, "--driver", "book", "--stories", "stories"]
    assert main(words) == Exit.USAGE
    assert "holds no story" in capsys.readouterr().err
    Path("stories/other.json").write_text("{}")
    assert main(words) == Exit.USAGE
    assert "other.json is not a saved story" in capsys.readouterr().err
