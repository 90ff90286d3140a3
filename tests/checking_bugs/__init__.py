"""Wrong lines planted into the checker, each with the test that must fail."""

from checking_bugs.judged import JUDGED
from checking_bugs.measured import MEASURED
from checking_bugs.named import NAMED
from checking_bugs.related import RELATED
from checking_bugs.rounded import ROUNDED
from checking_bugs.working import WORKING

__all__ = ["BUGS"]

BUGS = (*MEASURED, *JUDGED, *NAMED, *RELATED, *ROUNDED, *WORKING)
