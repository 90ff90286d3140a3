"""What checks have found, gradient by gradient: as rows that JSON holds, and as files of three kinds."""

from verification.gradient_report.files import ENDINGS, as_json, report_of, write_report
from verification.gradient_report.page import as_html
from verification.gradient_report.rows import Gathering, Row, as_row, summary

__all__ = ["ENDINGS", "Gathering", "Row", "as_html", "as_json", "as_row", "report_of", "summary", "write_report"]
