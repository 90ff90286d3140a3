"""What the pages show, worked out in Python."""

import decimal
import math

__all__ = ["read", "shown", "shown_number"]


def read(page, name):
    """Return the text of an element."""
    return page.locator(f"#{name}").inner_text()


def shown_number(text):
    """Return the number that a page shows."""
    return float(text.replace("−", "-"))


def shown(value, digits=2):
    """Return a number as the pages write it: rounded to so many digits, halves away from 0."""
    if value is None or math.isnan(value):
        return "none"
    if value == 0:
        return "0"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    with decimal.localcontext(prec=digits, rounding=decimal.ROUND_HALF_UP):
        rounded = +decimal.Decimal(value)
    if 0.01 <= abs(value) < 10000:
        text = repr(float(rounded)).removesuffix(".0")
    else:
        mantissa, exponent = f"{rounded:.{digits - 1}e}".split("e")
        text = f"{mantissa}e{int(exponent)}"
    return text.replace("-", "−")
