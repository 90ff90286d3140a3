"""A report as JUnit XML: a test case a gradient, whose properties are what was found."""

import re
from typing import Any
from xml.etree import ElementTree as ET

__all__ = ["as_junit"]

FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that no XML may hold."""


def as_junit(report: dict[str, Any]) -> str:
    """Return a report as JUnit XML.

    A gradient that disagrees is a failure, and one of which it cannot be told is skipped, whatever the test makes of
    it. The fields of its row are properties of its test case, but for difference quotients; what is nested is named by
    dots and numbers: ``entries[0].claimed``.

    >>> row = {"test": "t.py::test", "gradient": "g", "verdict": "AGREES", "reason": "", "text": "", "digits": 9.5}
    >>> text = as_junit({"summary": {"text": "1 gradient: 1 agrees"}, "gradients": [row]})
    >>> '<property name="digits" value="9.5" />' in text
    True
    """
    rows = report["gradients"]
    counts = {
        "tests": len(rows),
        "failures": sum(row["verdict"] == "DISAGREES" for row in rows),
        "errors": 0,
        "skipped": sum(row["verdict"] == "INCONCLUSIVE" for row in rows),
    }
    suites = ET.Element("testsuites")
    suite = ET.SubElement(suites, "testsuite", {"name": "gradients", **{k: str(n) for k, n in counts.items()}})
    own = {name: value for name, value in report.items() if name != "gradients"}
    _add_properties(suite, own)
    for row in rows:
        _add_case(suite, row)
    ET.indent(suites)
    return ET.tostring(suites, encoding="unicode", xml_declaration=False) + "\n"


def _add_case(suite: ET.Element, row: dict[str, Any]) -> None:
    case = ET.SubElement(suite, "testcase", {"classname": _clean(row["test"]), "name": _clean(row["gradient"])})
    _add_properties(case, {name: value for name, value in row.items() if name != "differences"})
    kind = {"DISAGREES": "failure", "INCONCLUSIVE": "skipped"}.get(row["verdict"])
    if kind is not None:
        ET.SubElement(case, kind, {"message": _clean(row["reason"])}).text = _clean(row["text"])


def _add_properties(element: ET.Element, values: dict[str, Any]) -> None:
    properties = ET.SubElement(element, "properties")
    for name, value in _flat("", values):
        ET.SubElement(properties, "property", {"name": name, "value": _clean(str(value))})


def _flat(name: str, value: Any) -> list[tuple[str, Any]]:
    """Return what is nested in a value, each with its name; nothing for None."""
    if isinstance(value, dict):
        return [part for key, item in value.items() for part in _flat(f"{name}.{key}" if name else key, item)]
    if isinstance(value, list):
        return [part for i, item in enumerate(value) for part in _flat(f"{name}[{i}]", item)]
    return [] if value is None else [(_clean(name), value)]


def _clean(text: str) -> str:
    """Return a text without the characters that XML has no way to hold."""
    return FORBIDDEN.sub("\ufffd", text)
