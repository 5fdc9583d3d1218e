"""The one-page summary of an organisation's feedback, as HTML and as PDF.

Both are made from the same words (:mod:`kil_xlsx.reporting.summary_page`) and the same drawings.  No text of an
organisation or a definition is ever taken for markup: the HTML is escaped by Jinja, and Typst gets its texts as data.

The PDF is set in the fonts that come inside the ``typst`` package, and in no others: fonts of the machine are not
looked at, so that it looks the same and has the same bytes everywhere.  They have Latin, Greek, Cyrillic, Hebrew and
Arabic letters; a character that none of them has is shown as a box, because a PDF that claims to be accessible
(PDF/UA) must not hold characters without a shape.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from kil_xlsx.core.branding import DEFAULT, Branding, Logo
from kil_xlsx.core.feedback import Feedback
from kil_xlsx.core.framework import Framework
from kil_xlsx.core.pictures import size
from kil_xlsx.reporting import charts, wholes
from kil_xlsx.reporting.marks import Scale, scale
from kil_xlsx.reporting.numbers import decimal
from kil_xlsx.reporting.summary_page import Page, Row, clean, page
from kil_xlsx.reporting.svg import FONT

if TYPE_CHECKING:
    import jinja2
    import typst

_TEMPLATES = Path(__file__).parent / "templates"

_STRIP, _WIDE_STRIP = 180, 340
"""Pixels across a strip in the PDF, where there is no width to fill; wide is that of the overall score."""

LEAST_SPOKES = 5
"""With fewer sections the chart on spokes says less than the strips beside them."""

_BOX = "\u25a1"
"""What stands in the PDF for a character that its fonts do not have."""


class Drawings(Struct, frozen=True, kw_only=True):
    """The charts: the overall score, one strip for each section, the scale above them, and the sections on spokes."""

    overall: str
    rows: tuple[str, ...]
    scale: str
    radar: str
    radar_words: str
    key: tuple[tuple[str, str], ...]


def summary_html(feedback: Feedback, framework: Framework, branding: Branding = DEFAULT) -> bytes:
    """The summary as one HTML file that needs nothing else: no network, no script, no font of its own."""
    return next(summary_files(feedback, framework, branding, pdf=False))


def summary_pdf(feedback: Feedback, framework: Framework, branding: Branding = DEFAULT) -> bytes:
    """The summary as a PDF of one A4 page, tagged for screen readers (PDF/UA-1).

    Its date is that of the feedback.  Typst is started once for each process; a page then takes some milliseconds.
    """
    content = page(feedback, framework, branding.footer)
    return _pdf(content, _drawings(content, framework, branding), branding, feedback.created)


def summary_files(
    feedback: Feedback, framework: Framework, branding: Branding = DEFAULT, *, pdf: bool = True
) -> Iterator[bytes]:
    """The summary as :func:`summary_html` gives it and, if wanted, as :func:`summary_pdf` does: drawn once for both."""
    content = page(feedback, framework, branding.footer)
    drawn = _drawings(content, framework, branding)
    yield _page_html(content, drawn, branding)
    if pdf:
        yield _pdf(content, drawn, branding, feedback.created)


def _page_html(content: Page, drawn: Drawings, branding: Branding) -> bytes:
    logo = branding.logo
    text = _html().render(
        page=content,
        drawings=drawn,
        palette=branding.palette,
        font=branding.font,
        zoom=round(_print_sizes(content)[0] / 12, 3),
        logo=f"data:{_kind(logo)};base64,{base64.b64encode(logo.content).decode()}" if logo else "",
        logo_words=clean(logo.description) if logo else "",
        logo_height=logo.height if logo else 0,
    )
    return text.encode()


def _pdf(content: Page, drawn: Drawings, branding: Branding, created: date) -> bytes:
    language, _, region = content.language.partition("-")
    data = {
        "page": msgspec.to_builtins(content, str_keys=True),
        "drawings": {
            **msgspec.to_builtins(drawn),
            "overall": _alone(drawn.overall, _WIDE_STRIP),
            "rows": [_alone(each) for each in drawn.rows],
            "scale": _alone(drawn.scale),
            "wide_scale": _alone(drawn.scale, _WIDE_STRIP),
            "key": [[_alone(mark), words] for mark, words in drawn.key],
        },
        "palette": msgspec.to_builtins(branding.palette),
        "points": _print_sizes(content)[1],
        "language": language,
        "region": region if len(region) == 2 else None,
        "logo": _framed(branding.logo) if branding.logo else None,
        "logo_words": clean(branding.logo.description) if branding.logo else "",
        "logo_height": branding.logo.height if branding.logo else 0,
    }
    return _set(msgspec.json.encode(data).decode(), datetime.combine(created, time(), UTC))


# Drawings


def _strip(row: Row) -> charts.Strip:
    figure = row.figure
    return charts.Strip(
        label=row.label,
        median=figure.median,
        lower=figure.lower_quartile,
        upper=figure.upper_quartile,
        own=row.value,
    )


@lru_cache(maxsize=8)
def _scale(minimum: float, maximum: float, decimals: int) -> Scale:
    return scale(minimum, maximum, lambda value: decimal(value, decimals))


def _drawings(content: Page, framework: Framework, branding: Branding) -> Drawings:
    scoring, palette = framework.scoring, branding.palette
    across = _scale(scoring.minimum, scoring.maximum, scoring.decimals)

    def strip(row: Row | None) -> str:
        if row is None or (row.missing and not content.compared):
            return ""
        return charts.strip_row(_strip(row), across, palette, height=18.0)

    key = [("diamond", "You")]
    if content.compared:
        key += [("dot", f"Median of {content.whose}")]
        key += [("box", f"Middle half of {content.whose}")] if content.middles else []
    spokes = [row.code or row.label for row in content.rows]
    own = wholes.Series("You", tuple(row.value for row in content.rows), missing="no score", style=1)
    group = wholes.Series(f"Median of {content.whose}", tuple(row.figure.median for row in content.rows), style=0)
    coded = all(row.code for row in content.rows)
    chart = None
    both = content.compared and _is_a_line(group.values)
    if len(spokes) >= LEAST_SPOKES and (both or any(value is not None for value in own.values)):
        chart = wholes.radar(
            spokes,
            (own, group) if both else (own,),
            across,
            palette,
            identifier="sections-on-spokes",
            title="Sections on spokes",
            font=f"'{branding.font}', {FONT}, 'Libertinus Serif'",  # the last is what the PDF has
            width=250 if coded else 400,
            radius=92,
            margin=20 if coded else 48,
        )
    return Drawings(
        overall=strip(content.overall),
        rows=tuple(strip(row) for row in content.rows),
        scale=charts.scale_row(across, palette),
        radar=chart.svg if chart else "",
        radar_words=chart.description if chart else "",
        key=tuple((charts.key_mark(kind, palette), words) for kind, words in key),
    )


def _is_a_line(values: Sequence[float | None]) -> bool:
    """Whether most spokes have a value, and none is a dot on its own between two that have none."""
    known = [value is not None for value in values]
    alone = any(known[at] and not known[at - 1] and not known[(at + 1) % len(known)] for at in range(len(known)))
    return not alone and sum(known) >= len(known) * 2 / 3


@lru_cache(maxsize=2048)
def _alone(row: str, width: int = _STRIP) -> str:
    """A row that fills the page's width, as a drawing with a width of its own."""
    if not row:
        return ""
    opening, rest = row.split(">", 1)
    opening = opening.replace('width="100%"', f'width="{width}"')
    return f'{opening} xmlns="http://www.w3.org/2000/svg">{rest}'


