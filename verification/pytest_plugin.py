"""The plugin of pytest: the fixture ``gradcheck``, a report of the checks of a session, and a line that sums them up.

torch, hypothesis and NumPy are not loaded before a check is made, or a report is written (NumPy alone).
"""

import sys
from argparse import ArgumentTypeError
from collections.abc import Callable, Generator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import pytest

from verification.records import Record, in_property, listening

if TYPE_CHECKING:
    from verification.checking import GradientCheck
    from verification.gradient_report import Gathering

__all__ = ["Gradcheck"]

__tracebackhide__ = True  # a failing check is shown without this module

CHOICES = {"subgradient": ("refuse", "accept"), "inconclusive": ("fail", "skip", "pass")}
INI = {
    "seed": "seed of the random directions of the fixture gradcheck (default: 0)",
    "subgradient": "refuse (default), or accept: what gradcheck makes of a valid subgradient at a kink",
    "inconclusive": "fail, skip or pass: what gradcheck makes of a check that cannot tell (default: fail; an example "
    "of a property is left out)",
}
MARKER = (
    "gradients(seed, subgradient, inconclusive): how the fixture gradcheck checks in this test; each as the ini option "
    "of that name behind gradient_, which it overrides."
)
NAME = "gradients of the session"
ENDED = (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.NO_TESTS_COLLECTED)
"""How a session ends that has run all its tests."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option and the ini options."""
    group = parser.getgroup("gradients", "gradients checked by verification")
    group.addoption(
        "--gradient-report",
        action="append",
        metavar="FILE",
        help="write what each check of a gradient in a test has found: JSON, JUnit XML or HTML by its ending, .json, "
        ".xml, .html; after each test f is evaluated 86 times more, of the gradient that agrees least; may be repeated",
    )
    for name, text in INI.items():
        parser.addini(f"gradient_{name}", text, default=None)


def pytest_configure(config: pytest.Config) -> None:
    """Start to listen to checks."""
    config.addinivalue_line("markers", MARKER)
    config.pluginmanager.register(_Session(config), NAME)


