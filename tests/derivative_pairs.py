"""Functions and points that numerical derivatives find hard, with the derivatives exact to the last digit.

Expressions are NumPy's when evaluated and mpmath's when differentiated; ``inside`` says what is done to them.
"""

import math
from functools import cache
from typing import NamedTuple

import numpy as np

__all__ = ["NAMES", "PAIRS", "Pair", "true_error"]

NAMES = {
    name: getattr(
        np,
        {"asin": "arcsin", "acos": "arccos", "atan": "arctan", "acosh": "arccosh", "atanh": "arctanh"}.get(name, name),
    )
    for name in (
        "abs",
        "acos",
        "acosh",
        "asin",
        "atan",
        "atanh",
        "cos",
        "cosh",
        "exp",
        "log",
        "sin",
        "sqrt",
        "tan",
        "tanh",
    )
} | {"max": np.maximum}


@cache
def _compiled(expression):
    return compile(expression, expression, "eval")


class Pair(NamedTuple):
    """A function, a point and the derivative there."""

    group: str
    expression: str
    x: float
    exact: float
    inside: str = "float64"
    """A dtype that f computes in, "noise" of a size added to it, or decimals it is "rounded" to."""

    def __str__(self):
        return f"{self.expression} at {self.x:g} ({self.group}, {self.inside})"

    def __call__(self, x):
        """Return f(x)."""
        kind, _, size = self.inside.partition(" ")
        if kind in ("float16", "float32"):
            x = getattr(np, kind)(x)
        with np.errstate(all="ignore"):
            value = np.float64(eval(_compiled(self.expression), NAMES, {"x": x}))
            if kind == "noise":
                value += float(size) * math.sin(1e9 * float(x) + 1e13 * float(x) ** 2 % 7)
        return np.round(value, int(size)) if kind == "rounded" else value