def _kind(logo: Logo) -> str:
    return "image/png" if logo.content.startswith(b"\x89PNG") else "image/jpeg"


def _framed(logo: Logo) -> str:
    """A picture as a drawing that holds it, because drawings can be handed over as text."""
    width, height = size(logo.content)
    content = base64.b64encode(logo.content).decode()
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}">'
        f'<image width="{width}" height="{height}" href="data:{_kind(logo)};base64,{content}"/></svg>'
    )


# HTML


@cache
def _html() -> jinja2.Template:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("summary.html.j2")


# Fitting on one sheet

_SIZES = (
    (27, 9.5, 11.0), (30, 9.5, 10.5), (34, 9.0, 10.0), (42, 8.5, 9.5), (47, 8.0, 9.0), (52, 7.5, 8.5), (62, 7.0, 8.0),
)  # fmt: skip
"""The most lines that fit on a sheet of A4 at a size of letters, in points: of the HTML as printed, and of the PDF."""


def _print_sizes(content: Page) -> tuple[float, float]:
    """Points at which the page should fit on a sheet: as HTML, whose fonts nobody knows, with room to spare; as PDF.

    The PDF is measured when it is set, and made smaller yet if need be.
    """
    lines = _lines(content)
    return next(((html, pdf) for most, html, pdf in _SIZES if lines <= most), (6.5, 7.5))


def _lines(content: Page) -> int:
    """About how many lines of print there are in those parts of the page that differ in length."""
    said = [each.label + each.now + each.next + each.text + each.action for each in content.next_steps]
    said += [each.label + each.now + each.text for each in content.strengths]
    lines = sum(-(-len(each) // 60) for each in said) + sum(-(-len(row.label) // 36) for row in content.rows)
    lines += -(-(len(content.notice) + sum(map(len, content.method)) + sum(map(len, content.notes))) // 150)
    return lines + (len(content.place.pairs) + 3 if content.place else 0)


# PDF


@cache
def _compiler() -> typst.Compiler:
    import typst

    return typst.Compiler(root=_TEMPLATES, ignore_system_fonts=True)


@cache
def _can_be_set(character: str) -> bool:
    """Whether the fonts have a shape for a character."""
    return (
        _tried(f'{{"probe": {msgspec.json.encode(character).decode()}}}', datetime(2000, 1, 1, tzinfo=UTC)) is not None
    )


def _set(data: str, created: datetime) -> bytes:
    """The PDF of some data; characters without a shape become boxes."""
    made = _tried(data, created)
    if made is None:
        strange = {each for each in data if not each.isascii() and not _can_be_set(each)}
        made = _tried("".join(_BOX if each in strange else each for each in data), created)
    if made is None:  # a character with marks that go with no font: keep what every font has
        made = _tried("".join(each if each.isascii() else _BOX for each in data), created)
    assert made is not None, "ASCII can always be set"
    return made


def _tried(data: str, created: datetime) -> bytes | None:
    """The PDF of some data; none if it holds a character without a shape."""
    import typst

    # As a string of Typst, in which nothing but these two signs has a meaning of its own.  Through sys.inputs, Typst
    # would take everything that it remembers from other pages for out of date.
    literal = data.replace("\\", "\\\\").replace('"', '\\"')
    document = f'#import "/summary.typ": made\n#made(json(bytes("{literal}")))\n'
    try:
        made: Any = _compiler().compile(document.encode(), format="pdf", pdf_standards=["ua-1"], timestamp=created)
    except typst.TypstError as error:
        if "could not be displayed" in error.message:
            return None
        raise
    assert isinstance(made, bytes)
    return made
