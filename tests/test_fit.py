"""Error bars of fits to white noise, whose slope is known."""

import numpy as np
import pytest

from numgrad.derivatives.fit import fit_above, fit_pairs
from numgrad.derivatives.ladder import steps_of
from numgrad.derivatives.table import Table

COUNT = 20_000

NOISE = {
    "normal": lambda rng, shape: rng.normal(size=shape),
    "uniform": lambda rng, shape: rng.uniform(-1, 1, shape),
    "three values": lambda rng, shape: rng.integers(-1, 2, shape),
}


def noisy_lines(rungs, draw, *, bend=0.0, blur=0.0):
    """Return many tables of 1 + 2 h + bend h², each with noise of its own."""
    rng = np.random.default_rng(1)
    steps = steps_of(np.ones(COUNT), rungs)
    center = 1 + 1e-6 * draw(rng, COUNT)
    above, below = (1 + 2 * side * steps + bend * steps**2 + 1e-6 * draw(rng, steps.shape) for side in (1, -1))
    return Table(rungs, np.ones(COUNT), np.full(COUNT, blur), center, above, below, np.finfo(float).eps)


@pytest.mark.parametrize("fit", [fit_pairs, fit_above])
@pytest.mark.parametrize("rungs", [(0, 1, 2, 3, 4, 20), (*range(9), 20)], ids=["few", "many"])
@pytest.mark.parametrize("draw", NOISE.values(), ids=NOISE)
def test_error_bars_cover_white_noise_and_no_more_than_they_must(fit, rungs, draw):
    found = fit(noisy_lines(rungs, draw), np.zeros(COUNT))
    errors = np.abs(found.value - 2)
    assert np.mean(errors > found.error) <= 1e-4
    assert np.median(found.error) <= 60 * np.median(errors)


@pytest.mark.parametrize("fit", [fit_pairs, fit_above])
def test_where_steps_are_rounded_a_bend_widens_the_error_bar(fit):
    lines = [noisy_lines(tuple(range(6)), NOISE["normal"], bend=3.0, blur=blur) for blur in (0.0, 1e-3)]
    sharp, blurred = (fit(line, np.zeros(COUNT)) for line in lines)
    assert blurred.error - sharp.error == pytest.approx(np.full(COUNT, 6e-3), rel=1e-3)
