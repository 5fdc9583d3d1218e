"""How a finished file looks to people: colours and contrast, sizes of letters, signs beside colours."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache

from finished.package import ART, MAIN, Cell, Element, Package, Sheet, boxes, inside, local

TEXT_CONTRAST, EDGE_CONTRAST = 4.5, 3.0
SMALLEST = 9.0
WHITE, BLACK = "FFFFFF", "000000"
_THEME_ORDER = ("lt1", "dk1", "lt2", "dk2", "accent1", "accent2", "accent3", "accent4", "accent5", "accent6")
_EDGES = ("left", "right", "top", "bottom")


@dataclass(frozen=True)
class Look:
    """What a cell looks like, as far as it can be told from its style."""

    ink: str
    paper: str
    size: float
    edges: tuple[str | None, ...]


def luminance(colour: str) -> float:
    """Relative luminance of a colour, from 0 for black to 1 for white, as WCAG 2 defines it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Contrast of two colours, from 1 to 21."""
    bright, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


class Colours:
    """Colours of one file: by value, or by their place in its theme."""

    def __init__(self, package: Package) -> None:
        part = package.related("theme")
        scheme = (
            {} if part is None else {local(each): each for each in package.xml(part).iter(f"{ART}clrScheme").__next__()}
        )
        self._theme = [self._of_theme(scheme[name]) for name in _THEME_ORDER if name in scheme]

    @staticmethod
    def _of_theme(element: Element) -> str:
        first = element[0]
        return (first.get("lastClr") or first.get("val") or BLACK).upper()

    def of(self, element: Element | None, otherwise: str) -> str:
        """The colour that an element such as ``<color rgb=.../>`` names."""
        if element is None or element.get("auto"):
            return otherwise
        if element.get("rgb"):
            return element.get("rgb", "")[-6:].upper()
        if element.get("theme") is not None:
            return _tinted(self._theme[int(element.get("theme", "0"))], float(element.get("tint", "0")))
        if element.get("indexed") in ("64", "65"):
            return otherwise
        raise ValueError(f"a colour of the old palette is used: {element.attrib}")


def _tinted(colour: str, tint: float) -> str:
    parts = [int(colour[at : at + 2], 16) for at in (0, 2, 4)]
    moved = [part + (255 - part) * tint if tint > 0 else part * (1 + tint) for part in parts]
    return "".join(f"{round(part):02X}" for part in moved)


class Looks:
    """The looks of the styles and of the conditional formats of one file."""

    def __init__(self, package: Package) -> None:
        self.package, self.colours = package, Colours(package)
        styles = package.styles
        self._fonts = styles.findall(f"{MAIN}fonts/{MAIN}font")
        self._fills = styles.findall(f"{MAIN}fills/{MAIN}fill")
        self._borders = styles.findall(f"{MAIN}borders/{MAIN}border")
        self.conditions = styles.findall(f"{MAIN}dxfs/{MAIN}dxf")
        self.of_style = cache(self._of_style)

    def _of_style(self, style: int) -> Look:
        form = self.package.cell_formats[style]
        font = self._fonts[int(form.get("fontId", "0"))]
        return Look(
            self.colours.of(font.find(f"{MAIN}color"), BLACK),
            self._paper(self._fills[int(form.get("fillId", "0"))]) or WHITE,
            _size(font, 11.0),
            self._edges(self._borders[int(form.get("borderId", "0"))]),
        )

    def _paper(self, fill: Element) -> str | None:
        pattern = fill.find(f"{MAIN}patternFill")
        if pattern is None or pattern.get("patternType", "none") == "none":
            return None
        return self.colours.of(pattern.find(f"{MAIN}fgColor"), BLACK)

    def _edges(self, border: Element) -> tuple[str | None, ...]:
        found: list[str | None] = []
        for name in _EDGES:
            edge = border.find(f"{MAIN}{name}")
            drawn = edge is not None and edge.get("style", "none") != "none"
            found.append(self.colours.of(edge.find(f"{MAIN}color"), BLACK) if edge is not None and drawn else None)
        return tuple(found)

    def conditioned(self, look: Look, condition: Element) -> Look:
        """A look while a conditional format applies.  There, a solid fill keeps its colour as the background colour."""
        pattern = condition.find(f"{MAIN}fill/{MAIN}patternFill")
        ink = self.colours.of(condition.find(f"{MAIN}font/{MAIN}color"), look.ink)
        if pattern is None:
            return replace(look, ink=ink)
        colour = pattern.find(f"{MAIN}bgColor")
        return replace(
            look,
            ink=ink,
            paper=self.colours.of(colour if colour is not None else pattern.find(f"{MAIN}fgColor"), look.paper),
        )

    def of_run(self, look: Look, properties: Element) -> Look:
        """A look of a stretch of rich text within a cell."""
        return replace(
            look, ink=self.colours.of(properties.find(f"{MAIN}color"), BLACK), size=_size(properties, look.size)
        )


def _size(font: Element, otherwise: float) -> float:
    found = font.find(f"{MAIN}sz")
    return otherwise if found is None else float(found.get("val", "0"))


def _readable(package: Package) -> Iterator[tuple[Sheet, Cell]]:
    """Cells that show something, and those that somebody may write into."""
    for sheet in package.visible:
        for cell in sheet.shown():
            if cell.text.strip() or cell.formula is not None or not package.locked(cell.style):
                yield sheet, cell


def _conditions(sheet: Sheet) -> list[tuple[str, Element]]:
    return [
        (area.get("sqref", ""), rule)
        for area in sheet.root.iter(f"{MAIN}conditionalFormatting")
        for rule in area.iterfind(f"{MAIN}cfRule")
    ]


def text_contrast(package: Package) -> list[str]:
    """Text whose contrast with what it stands on is below 4.5 : 1, also while a conditional format applies."""
    looks = Looks(package)
    found = dict.fromkeys(_faint_cells(package, looks))
    for part, chart in package.charts():
        paper = WHITE
        for fill in chart.iterfind("{*}spPr/{*}solidFill/{*}srgbClr"):
            paper = fill.get("val", WHITE).upper()
        fills = _fills_written_on(chart)
        for properties in (each for each in chart.iter() if local(each) in ("defRPr", "rPr")):
            for colour in properties.iterfind("{*}solidFill/{*}srgbClr"):
                _judge(found, part, colour.get("val", "").upper(), fills.get(properties, paper))
    return list(found)


def _fills_written_on(chart: Element) -> dict[Element, str]:
    """The fill that the numbers within the bars of a series stand on, by the properties of their letters."""
    found: dict[Element, str] = {}
    for series in (each for each in chart.iter() if local(each) == "ser"):
        within = any(each.get("val") in ("ctr", "inEnd", "inBase") for each in series.iterfind("{*}dLbls/{*}dLblPos"))
        for fill in series.iterfind("{*}spPr/{*}solidFill/{*}srgbClr") if within else ():
            letters = (each for words in series.iterfind("{*}dLbls") for each in words.iter())
            found |= dict.fromkeys(letters, fill.get("val", WHITE).upper())
    return found


def _faint_cells(package: Package, looks: Looks) -> Iterator[str]:
    for sheet in package.visible:
        conditions = [(boxes(area), rule) for area, rule in _conditions(sheet)]
        seen: set[tuple[int, int]] = set()
        for _, cell in ((sheet, each) for each in sheet.shown()):
            if not (cell.text.strip() or cell.formula is not None or not package.locked(cell.style)):
                continue
            look = looks.of_style(cell.style)
            faint: dict[str, None] = {}
            if (cell.style, -1) not in seen:
                seen.add((cell.style, -1))
                _judge(faint, cell.where, look.ink, look.paper)
            for run in cell.runs:
                _judge(faint, cell.where, looks.of_run(look, run).ink, look.paper)
            for number, (areas, rule) in enumerate(conditions):
                if (cell.style, number) in seen or not any(inside(cell.row, cell.column, area) for area in areas):
                    continue
                seen.add((cell.style, number))
                if rule.get("dxfId") is not None:
                    under = looks.conditioned(look, looks.conditions[int(rule.get("dxfId", "0"))])
                    _judge(faint, f"{cell.where} while its conditional format applies", under.ink, under.paper)
                for bar in rule.iterfind(f"{MAIN}dataBar/{MAIN}color"):
                    _judge(faint, f"{cell.where} on its bar", look.ink, looks.colours.of(bar, WHITE))
            yield from faint


def _judge(found: dict[str, None], where: str, ink: str, paper: str) -> None:
    if contrast(ink, paper) < TEXT_CONTRAST:
        found[f"{where}: #{ink} on #{paper} has a contrast of {contrast(ink, paper):.2f}"] = None


def input_edges(package: Package) -> list[str]:
    """Cells to fill in without a border all round that stands out, 3 : 1, from the paper and from their own fill."""
    looks = Looks(package)
    found = []
    for sheet in package.visible:
        for cell in sheet.unlocked():
            look = looks.of_style(cell.style)
            for name, edge in zip(_EDGES, look.edges, strict=True):
                if edge is None:
                    found.append(f"{cell.where}: has no border on the {name}")
                elif min(contrast(edge, WHITE), contrast(edge, look.paper)) < EDGE_CONTRAST:
                    worst = min(contrast(edge, WHITE), contrast(edge, look.paper))
                    found.append(f"{cell.where}: its border #{edge} on the {name} has a contrast of {worst:.2f}")
    return found


def only_colour(package: Package) -> list[str]:
    """Conditional formats that change the fill alone in cells without words: the colour would be the only sign.

    A bar is a length beside its number, as long as the number is shown.
    """
    looks = Looks(package)
    found = []
    for sheet in package.visible:
        for area, rule in _conditions(sheet):
            kind = rule.get("type")
            if kind == "colorScale" or (kind == "iconSet" and rule.find(f"{MAIN}iconSet[@showValue='0']") is not None):
                found.append(f"{sheet.name}!{area}: a {kind} says with colours what no word says")
            if kind == "dataBar" and rule.find(f"{MAIN}dataBar[@showValue='0']") is not None:
                found.append(f"{sheet.name}!{area}: bars stand without their numbers")
            condition = looks.conditions[int(rule.get("dxfId", "0"))] if rule.get("dxfId") is not None else None
            if condition is None or condition.find(f"{MAIN}fill") is None or _other_sign(condition):
                continue
            for cell in sheet.shown():
                if (
                    cell.text.strip()
                    and not cell.is_words
                    and any(inside(cell.row, cell.column, each) for each in boxes(area))
                ):
                    found.append(f"{cell.where}: holds {cell.text!r}, and only a colour says what it means")
    return found


def _other_sign(condition: Element) -> bool:
    font = condition.find(f"{MAIN}font")
    marks = () if font is None else [each for each in font if local(each) in ("b", "i", "u", "strike")]
    edges = [each for each in condition.iterfind(f"{MAIN}border/*") if each.get("style", "none") != "none"]
    return bool(marks or edges or condition.find(f"{MAIN}numFmt") is not None)


def small_letters(package: Package) -> list[str]:
    """Letters below 9 points: in cells and their rich texts, in charts, in headers and footers."""
    looks = Looks(package)
    found = []
    for _, cell in _readable(package):
        look = looks.of_style(cell.style)
        sizes = [looks.of_run(look, run).size for run in cell.runs] or []
        smallest = min([look.size, *sizes])
        if smallest < SMALLEST:
            found.append(f"{cell.where}: has letters of {smallest:g} points")
    for part, chart in package.charts():
        small = {int(each.get("sz", "")) / 100 for each in chart.iter() if each.get("sz", "").isdigit()}
        found += [f"{part}: has letters of {size:g} points" for size in sorted(small) if size < SMALLEST]
    for sheet in package.visible:
        for each in sheet.root.iterfind(f"{MAIN}headerFooter/*"):
            for size in sorted(set(re.findall(r"&(\d{1,3})", each.text or ""))):
                if int(size) < SMALLEST:
                    found.append(f"{sheet.name}: its {local(each)} has letters of {size} points")
    return found
