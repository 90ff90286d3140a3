"""Five layers with a backward pass by hand, and every fault planted into each."""

import itertools
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from planted_layers import attention, conv, layer_norm, lstm, net
from planted_layers.around import AROUND
from planted_layers.fault import Case, Fault, Layer
from planted_layers.spoils import SPOILS
from planted_layers.ties import differs, ties

__all__ = ["LAYERS", "PLANTED", "Planted", "draws"]

LAYERS = {
    net.Net: net.FAULTS,
    conv.Conv: conv.FAULTS,
    layer_norm.LayerNorm: layer_norm.FAULTS,
    attention.Attention: attention.FAULTS,
    lstm.LSTM: lstm.FAULTS,
}
"""The layers, each with the faults of its own backward pass."""


@dataclass(frozen=True)
class Planted:
    """A fault in a layer."""

    layer: type[Layer]
    fault: Fault

    def __str__(self) -> str:
        return f"{self.layer.__name__}: {self.fault}"

    @property
    def expected(self) -> tuple[str, ...]:
        """The names that fit whatever is drawn; a case may have more."""
        return self.fault.expected

    def draw(self, rng) -> Case | None:
        """Return f, its right and wrong gradient and x, or None where what is drawn cannot hold or show the fault."""
        layer = self.layer.drawn(rng)
        case = self.fault.plant(layer, rng)
        if case is None or not differs(*case.gradients()):
            return None
        also = ties(self.expected[0], case, layer.batch, batch_is_hidden=layer.batch_is_hidden)
        return replace(case, expected=tuple(dict.fromkeys((*self.expected, *also))))


ELSEWHERE = {
    conv.Conv: {"shaped like the transpose", "raveled column by column", "two arrays swapped", "one array as another"},
}
"""What no draw of a layer can hold: a kernel is no matrix, and no two arrays have its shape."""

PLANTED = tuple(
    Planted(layer, fault)
    for layer, faults in LAYERS.items()
    for fault in (*faults, *SPOILS, *AROUND)
    if fault.name not in ELSEWHERE.get(layer, ())
)


def draws(planted, count, *, attempts=30) -> Iterator[Case]:
    """Yield up to ``count`` cases, the same ones every time, of at most ``attempts`` times as many that are drawn."""
    seed = zlib.crc32(str(planted).encode())
    drawn = (planted.draw(np.random.default_rng((seed, number))) for number in range(count * attempts))
    yield from itertools.islice((case for case in drawn if case is not None), count)