class _Session:
    """The checks of a session, and how those of the fixture are made."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.item: pytest.Item | None = None
        self.gathering: Gathering | None = None
        self.rows: list[dict[str, Any]] = []
        self.was_cut_short = False
        self.said_of_reports: list[str] = []
        """What is to be said of reports."""
        self.options_of_ini = _Options().updated({name: config.getini(f"gradient_{name}") for name in INI}, "gradient_")
        self.paths = _report_paths(config)
        self.listening = ExitStack()
        self.listening.enter_context(listening(self.hear))

    def hear(self, record: Record) -> None:
        """Take a check that was made; those made outside of tests are nobody's."""
        from verification.gradient_report import Gathering  # noqa: PLC0415 - loads NumPy

        if self.item is not None:
            self.gathering = self.gathering or Gathering()
            self.gathering.add(record)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Remember which test is running."""
        self.item = item
        found = yield
        self.item = None
        return found

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Hand the checks of a phase on with its report: from a worker of xdist too, to where the session is."""
        report = yield
        gathering, self.gathering = self.gathering, None
        if gathering is not None:
            if report.failed:
                gathering.fail()
                if untold := gathering.untold():
                    report.sections.append(("gradients of which it cannot be told", untold))
            is_reported = self.config.getoption("gradient_report") is not None
            rows = gathering.rows(item.nodeid) if is_reported else gathering.verdicts()
            report.gradients = rows  # type: ignore[attr-defined] # xdist hands on what a report has
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take the checks of a phase, from whichever process; xdist reports a worker that crashed as a phase "???"."""
        self.was_cut_short |= str(report.when) == "???"
        self.rows += getattr(report, "gradients", [])

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Note that some tests could not even be collected."""
        self.was_cut_short |= report.failed

    def pytest_keyboard_interrupt(self) -> None:
        """Note that the session ends before its last test: by Ctrl-C, or by pytest.exit with whichever code."""
        self.was_cut_short = True

    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Write the reports; they say if the session was cut short."""
        if not self.paths or self.config.option.collectonly:
            return
        from verification.gradient_report import write_report  # noqa: PLC0415 - loads NumPy

        if self.gathering is not None and self.item is not None:  # of a test that was interrupted
            self.rows += self.gathering.rows(self.item.nodeid)
        is_whole = exitstatus in ENDED and not (session.shouldstop or session.shouldfail) and not self.was_cut_short
        for path in self.paths:
            try:
                write_report(path, self.rows, command="pytest --gradient-report", is_complete=is_whole)
                self.said_of_reports.append(f"Wrote {path}")
            except OSError as error:  # the failures of tests are to be shown all the same
                self.said_of_reports.append(f"Could NOT write {path}: {error.strerror or error}")
                session.exitstatus = pytest.ExitCode.INTERNAL_ERROR

    def pytest_terminal_summary(self, terminalreporter: "pytest.TerminalReporter") -> None:
        """Sum the gradients up in a line."""
        if self.rows:
            from verification.gradient_report import summary  # noqa: PLC0415 - loads NumPy

            terminalreporter.write_line(summary(self.rows))
        for line in self.said_of_reports:
            terminalreporter.write_line(line)

    def pytest_unconfigure(self) -> None:
        """Stop to listen."""
        self.listening.close()

    def options(self) -> "_Options":
        """Return how the test that is running wants its gradients checked."""
        own = self.options_of_ini
        for marker in reversed(list(self.item.iter_markers("gradients")) if self.item is not None else []):
            if marker.args or marker.kwargs.keys() - INI.keys():
                raise pytest.UsageError(f"Expected the marker to be {MARKER.partition(':')[0]} but got {marker}.")
            own = own.updated(marker.kwargs, "the marker's ")
        return own


class _Options(NamedTuple):
    """How the fixture checks."""

    seed: int = 0
    subgradient: str = "refuse"
    inconclusive: str = ""
    """By default it depends on where the check is made."""

    def updated(self, given: Mapping[str, Any], whose: str) -> "_Options":
        """Return options some of which are given, those of an ini file as texts; None is not."""
        given = {name: value for name, value in given.items() if value is not None}
        for name, choices in CHOICES.items():
            if given.get(name, choices[0]) not in choices:
                raise pytest.UsageError(f"Expected {whose}{name} to be {_either(choices)} but got {given[name]!r}.")
        seed = str(given.get("seed", self.seed))
        if not seed.isdecimal():
            raise pytest.UsageError(f"Expected {whose}seed to be a whole number of at least 0 but got {seed!r}.")
        return self._replace(**{**given, "seed": int(seed)})


def _either(choices: tuple[str, ...]) -> str:
    return f"{', '.join(choices[:-1])} or {choices[-1]}"


def _report_paths(config: pytest.Config) -> list[Path]:
    """Return where reports are to be written, by this process; refuse a place or kind that cannot be."""
    given = config.getoption("gradient_report")
    if given is None or hasattr(config, "workerinput"):
        return []
    return [_report_path(each, config.invocation_params.dir) for each in given]


def _report_path(given: str, folder: Path) -> Path:
    from numgrad._command_line import writable  # noqa: PLC0415 - loads NumPy
    from verification.gradient_report import ENDINGS  # noqa: PLC0415 - loads NumPy

    path = folder / Path(given).expanduser()
    if path.suffix not in ENDINGS:
        raise pytest.UsageError(f"Expected --gradient-report to end in {_either(tuple(ENDINGS))} but got {given}.")
    try:
        return writable(str(path))
    except ArgumentTypeError as error:
        raise pytest.UsageError(f"--gradient-report: {error}") from error


class Gradcheck:
    """The fixture ``gradcheck``: checks that fail a test, as its marker and the ini file have it.

    Called, it is :func:`verification.assert_gradient`; ``vjp``, ``jvp``, ``jacobian``, ``batch_gradient`` and
    ``autograd`` are the other assertions, of which this has the arguments, errors and return values. But an
    example of a property that cannot tell is left out, and a test that cannot tell is skipped, or passes, if its marker
    or the ini file says so.

    Examples
    --------
    >>> def test_loss(gradcheck):  # pytest calls it
    ...     gradcheck(lambda x: (x**2).sum(), lambda x: 2 * x, [1.0, 2.0])
    ...     gradcheck.vjp(lambda x: 3 * x, lambda x, cotangent: 3 * cotangent, [1.0, 2.0])

    """

    def __init__(self, session: _Session) -> None:
        self._session = session

    def __repr__(self) -> str:
        """Return its name, for the failing example of a property."""
        return "gradcheck"

    def __call__(self, f: Callable[..., Any], gradient: Callable[..., Any], x: Any, **options: Any) -> "GradientCheck":
        """Fail unless a gradient agrees."""
        return self._require("gradient", f, gradient, x, **options)

    def vjp(self, f: Callable[..., Any], vjp: Callable[..., Any], x: Any, **options: Any) -> "GradientCheck":
        """Fail unless a vector-Jacobian product agrees."""
        return self._require("vjp", f, vjp, x, **options)

    def jvp(self, f: Callable[..., Any], jvp: Callable[..., Any], x: Any, **options: Any) -> "GradientCheck":
        """Fail unless a Jacobian-vector product agrees."""
        return self._require("jvp", f, jvp, x, **options)

    def jacobian(self, f: Callable[..., Any], jacobian: Callable[..., Any], x: Any, **options: Any) -> "GradientCheck":
        """Fail unless a Jacobian agrees."""
        return self._require("jacobian", f, jacobian, x, **options)

    def batch_gradient(self, f: Callable[..., Any], batch_gradient: Callable[..., Any], X: Any) -> "GradientCheck":
        """Fail unless the gradient of a batch keeps its relations."""
        return self._require("batch_gradient", f, batch_gradient, X)

    def autograd(self, fn: Callable[..., Any], *inputs: Any, **options: Any) -> "GradientCheck":
        """Fail unless what PyTorch autograd returns agrees."""
        return self._require("autograd", fn, *inputs, **options)

    def _require(self, name: str, /, *args: Any, **options: Any) -> "GradientCheck":
        import verification  # noqa: PLC0415 - loads what the check needs
        from verification.comparison import Verdict  # noqa: PLC0415 - loads NumPy

        own = self._session.options()
        if name != "batch_gradient":  # which draws nothing, and knows no kinks
            options = {"seed": own.seed, "subgradient": own.subgradient, **options}
        try:
            return getattr(verification, f"assert_{name}")(*args, **options)  # type: ignore[no-any-return] # a check
        except verification.GradientError as error:
            if error.check.verdict is not Verdict.INCONCLUSIVE:
                raise
            if (own.inconclusive or "skip") == "skip" and in_property():
                sys.modules["hypothesis"].reject()  # the example does not count
            if own.inconclusive == "pass":
                return error.check
            if own.inconclusive == "skip":
                pytest.skip(error.check.reason)
            raise


@pytest.fixture(scope="session")
def gradcheck(pytestconfig: pytest.Config) -> Gradcheck:
    """Check gradients, as the marker gradients and the ini file have it: see verification.pytest_plugin.Gradcheck."""
    return Gradcheck(cast("_Session", pytestconfig.pluginmanager.get_plugin(NAME)))
