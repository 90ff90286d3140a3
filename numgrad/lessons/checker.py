"""Where the lessons get their verdicts: from whatever is installed as the entry point ``numgrad.lessons``.

numgrad itself imports no checker, so that no arrow returns from it to what is built on it.
"""

from collections.abc import Callable, Iterable, Iterator
from importlib.metadata import entry_points
from typing import Any, Protocol

from numgrad._typing import Array, Params
from numgrad._validation import expected

__all__ = ["Checker", "load_checker"]


class Checker(Protocol):
    """A verification, as the lessons use it."""

    def verdict(self, f: Callable[..., Any], gradient: Callable[..., Any], x: Any) -> dict[str, Any]:
        """Return a check of a gradient: its "verdict", "text", "diagnoses" and more, as JSON has them."""

    def batch_verdict(self, f: Callable[..., Any], batch_gradient: Callable[..., Any], X: Array) -> dict[str, Any]:
        """Return a check of a batch gradient, likewise."""

    def failure_mode(self, name: str) -> dict[str, str]:
        """Return the "title" and "explanation" of a failure mode."""

    def descend_by_autograd(
        self, params: Params, batches: Iterable[tuple[Array, Array]], learning_rate: float
    ) -> Iterator[Params]:
        """Yield the parameters of a two-layer net after each step; raise ModuleNotFoundError without autograd."""


def load_checker() -> Checker:
    """Return the verification that is installed.

    Raises
    ------
    ModuleNotFoundError: there is none.

    """
    for point in entry_points(group="numgrad.lessons"):
        found: Checker = point.load()
        return found
    rule, reason = "be installed", "this lesson shows what a check says"
    remedy = "Run in the folder of pyproject.toml: pip install ."
    raise expected("the package verification", rule, "nothing", reason, remedy, kind=ModuleNotFoundError)