PAIRS = (
    Pair("plain", "sin(x)", 1.0, 0.5403023058681398),
    Pair("plain", "sin(x)", 0.0, 1.0),
    Pair("plain", "sin(x)", 1e-08, 1.0),
    Pair("plain", "exp(x)", 0.0, 1.0),
    Pair("plain", "exp(x)", 1.0, 2.718281828459045),
    Pair("plain", "exp(x)", -30.0, 9.357622968840175e-14),
    Pair("plain", "exp(x)", 100.0, 2.6881171418161356e43),
    Pair("plain", "x**3 - 2*x", 0.7, -0.5300000000000001),
    Pair("plain", "x**3 - 2*x", 0.0, -2.0),
    Pair("plain", "x**2", 0.0, 0.0),
    Pair("plain", "x**2", 3.0, 6.0),
    Pair("plain", "cos(x)", 1e-08, -1e-08),
    Pair("plain", "cos(x)", 0.0, 0.0),
    Pair("plain", "cos(x)", 2.0, -0.9092974268256817),
    Pair("plain", "tanh(x)", 0.3, 0.9151369618266292),
    Pair("plain", "tanh(x)", 0.0, 1.0),
    Pair("plain", "1/(1 + exp(-x))", 0.5, 0.2350037122015945),
    Pair("plain", "1/(1 + exp(-x))", 0.0, 0.25),
    Pair("plain", "exp(-x**2)", 1.0, -0.7357588823428847),
    Pair("plain", "log(1 + exp(x))", 0.0, 0.5),
    Pair("plain", "log(1 + exp(x))", 2.0, 0.8807970779778824),
    Pair("plain", "x*sin(x) + exp(-x)", 3.0, -2.878644550109333),
    Pair("plain", "atan(x)", 0.5, 0.8),
    Pair("plain", "atan(x)", 100.0, 9.999000099990002e-05),
    Pair("plain", "cosh(x)", 2.0, 3.6268604078470186),
    Pair("plain", "3.0*x + 1.0", 2.0, 3.0),
    Pair("plain", "7.0 + 0.0*x", 1.3, 0.0),
    Pair("scales", "log(x)", 1e-08, 100000000.0),
    Pair("scales", "log(x)", 0.001, 1000.0),
    Pair("scales", "log(x)", 100000000.0, 1e-08),
    Pair("scales", "sqrt(x)", 1e-08, 5000.0),
    Pair("scales", "sqrt(x)", 100000000.0, 5e-05),
    Pair("scales", "sqrt(x)", 0.0001, 50.0),
    Pair("scales", "x**2", 100000000.0, 200000000.0),
    Pair("scales", "x**2", 1e-08, 2e-08),
    Pair("scales", "1/x", 1e-06, -1000000000000.0001),
    Pair("scales", "1/x", 100000000.0, -1e-16),
    Pair("scales", "1/x", -0.001, -1000000.0),
    Pair("scales", "exp(x*1e-8)", 100000000.0, 2.7182818284590455e-08),
    Pair("scales", "x**5", 1e-08, 5e-32),
    Pair("scales", "x**5", 100000.0, 5e20),
    Pair("scales", "x/(1 + x)", 1e-08, 0.9999999800000003),
    Pair("scales", "exp(1e6*x)", 1e-06, 2718281.828459045),
    Pair("scales", "exp(1e6*x)", 0.0, 1000000.0),
    Pair("scales", "tanh(1e6*x)", 1e-07, 990066.2908474398),
    Pair("scales", "tanh(1e6*x)", 0.0, 1000000.0),
    Pair("scales", "sin(x/1e8)", 0.0, 1e-08),
    Pair("scales", "sin(x/1e8)", 100000000.0, 5.403023058681397e-09),
    Pair("scales", "log(1 + x)", 1e-08, 0.9999999900000001),
    Pair("scales", "log(1 + x)", 100000000.0, 9.9999999e-09),
    Pair("oscillating", "sin(x)", 10000.0, -0.9521553682590148),
    Pair("oscillating", "sin(x)", 1000.0, 0.5623790762907029),
    Pair("oscillating", "sin(x)", 1000000.0, 0.9367521275331447),
    Pair("oscillating", "sin(x)", 100000000.0, -0.3633850893556905),
    Pair("oscillating", "cos(50*x)", 1.0, 13.11874268519644),
    Pair("oscillating", "cos(50*x)", 0.1, 47.94621373315692),
    Pair("oscillating", "cos(50*x)", 10.0, 23.388590266123806),
    Pair("oscillating", "cos(50*x)", 1e-08, -2.4999999999998958e-05),
    Pair("oscillating", "sin(1/x)", 0.01, -8623.188722876828),
    Pair("oscillating", "sin(1/x)", 0.1, 83.90715290764527),
    Pair("oscillating", "sin(1/x)", 0.001, -562379.0762907201),
    Pair("oscillating", "sin(100*x)*exp(-x)", 2.0, 6.71155613571422),
    Pair("oscillating", "cos(x**2)", 10.0, 10.127312822195176),
    Pair("oscillating", "cos(x**2)", 30.0, -59.86819646531823),
    Pair("oscillating", "exp(sin(20*x))", 1.7, -28.806832088710898),
    Pair("oscillating", "x*sin(1/x)", 0.02, -48.51067627830958),
    Pair("oscillating", "sin(6.283185307179586*x)", 4.0, 6.283185307179586),
    Pair("oscillating", "sin(exp(x))", 4.0, -20.23744493159802),
    Pair("edge", "log(x)", 1e-12, 1000000000000.0),
    Pair("edge", "asin(x)", 0.999, 22.36627204212921),
    Pair("edge", "asin(x)", 0.99999, 223.60735676957847),
    Pair("edge", "asin(x)", -0.999, 22.36627204212921),
    Pair("edge", "acos(x)", 0.999, -22.36627204212921),
    Pair("edge", "x*log(x)", 1e-08, -17.420680743952367),
    Pair("edge", "x*log(x)", 0.1, -1.3025850929940457),
    Pair("edge", "x*log(x)", 2.0, 1.6931471805599454),
    Pair("edge", "1/(x - 1)", 1.001, -1000000.0000002203),
    Pair("edge", "1/(x - 1)", 1.000001, -1000000000164.5333),
    Pair("edge", "1/(x - 1)", 0.999, -999999.9999999983),
    Pair("edge", "sqrt(x - 1)", 1.0001, 50.00000000000276),
    Pair("edge", "sqrt(x - 1)", 1.00000001, 5000.000015193677),
    Pair("edge", "log(1 - x)", 0.9999, -10000.0000000011),
    Pair("edge", "log(1 - x)", 0.999999, -999999.9999712444),
    Pair("edge", "1/(1 - x**2)", 0.9999, 49999999.87499851),
    Pair("edge", "tan(x)", 1.57, 1576948.220797328),
    Pair("edge", "tan(x)", 1.5, 199.85004452649247),
    Pair("edge", "acosh(x)", 1.00001, 223.60623873434844),
    Pair("edge", "atanh(x)", 0.99999, 50000.25000147756),
    Pair("edge", "x**0.3", 1e-06, 4754.679577383341),
    Pair("edge", "x**x", 0.01, -3.4429107989641485),
    Pair("edge", "x**x", 5.0, 8154.493476356563),
    Pair("edge", "1/x**2", 0.001, -1999999999.9999998),
    Pair("saturated", "tanh(x)", 20.0, 1.6993417021166355e-17),
    Pair("saturated", "tanh(x)", 5.0, 0.0001815832309438067),
    Pair("saturated", "tanh(x)", 15.0, 3.743049187535369e-13),
    Pair("saturated", "tanh(x)", -18.5, 3.413219050297626e-16),
    Pair("saturated", "1/(1 + exp(-x))", 30.0, 9.357622968838423e-14),
    Pair("saturated", "1/(1 + exp(-x))", -30.0, 9.357622968838423e-14),
    Pair("saturated", "1/(1 + exp(-x))", 36.0, 2.319522830243568e-16),
    Pair("saturated", "1/(1 + exp(-x))", -700.0, 9.85967654375977e-305),
    Pair("saturated", "log(1 + exp(x))", -30.0, 9.357622968839299e-14),
    Pair("saturated", "log(1 + exp(x))", 40.0, 1.0),
    Pair("saturated", "exp(-x**2)", 6.0, -2.783427396292283e-15),
    Pair("saturated", "atan(x)", 100000000.0, 9.999999999999999e-17),
    Pair("cancelling", "(x**2 - 2*x + 1)", 1.0001, 0.00019999999999997797),
    Pair("cancelling", "x**7 - 7*x**6 + 21*x**5 - 35*x**4 + 35*x**3 - 21*x**2 + 7*x - 1", 1.01, 7.000000000000037e-12),
    Pair("cancelling", "x**7 - 7*x**6 + 21*x**5 - 35*x**4 + 35*x**3 - 21*x**2 + 7*x - 1", 1.1, 7.000000000000037e-06),
    Pair("cancelling", "x**3 - 3*x**2 + 3*x - 1", 1.001, 2.9999999999993394e-06),
    Pair("cancelling", "(1 - cos(x))/x**2", 0.001, -8.333332777777793e-05),
    Pair("cancelling", "(1 - cos(x))/x**2", 0.1, -0.008327779265652578),
    Pair("cancelling", "(exp(x) - 1)/x", 1e-06, 0.5000003333334583),
    Pair("cancelling", "sqrt(x + 1) - sqrt(x)", 1000000.0, -2.4999981250015624e-10),
    Pair("cancelling", "x - sin(x)", 0.01, 4.999958333472222e-05),
    Pair("cancelling", "x - sin(x)", 0.0001, 4.999999995833334e-09),
    Pair("cancelling", "x**4 - 8*x**3 + 24*x**2 - 32*x + 16", 2.0001, 4.0000000000253234e-12),
    Pair("offset", "1e8 + sin(x)", 1.0, 0.5403023058681398),
    Pair("offset", "1e8 + sin(x)", 0.0, 1.0),
    Pair("offset", "1e4 + exp(x)", 0.5, 1.6487212707001282),
    Pair("offset", "1e8 + x**2", 3.0, 6.0),
    Pair("offset", "(1e6 + x) - 1e6", 0.3, 1.0),
    Pair("offset", "1e12 + sin(x)", 1.0, 0.5403023058681398),
    Pair("magnitude", "1e150*sin(x)", 1.0, 5.403023058681397e149),
    Pair("magnitude", "1e-150*sin(x)", 1.0, 5.4030230586813974e-151),
    Pair("magnitude", "1e-150*exp(x)", 0.0, 1e-150),
    Pair("magnitude", "1e150*(x**2 - x)", 0.3, -4e149),
    Pair("magnitude", "1e-300*cos(x)", 1.0, -8.414709848078965e-301),
    Pair("magnitude", "1e300*tanh(x)", 0.1, 9.900662908474398e299),
    Pair("magnitude", "exp(x)", 700.0, 1.0142320547350045e304),
    Pair("magnitude", "exp(x)", -700.0, 9.85967654375977e-305),
    Pair("flat", "exp(-1/x**2)", 0.1, 7.440151952041753e-41),
    Pair("flat", "exp(-1/x**2)", 0.2, 3.4719859662410144e-09),
    Pair("flat", "exp(-1/x**2)", 0.5, 0.29305022221974686),
    Pair("flat", "exp(-1/x**2)", 1.0, 0.7357588823428847),
    Pair("flat", "exp(-1/x**2)", 0.05, 3.0642713547425447e-170),
    Pair("flat", "exp(-1/x)", 0.01, 3.720075976020844e-40),
    Pair("flat", "exp(-1/x)", 0.1, 0.004539992976248487),
    Pair("flat", "exp(-1e4*(x - 1)**2)", 1.005, -77.88007830713966),
    Pair("flat", "exp(-1e4*(x - 1)**2)", 1.0, 0.0),
    Pair("flat", "1/(1 + 1e6*(x - 1)**2)", 1.0005, -639.9999999999859),
    Pair("flat", "1/(1 + 1e6*(x - 1)**2)", 1.0, 0.0),
    Pair("flat", "tanh(1e4*(x - 1))", 1.00001, 9900.662908473105),
    Pair("flat", "exp(-1e6*(x-1)**2)", 1.0005, -778.8007830713619),
    Pair("composed", "exp(x)/(1 + x**2)", 1.5, 0.1060754809547471),
    Pair("composed", "sin(x)*log(x)", 10.0, -1.9864357058960964),
    Pair("composed", "sqrt(1 + x**4)", 2.0, 3.8805700005813275),
    Pair("composed", "exp(exp(x))", 1.5, 396.1088591568781),
    Pair("composed", "x**10", 1.1, 23.579476910000018),
    Pair("composed", "log(log(x))", 3.0, 0.30341307554227914),
    Pair("composed", "log(log(x))", 1.001, 999.5004162921251),
    Pair("composed", "sin(sin(sin(x)))", 0.5, 0.6972664358502411),
    Pair("composed", "x**20 - x", 0.99, 15.523372476711732),
    Pair("composed", "1/(1+25*x**2)", 0.3, -1.4201183431952664),
    Pair("composed", "exp(x**2)", 10.0, 5.376234283632271e44),
    Pair("float32", "sin(x)", 1.0, 0.5403023058681398, "float32"),
    Pair("float32", "sin(x)", 0.5, 0.8775825618903728, "float32"),
    Pair("float32", "exp(x)", 2.0, 7.38905609893065, "float32"),
    Pair("float32", "x**3", 1.5, 6.75, "float32"),
    Pair("float32", "log(x)", 0.25, 4.0, "float32"),
    Pair("float32", "1/(1 + exp(-x))", 1.0, 0.19661193324148185, "float32"),
    Pair("float32", "tanh(x)", 0.1, 0.9900662908474398, "float32"),
    Pair("float16", "sin(x)", 1.0, 0.5403023058681398, "float16"),
    Pair("float16", "exp(x)", 0.5, 1.6487212707001282, "float16"),
    Pair("float16", "x**2", 0.75, 1.5, "float16"),
    Pair("noise", "sin(x)", 1.0, 0.5403023058681398, "noise 1e-6"),
    Pair("noise", "sin(x)", 2.0, -0.4161468365471424, "noise 1e-6"),
    Pair("noise", "exp(x)", 0.3, 1.3498588075760032, "noise 1e-6"),
    Pair("noise", "sin(x)", 1.0, 0.5403023058681398, "noise 1e-10"),
    Pair("noise", "x**2", 3.0, 6.0, "noise 1e-10"),
    Pair("noise", "exp(x)", 1.0, 2.718281828459045, "rounded 6"),
    Pair("noise", "log(x)", 3.0, 0.3333333333333333, "rounded 6"),
    Pair("kink", "abs(x - 1.001) + sin(x)", 1.0, -0.4596976941318603),
    Pair("kink", "abs(x - 1.0001)*x", 1.0, -0.9999),
    Pair("kink", "max(x, 1.00001)", 1.0, 0.0),
    Pair("kink", "max(x - 0.999, 0)**2 + x", 1.0, 1.002),
    Pair("kink", "abs(x)", 0.001, 1.0),
    Pair("kink", "abs(x)", 1e-06, 1.0),
    Pair("kink", "max(x, 0.0)", 0.0001, 1.0),
    Pair("kink", "max(x, 0.0)", -0.0001, 0.0),
    Pair("kink", "abs(sin(x))", 3.1, -0.9991351502732795),
    Pair("kink", "abs(x - 1.000001) + exp(x)", 1.0, 1.7182818284590453),
)


def true_error(estimate, pair):
    return abs(float(estimate.value) - pair.exact)
