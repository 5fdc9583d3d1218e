"""The feedback of one organisation as a workbook: plain values in plain tables, to read, print and copy from.

It holds what :class:`kil_xlsx.core.feedback.Feedback` holds and nothing else: no formulas, no hidden sheets, no names
of cells.
"""

from __future__ import annotations

from datetime import datetime

from kil_xlsx.core.branding import DEFAULT, Branding
from kil_xlsx.core.feedback import Feedback
from kil_xlsx.core.framework import Framework
from kil_xlsx.layout.document import Document
from kil_xlsx.layout.feedback_book.details import advice, answers, how_to_read, measures, place
from kil_xlsx.layout.feedback_book.frame import (
    ADVICE,
    ANSWERS,
    CHART_FIGURES,
    HOW_TO_READ,
    MEASURES,
    PLACE,
    SUMMARY,
    one_line,
)
from kil_xlsx.layout.feedback_book.scores import chart_figures, summary

__all__ = [
    "ADVICE", "ANSWERS", "CHART_FIGURES", "HOW_TO_READ", "MEASURES", "PLACE", "SUMMARY", "feedback_document",
]  # fmt: skip


def feedback_document(
    feedback: Feedback, framework: Framework, created: datetime, branding: Branding = DEFAULT
) -> Document:
    """Lay the feedback of one organisation out as a workbook.

    :param framework: the one that the feedback is about, for units, levels in words and the bounds of scores.
    :param created: the time that the file's properties carry.
    :param branding: whose footer every page has and whose logo the first sheet has.
    """
    figures = chart_figures(feedback, framework, branding)
    sheets = [
        summary(feedback, framework, branding, figures),
        advice(feedback, branding),
        answers(feedback, framework, branding),
        measures(feedback, framework, branding),
        place(feedback, framework, branding),
        how_to_read(feedback, branding),
        figures,
    ]
    return Document(
        sheets=[sheet for sheet in sheets if sheet is not None],
        names=[],
        title=one_line(f"Feedback for {feedback.organisation}", 200),
        subject=one_line(feedback.title, 200),
        keywords="feedback, benchmark",
        language=feedback.language,
        created=created,
        properties={"framework": feedback.framework, "version": feedback.version},
        active_sheet=SUMMARY,
    )
