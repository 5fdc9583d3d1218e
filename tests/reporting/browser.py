"""A real browser for pages that are files, and what is checked with it.

Each check gives the faults it finds, so that a test can also show that it finds planted ones.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

AXE = os.environ.get("KIL_AXE", "")
"""Where axe.min.js of axe-core is."""

_NAMES = ("chromium", "chromium-browser", "google-chrome")

DRAWN = """() => [...document.querySelectorAll('svg[role="img"]')].flatMap(svg => {
    const folded = svg.closest('details:not([open])');
    if (folded || svg.closest('[hidden]')) return [];
    const name = svg.querySelector('title')?.textContent ?? '';
    const box = svg.getBoundingClientRect();
    if (box.width < 40 || box.height < 10) return [`too small: ${name}`];
    if (!name) return ['a drawing without a name'];
    if (name.endsWith('held back')) return [];
    const marks = [...svg.querySelectorAll('rect, circle, polygon, line[stroke-width]')];
    const seen = marks.filter(each => {
        const mark = each.getBoundingClientRect();
        return mark.width + mark.height > 2 && mark.right > box.left - 12 && mark.left < box.right + 12;
    });
    return seen.length ? [] : [`nothing drawn: ${name}`];
})"""
"""Every drawing in sight that is not drawn, by name."""

OUT_OF_SIGHT = """() => {
    const width = document.documentElement.clientWidth;
    const faults = [];
    if (document.documentElement.scrollWidth > width) faults.push('the page can be scrolled sideways');
    for (const each of document.querySelectorAll('body *')) {
        if (each.closest('.scroll, svg, .skip, script') || !each.getClientRects().length) continue;
        const box = each.getBoundingClientRect();
        if (box.right > width + 1 && box.width) faults.push(`${each.tagName} ${each.className} sticks out`);
    }
    return faults;
}"""
"""Whatever is wider than the window, apart from what scrolls by itself."""


@cache
def program() -> str:
    """The browser; empty where there is none."""
    return next((found for name in _NAMES if (found := shutil.which(name))), "")


def what_is_missing(*, axe: bool = False) -> str:
    """Why pages cannot be looked at here; empty when they can."""
    if find_spec("playwright") is None:
        return "Playwright for Python is not installed"
    if not program():
        return "Chromium is not installed"
    if axe and not Path(AXE).is_file():
        return "axe-core is not there (KIL_AXE says where axe.min.js is)"
    return ""


@dataclass
class Looked:
    """A page that is open, every address that it asked for besides itself, and what it complained about."""

    page: Any
    asked: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


@contextmanager
def browser() -> Iterator[Any]:
    """A browser without a window."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        # /dev/shm is small in containers
        running = playwright.chromium.launch(
            executable_path=program(), args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield running
        running.close()


@contextmanager
def opened(running: Any, path: Path, *, width: int = 1280, script: bool = True) -> Iterator[Looked]:
    """The file in a window of a width in pixels, with or without JavaScript.

    The page's own policy is in force.  What is put into the page from outside, such as axe-core, gets round it by
    being evaluated.
    """
    context = running.new_context(viewport={"width": width, "height": 900}, java_script_enabled=script)
    page = context.new_page()
    looked = Looked(page)
    own = path.resolve().as_uri()
    page.on("request", lambda request: None if request.url == own else looked.asked.append(request.url))
    page.on("console", lambda message: looked.complaints.append(message.text))
    page.on("pageerror", lambda error: looked.complaints.append(str(error)))
    page.goto(own)
    yield looked
    context.close()


def unfold(page: Any) -> None:
    """Open whatever is folded."""
    page.evaluate("() => document.querySelectorAll('details').forEach(each => { each.open = true; })")


def barriers(page: Any) -> list[str]:
    """What axe-core finds that keeps people out: everything that it calls serious or critical."""
    page.evaluate(Path(AXE).read_text("utf-8"))
    found = page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{each['impact']}: {each['id']}: {each['help']} ({each['nodes'][0]['html'][:160]})"
        for each in found["violations"]
        if each["impact"] in ("serious", "critical")
    ]


def walk(page: Any, steps: int) -> list[dict[str, Any]]:
    """Where the focus goes with each press of Tab, and whether that can be seen."""
    stops: list[dict[str, Any]] = []
    for _ in range(steps):
        page.keyboard.press("Tab")
        stops.append(
            page.evaluate(
                """() => {
                    const at = document.activeElement, look = getComputedStyle(at), box = at.getBoundingClientRect();
                    return {name: at.tagName, id: at.id, text: (at.innerText || '').slice(0, 60),
                            seen: look.outlineStyle !== 'none' && parseFloat(look.outlineWidth) >= 2
                                  && box.width > 0 && box.right > 0 && box.left < innerWidth};
                }"""
            )
        )
    return stops
