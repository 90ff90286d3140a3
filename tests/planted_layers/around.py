"""Faults around a layer: a term of the loss, another point, a map of one array, another cotangent."""

from dataclasses import replace

import numpy as np

from planted_layers.fault import Case, Fault, numbers, sigmoid

__all__ = ["AROUND"]


def decay(held, claimed):
    """Return what plants a weight decay λ/2 Σ x² of which the loss has ``held`` and the gradient ``claimed``."""

    def plant(layer, rng):
        rate = rng.choice((0.01, 0.1, 0.5))

        def added(part, params):
            return {n: g + part * rate * params[n] * (n in layer.decayed) for n, g in layer.gradient(params).items()}

        def f(params):
            return layer.loss(params) + held * rate / 2 * sum(np.sum(params[name] ** 2) for name in layer.decayed)

        return Case(f=f, right=lambda p: added(held, p), wrong=lambda p: added(claimed, p), x=layer.params)

    return plant


def stale_by_a_step(layer, rng):
    rate = rng.choice((0.02, 0.1, 0.5))
    step = {name: rate * g for name, g in layer.gradient(layer.params).items()}
    updated = {name: x - step[name] for name, x in layer.params.items()}
    return replace(layer.case(lambda p: layer.gradient({name: p[name] + step[name] for name in p})), x=updated)


def stale_by_far(layer, rng):
    other = {name: numbers(rng, *x.shape) for name, x in layer.params.items()}
    return layer.case(lambda p: layer.gradient(other))


def accumulated(layer, rng):
    before = layer.gradient({name: numbers(rng, *x.shape) for name, x in layer.params.items()})
    return layer.case(lambda p: {name: g + before[name] for name, g in layer.gradient(p).items()})


MAPS = {
    "exp": (np.exp, np.exp),
    "tanh": (np.tanh, lambda u: 1 - np.tanh(u) ** 2),
    "σ": (sigmoid, lambda u: sigmoid(u) * (1 - sigmoid(u))),
    "square": (np.square, lambda u: 2 * u),
    "log |u|": (lambda u: np.log(u**2) / 2, lambda u: 1 / u),
}
"""Ways for an array to be held as u, with their slopes."""


def through_map(wrong_slope, maps=tuple(MAPS)):
    """Return what plants a slope into a layer that holds one array as u; wrong_slope(u, map, slope) is that factor."""

    def plant(layer, rng):
        name = str(rng.choice(list(layer.params)))
        forward, slope = MAPS[str(rng.choice(maps))]

        def times(factor, params):
            gradient = layer.gradient(params | {name: forward(params[name])})
            return gradient | {name: gradient[name] * factor(params[name])}

        return Case(
            f=lambda p: layer.loss(p | {name: forward(p[name])}),
            right=lambda p: times(slope, p),
            wrong=lambda p: times(lambda u: wrong_slope(u, forward, slope), p),
            x=layer.params,
        )

    return plant


def centred_rows(share):
    """Return what plants, into a layer that sees an array less its mean row, ``share(rows)`` of the inner gradient."""

    def plant(layer, rng):
        names = [name for name, x in layer.params.items() if x.ndim > 1 and len(x) > 1]
        if not names:
            return None
        name = str(rng.choice(names))

        def centred(x):
            return x - x.mean(axis=0)

        def inner(params):
            return layer.gradient(params | {name: centred(params[name])})

        return Case(
            f=lambda p: layer.loss(p | {name: centred(p[name])}),
            right=lambda p: (g := inner(p)) | {name: centred(g[name])},
            wrong=lambda p: (g := inner(p)) | {name: share(len(p[name])) * g[name]},
            x=layer.params,
        )

    return plant


def other_cotangent(change):
    """Return what plants the cotangent change(cotangent) into the layer's vjp."""

    def plant(layer, rng):
        if layer.weights.size < 2:
            return None
        cotangent = numbers(rng, *layer.weights.shape, most=2)

        def wrong(params, cotangent):
            return layer.vjp(params, change(cotangent))

        return Case(f=layer.outputs, right=layer.vjp, wrong=wrong, x=layer.params, form="vjp", cotangent=cotangent)

    return plant


AROUND = (
    Fault("weight decay dropped", ("DROPPED_TERM",), decay(1, 0)),
    Fault("weight decay that is not in the loss", ("EXTRA_TERM",), decay(0, 1)),
    Fault("weight decay without its half", ("EXTRA_TERM",), decay(1, 2)),
    Fault("weight decay's sign", ("DROPPED_TERM", "WRONG_SIGN", "UNKNOWN"), decay(1, -1)),
    Fault("added to the last gradient", ("EXTRA_TERM", "STALE_POINT", "UNKNOWN"), accumulated),
    Fault("before the update", ("STALE_POINT",), stale_by_a_step),
    Fault("of another point", ("UNCHANGING",), stale_by_far),
    Fault("the slope of a map dropped", ("MISSING_CHAIN_FACTOR",), through_map(lambda u, forward, slope: 1)),
    Fault(
        "the slope of a map where it leads",
        ("MISSING_CHAIN_FACTOR", "UNKNOWN"),
        through_map(lambda u, forward, slope: slope(forward(u)), ("exp", "tanh", "σ", "square")),  # log 1 is 0
    ),
    Fault(
        "divided by the slope of a map",
        ("MISSING_CHAIN_FACTOR", "UNKNOWN"),
        through_map(lambda u, forward, slope: 1 / slope(u)),
    ),
    Fault(
        "each centred row by itself",
        ("COUPLED_ROWS", "DROPPED_TERM", "UNKNOWN"),
        centred_rows(lambda rows: 1 - 1 / rows),
    ),
    Fault(
        "the mean row detached",
        ("COUPLED_ROWS", "DROPPED_TERM", "EXTRA_TERM", "UNKNOWN"),
        centred_rows(lambda rows: 1),
    ),
    Fault("a cotangent of ones", ("IGNORED_COTANGENT",), other_cotangent(np.ones_like)),
    Fault(
        "the cotangent's mean",
        ("IGNORED_COTANGENT", "UNKNOWN"),
        other_cotangent(lambda cotangent: 0 * cotangent + cotangent.mean()),
    ),
    Fault("the cotangent's size", ("NONLINEAR_PRODUCT",), other_cotangent(abs)),
    Fault("the cotangent's sign", ("WRONG_SIGN",), other_cotangent(np.negative)),
)
