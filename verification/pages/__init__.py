"""Reports as pages: each one HTML file that needs nothing else, neither a network nor a script."""

from verification.pages.chart import Series, error_chart
from verification.pages.page import Finding, render

__all__ = ["Finding", "Series", "error_chart", "render"]
