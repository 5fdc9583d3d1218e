"""How the figures of a release are made, in the sentences that stand beside them."""

from __future__ import annotations

from kil_xlsx.core import disclosure
from kil_xlsx.core.framework import Framework
from kil_xlsx.core.membership import SELECTION_IN_WORDS
from kil_xlsx.core.release import Method, Thresholds
from kil_xlsx.core.separation import LITTLE, SOME, STRONG


def method_of(
    framework: Framework, thresholds: Thresholds, usual: Thresholds, *, with_earlier: bool, log_ignored: bool
) -> Method:
    """The method of a release.

    :param usual: the thresholds that would hold if nobody had asked for others.
    :param with_earlier: whether it shows change since an earlier release.
    :param log_ignored: whether figures are shown whatever they give away beside earlier releases.
    """
    fields = {each.id: each.label for each in framework.profile}
    asked = framework.benchmarking
    alike = ", ".join(f"'{fields.get(name, name)}'" for name in asked.like_with_like)
    entry = []
    if asked.least_completeness:
        entry.append(
            f"A return is used only when at least {asked.least_completeness:.0%} of the questions that can apply to it "
            "are answered."
        )
    if asked.least_section_completeness:
        entry.append(
            f"The score of a section is used only when at least {asked.least_section_completeness:.0%} of the "
            "section's are."
        )
    return Method(
        thresholds=thresholds,
        quantiles=disclosure.QUANTILES_IN_WORDS,
        missing=(
            "Nothing is filled in for missing answers. A figure uses the organisations that gave a usable answer to "
            "it; 'not applicable', 'don't know' and no answer are counted separately and enter no mean, median or "
            "percentage. A section's score is used where the return had enough answers for one, and a measure where it "
            "lies in the range that it can have."
        ),
        entry=" ".join(entry),
        weighting="Every organisation counts once and counts the same, whatever its size.",
        comparison=(
            "Measures that depend on a choice of definition are compared only among organisations that gave the same "
            f"answer to {alike} and worked the measure out in the same way."
            if alike
            else "Every measure is compared among all organisations of a group."
        ),
        selection=SELECTION_IN_WORDS,
        suppression=disclosure.suppression_in_words(thresholds, log_ignored=log_ignored),
        rounding=disclosure.ROUNDING_IN_WORDS,
        separation=(
            "How well a question separates organisations that are strong elsewhere from those that are not is the "
            "correlation of its answers with the mean of all other answers (item-rest correlation), to one decimal: "
            f"strong from {STRONG}, some from {SOME}, little from {LITTLE}."
        ),
        change=(
            "Change is the difference between what two releases show of a group. The organisations may differ. Items "
            "that mean something else now are left out."
            if with_earlier
            else ""
        ),
        lowered=disclosure.lowered_in_words(thresholds, usual, log_ignored=log_ignored),
        notice=framework.notice,
    )
