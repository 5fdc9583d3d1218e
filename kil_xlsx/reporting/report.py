"""The report of a release: one HTML file that works without a network, on a phone, on paper and for everybody.

Everything in it comes from a :class:`kil_xlsx.core.release.Release`.  The file asks for nothing from anywhere: its
own policy forbids it.  Its little script only shows and hides; without it, everything can be read.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from kil_xlsx.core.branding import DEFAULT, Branding
from kil_xlsx.core.framework import Framework
from kil_xlsx.core.release import CONFIDENTIAL, MARKS, Release
from kil_xlsx.reporting import charts, findings, tables
from kil_xlsx.reporting.chapters import BEHIND, chapters, counted, side_by_side, trusted
from kil_xlsx.reporting.shown import Shown, day, some
from kil_xlsx.reporting.svg import FONT, on, safe


def report_html(release: Release, framework: Framework, branding: Branding = DEFAULT) -> bytes:
    """The report as UTF-8 HTML; the same release, framework and branding always give the same bytes."""
    environment = _environment()
    style = environment.get_template("report.css.j2").render(_looks(branding))
    script = environment.get_template("report.js").render()
    page = environment.get_template("report.html.j2").render(
        release=release,
        language=release.language if release.language.split("-")[0] == "en" else "en",
        branding=branding,
        policy=_policy(style, script),
        style=trusted(style),
        script=trusted(script),
        logo=_logo(branding),
        created=day(release.created),
        earlier=day(release.earlier.created) if release.earlier else "",
        findings=findings.main(Shown(framework), release),
        participation=tables.participation(release),
        counted=list(counted(release, branding.palette)),
        chapters=list(chapters(release, framework, branding.palette)),
        side_by_side=side_by_side(release, framework, branding.palette),
        marks=MARKS,
        confidential=CONFIDENTIAL,
        behind=BEHIND,
        key=lambda kind: trusted(charts.key_mark(kind, branding.palette)),
        bounds=framework.scoring,
        some=some,
    )
    return page.encode()


# The page


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("kil_xlsx.reporting"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_escaped,
    )


def _escaped(value: Any) -> Any:
    """Whatever is not markup of our own loses the characters that pages may not hold; then it is escaped."""
    return value if not isinstance(value, str) or hasattr(value, "__html__") else trusted(safe(value))


def _policy(style: str, script: str) -> str:
    """What the page may do: use its own style, its own script and pictures inside it; ask for nothing."""

    def hashed(text: str) -> str:
        return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"

    return (
        f"default-src 'none'; style-src {hashed(style)}; script-src {hashed(script)}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _looks(branding: Branding) -> dict[str, Any]:
    """What the style sheet is made from."""
    palette = branding.palette
    fills = charts.level_colours(tables.TINTS + 2, palette)[: tables.TINTS]
    return {
        "palette": palette,
        "edge": charts.edge(palette),
        "font": f"'{branding.font}', {FONT}",
        "tints": [(fill, on(fill, palette.ink)) for fill in fills],
        "tones": [
            (tone, palette.colour(f"{tone}_fill"), palette.colour(f"{tone}_ink"))
            for tone in ("low", "middle", "good", "best")
        ],
    }


def _logo(branding: Branding) -> dict[str, Any] | None:
    if branding.logo is None:
        return None
    kind = "png" if branding.logo.content.startswith(b"\x89PNG") else "jpeg"
    content = base64.b64encode(branding.logo.content).decode()
    return {
        "source": f"data:image/{kind};base64,{content}",
        "description": branding.logo.description,
        "height": branding.logo.height,
    }
