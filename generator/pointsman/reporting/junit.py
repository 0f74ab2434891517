"""A result as JUnit XML, for the test page of a CI server.

A suite for each file; a failing case for each finding that fails the run, a
passing case for each other finding, and one passing case if there is no finding,
so that a clean run differs from a run that never took place.
"""

from __future__ import annotations

from collections import Counter
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from pointsman.reporting import Looks
from pointsman.reporting.visible import visible
from pointsman.result import Result
from pointsman.spec.finding import Finding


def render(result: Result, looks: Looks) -> str:  # noqa: ARG001 - a format for machines
    """One XML document, in ASCII."""
    top = Element("testsuites", name=f"pointsman {result.verb}")
    for file in dict.fromkeys(finding.place.file for finding in result.findings):
        _suite(top, result, file)
    if result.incomplete:
        _unseen(top, result)
    if not len(top):
        SubElement(
            SubElement(top, "testsuite", name=f"pointsman {result.verb}"), "testcase", _case(result.verb, "clean")
        )
    for suite in top:
        _count(suite)
    _count(top)
    indent(top)
    document: bytes = tostring(top, encoding="us-ascii", xml_declaration=True)
    return document.decode("ascii") + "\n"


def _suite(top: Element, result: Result, file: str) -> None:
    suite = SubElement(top, "testsuite", name=_text(file))
    seen: Counter[str] = Counter()
    failing = set(result.failing)
    for finding in (finding for finding in result.findings if finding.place.file == file):
        name = f"{finding.code}: {finding.subject or finding.message}"
        seen[name] += 1
        # CI servers match cases by name from run to run, so the name has no line number.
        case = _case(file, name if seen[name] == 1 else f"{name} ({seen[name]})")
        place = {"file": _text(file), "line": str(finding.place.line)}
        _judge(SubElement(suite, "testcase", case | place), finding, fails=finding in failing)


def _judge(case: Element, finding: Finding, *, fails: bool) -> None:
    words = f"{finding.place}: {finding.severity} {finding.code}: {finding.message}\n{finding.help}".rstrip()
    if fails:
        failure = SubElement(case, "failure", type=_text(finding.code), message=_text(finding.message))
        failure.text = _text(words, keep="\n")
    else:
        SubElement(case, "system-out").text = _text(words, keep="\n")


def _unseen(top: Element, result: Result) -> None:
    """Add an error for each part that was not checked: a skipped case would count as passed."""
    suite = SubElement(top, "testsuite", name=f"pointsman {result.verb}")
    for number, reason in enumerate(result.incomplete, start=1):
        case = SubElement(suite, "testcase", _case(result.verb, f"complete ({number})"))
        SubElement(case, "error", type="incomplete", message=_text(reason))


def _case(group: str, name: str) -> dict[str, str]:
    return {"classname": _text(group), "name": _text(name)}


def _count(element: Element) -> None:
    element.set("tests", str(len(element.findall(".//testcase"))))
    element.set("failures", str(len(element.findall(".//failure"))))
    element.set("errors", str(len(element.findall(".//error"))))


def _text(text: str, keep: str = "") -> str:
    # XML cannot hold most control characters, nor these two.
    return visible(text, keep).replace("\ufffe", r"\ufffe").replace("\uffff", r"\uffff")
