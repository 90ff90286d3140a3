"""The figures of the run over torch's operators, whichever process they were counted in."""

from collections import Counter


def pytest_terminal_summary(terminalreporter):
    reports = [report for outcome in ("passed", "failed") for report in terminalreporter.stats.get(outcome, [])]
    count = Counter()
    for report in reports:
        if report.when == "call" and "tests/operators/" in report.nodeid:
            count.update(dict(report.user_properties))
    if not count["operators"]:
        return
    verdicts = ", ".join(f"{count[name]:,} {name.lower()}" for name in ("AGREES", "INCONCLUSIVE", "DISAGREES"))
    terminalreporter.section("torch's operators")
    terminalreporter.write_line(f"{count['samples']:,} samples of {count['operators']} operators: {verdicts}")
    planted = f"{count['planted']:,} gradients of {count['into']} operators times 1.001"
    terminalreporter.write_line(f"{planted}: {count['found']:,} found")
    others = f"{count['found by torch']:,} found by torch.autograd.gradcheck"
    terminalreporter.write_line(f"{count['compared']:,} of those, one an operator: {others}")
