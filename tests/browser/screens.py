"""What a page is seen on: screens of all sizes, in the light and in the dark."""

import pytest

__all__ = ["contrast", "in_both_schemes", "on_every_screen"]

SCREENS = {
    "phone": {"width": 360, "height": 740},
    "desktop": {"width": 1280, "height": 900},
    "projector": {"width": 1920, "height": 1080},
}

in_both_schemes = pytest.mark.parametrize("scheme", ["light", "dark"])


def on_every_screen(test):
    """Run a test with the ``viewport`` of each screen, in the light and in the dark."""
    return in_both_schemes(pytest.mark.parametrize("viewport", SCREENS.values(), ids=SCREENS)(test))


def contrast(page, foreground, background):
    """Return the contrast ratio of two colours of the page, as WCAG 2 has it."""
    luminance = """(name) => {
        const probe = document.body.appendChild(document.createElement("i"));
        probe.style.color = `var(${name})`;
        const [r, g, b] = getComputedStyle(probe).color.match(/\\d+/g).map((c) => c / 255)
            .map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
        probe.remove();
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    }"""
    dark, light = sorted(page.evaluate(luminance, name) for name in (foreground, background))
    return (light + 0.05) / (dark + 0.05)
