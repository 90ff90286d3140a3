"""The faults that explain what is wrong, best first."""

from collections.abc import Sequence
from dataclasses import replace

from verification.diagnosis.catalogue import Explanation, explain
from verification.diagnosis.evidence import Evidence, Part
from verification.diagnosis.failure_mode import Diagnosis, FailureMode
from verification.diagnosis.patterns import patterns

__all__ = ["diagnose"]

TIES = 4
"""So many faults are named at most that explain the same."""


def diagnose(evidence: Evidence) -> list[Diagnosis]:
    """Return what explains the wrong arrays: one fault for all of them if there is one, else each by itself."""
    wrong = evidence.wrong
    candidates = {part.name: _candidates(part, evidence) for part in wrong}
    shared = _shared(candidates, wrong)
    if shared:
        return _tied([_diagnosis(explanations, wrong, evidence) for explanations in shared[:TIES]])
    found = []
    for part in wrong:
        own = candidates[part.name]
        if own:
            found += _tied([_diagnosis([explanation], [part], evidence) for explanation in own[:TIES]])
        else:
            found.append(_unknown(part))
    return sorted(found, key=lambda diagnosis: diagnosis.mode is FailureMode.UNKNOWN)


def _candidates(part: Part, evidence: Evidence) -> list[Explanation]:
    found = [*explain(part, evidence), *patterns(part, evidence)]
    return sorted(found, key=lambda explanation: explanation.rank)


def _shared(candidates: dict[str, list[Explanation]], wrong: Sequence[Part]) -> list[list[Explanation]]:
    """Return the explanations that all wrong arrays share, simplest first."""
    if not wrong:
        return []
    shared = []
    for first in candidates[wrong[0].name]:
        same = [next((e for e in candidates[p.name] if _is_same(e, first)), None) for p in wrong]
        found = [explanation for explanation in same if explanation is not None]
        if len(found) == len(wrong) and (len(wrong) == 1 or first.mode is not FailureMode.WRONG_ENTRIES):
            shared.append(found)
    return sorted(shared, key=lambda explanations: max(e.rank for e in explanations))


def _is_same(one: Explanation, other: Explanation) -> bool:
    return one.mode is other.mode and (one.what == other.what or bool(one.partner and other.partner))


def _tied(diagnoses: list[Diagnosis]) -> list[Diagnosis]:
    """Return explanations of the same, of which the later ones say that they are such."""
    return [replace(found, evidence={**found.evidence, "tie": i > 0}) for i, found in enumerate(diagnoses)]


def _diagnosis(explanations: Sequence[Explanation], parts: Sequence[Part], evidence: Evidence) -> Diagnosis:
    first = explanations[0]
    names = [part.name for part in parts]
    names += [e.partner for e in explanations if e.partner and e.partner not in names]
    everything = len(parts) == len(evidence.parts)
    where = ", ".join(dict.fromkeys(names))
    subject = "all arrays" if everything and len(parts) > 1 else where
    message = f"{subject}: {first.mode.title} ({first.what})"
    explained = sum(e.fit.explained for e in explanations)
    total = sum(e.fit.wrong for e in explanations)
    numbers = {"explained": explained, "wrong": total, "distance_in_bars": max(e.fit.distance for e in explanations)}
    return Diagnosis(first.mode, where, message, first.mode.remedy, {**numbers, **first.evidence, "rank": first.rank})


def _unknown(part: Part) -> Diagnosis:
    mode = FailureMode.UNKNOWN
    return Diagnosis(mode, part.name, f"{part.name}: wrong in a way that no known fault explains", mode.remedy)
