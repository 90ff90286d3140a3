"""The faults that explain what is wrong, best first."""

from collections.abc import Sequence
from dataclasses import replace

from verification.diagnosis.catalogue import explain
from verification.diagnosis.diagnosis import Diagnosis
from verification.diagnosis.evidence import Evidence, Part
from verification.diagnosis.explanation import Explanation, Rank
from verification.diagnosis.failure_mode import FailureMode
from verification.diagnosis.patterns import patterns

__all__ = ["diagnose"]

NAMED = 6
"""So many arrays are called by their names."""

TIES = 4
"""So many faults are named at most that explain the same."""


def diagnose(evidence: Evidence) -> list[Diagnosis]:
    """Return what explains the wrong arrays: one fault of all of them if there is one, else each by itself.

    Of several that explain the same the plainest comes first, and the others say in their evidence that they tie.
    """
    wrong = evidence.wrong
    candidates = [_candidates(part, evidence) for part in wrong]
    is_number = sum(int(part.measured.sum()) for part in evidence.parts) == 1
    shared = _shared(candidates, is_number=is_number)
    if shared:
        return _tied([_diagnosis(found, wrong, evidence) for found in shared])
    found, unknown = list[Diagnosis](), list[Part]()
    for part, fitting in zip(wrong, candidates, strict=True):
        own = sorted(filter(_is_supported, fitting), key=lambda explanation: explanation.rank)
        found += _tied([_diagnosis([e], [part], evidence) for e in own])
        unknown += [] if own else [part]
    return [*found, *([_unknown(unknown, evidence)] if unknown else [])]


def _candidates(part: Part, evidence: Evidence) -> list[Explanation]:
    """Return what fits an array; what would change all of it does not, where most of it is known to be right."""
    whole = [] if part.others_agree else explain(part, evidence)
    return [*whole, *patterns(part, evidence)]


def _shared(candidates: list[list[Explanation]], *, is_number: bool) -> list[list[Explanation]]:
    """Return the explanations that all wrong arrays have in common, plainest first; a single number has a factor."""
    shared = []
    for first in candidates[0] if candidates else ():
        found = [next((e for e in fitting if e.is_same(first)), None) for fitting in candidates]
        same = [explanation for explanation in found if explanation is not None]
        if len(same) == len(candidates) and (_is_supported(*same) or (is_number and first.rank is Rank.FACTOR)):
            shared.append(same)
    return sorted(shared, key=lambda same: max(explanation.rank for explanation in same))


def _is_supported(*explanations: Explanation) -> bool:
    """Return whether more is explained than numbers were fitted; each array has the same."""
    return sum(e.fit.explained for e in explanations) > max(e.parameters for e in explanations)


def _tied(diagnoses: list[Diagnosis]) -> list[Diagnosis]:
    """Return some explanations of the same, each fault once, of which the later ones say that they tie."""
    first: dict[FailureMode, Diagnosis] = {}
    for diagnosis in diagnoses:
        first.setdefault(diagnosis.mode, diagnosis)
    return [replace(d, evidence={**d.evidence, "tie": i > 0}) for i, d in enumerate(list(first.values())[:TIES])]


def _diagnosis(explanations: Sequence[Explanation], parts: Sequence[Part], evidence: Evidence) -> Diagnosis:
    first = explanations[0]
    names = [part.name for part in parts]
    names += [e.partner for e in explanations if e.partner]
    where = ", ".join(dict.fromkeys(names))
    subject = "all arrays" if len(parts) == len(evidence.parts) > 1 else where
    numbers = {
        "explained": sum(e.fit.explained for e in explanations),
        "wrong": sum(e.fit.wrong for e in explanations),
        "rank": Rank(first.rank).name,
        **first.numbers,
    }
    message = f"{subject}: {first.mode.title} ({first.what})"
    return Diagnosis(first.mode, where, message, first.mode.remedy, numbers)


def _unknown(parts: Sequence[Part], evidence: Evidence) -> Diagnosis:
    mode, names = FailureMode.UNKNOWN, _listed([part.name for part in parts])
    right = [part.name for part in evidence.parts if part.shown_right.any() and not part.wrong.any()]
    besides = f"; {_listed(right)} {'agree' if len(right) > 1 else 'agrees'}" if right else ""
    message = f"{names}: wrong in a way that no known fault explains{besides}"
    wrong = sum(int(part.wrong.sum()) for part in parts)
    return Diagnosis(mode, names, message, mode.remedy, {"wrong": wrong, "rank": Rank.UNKNOWN.name})


def _listed(names: Sequence[str]) -> str:
    """Return names in a row, or the first of them and how many more there are."""
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more
