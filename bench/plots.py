"""Pictures of how costs grow, as SVG: a panel for each job, plain lines and nothing else.

The same results always give the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import ceil, floor, log10
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("svg")

from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import FuncFormatter

Points = Sequence[Sequence[float]]

NAMES = {"generate": "making workbooks", "read": "reading returns", "benchmark": "statistics"}
_COLOURS = {"generate": "#1b6ca8", "read": "#b3541e", "benchmark": "#4a7c2c"}
_TEXT, _LINES = "#333333", "#d9d9d9"


def draw(figures: Mapping[str, Any], folder: Path) -> list[Path]:
    """Draw the figures of a run; the files are called ``organisations``, ``questions`` and ``answers``."""
    series = figures["scaling"]
    compared = {name.split("_")[1]: value for name, value in figures["comparing"].items() if "statistics_" in name}
    all_of_them = {**series["organisations"], "benchmark": sorted((int(at), value) for at, value in compared.items())}
    folder.mkdir(parents=True, exist_ok=True)
    mpl.rcParams.update(
        {
            "svg.hashsalt": "kil-xlsx", "svg.fonttype": "path", "font.family": "DejaVu Sans", "font.size": 10,
            "text.color": _TEXT, "axes.labelcolor": _TEXT, "xtick.color": _TEXT, "ytick.color": _TEXT,
        }
    )  # fmt: skip
    each = "Milliseconds of a processor\nfor each organisation"
    return [
        _drawn(all_of_them, "Organisations", "Seconds for all", folder / "organisations.svg", powers=True),
        _drawn(series["questions"], "Questions in the questionnaire", each, folder / "questions.svg"),
        _drawn(series["answers"], "Cells filled in, in each workbook", each, folder / "answers.svg"),
    ]


def _drawn(series: Mapping[str, Points], across: str, up: str, path: Path, *, powers: bool = False) -> Path:
    """A panel for each job.

    :param powers: both scales are logarithmic, and the same in all panels; else each begins at zero and has a height
        of its own, as the jobs differ too much.
    """
    layout = ConstrainedLayoutEngine(wspace=0.09)
    every = [height for points in series.values() for _, height in points]
    figure, panels = plt.subplots(1, len(series), figsize=(9.6, 3.2), layout=layout, sharex=True, sharey=powers)
    for axes, (name, points) in zip(panels, series.items(), strict=True):
        at, heights = zip(*points, strict=True)
        axes.plot(at, heights, color=_COLOURS[name], marker="o", markersize=5, linewidth=2, clip_on=False)
        axes.set_title(NAMES[name], color=_COLOURS[name], fontsize=10)
        if powers:
            axes.set_xscale("log")
            axes.set_yscale("log")
            axes.minorticks_off()
            axes.set_ylim(_power(min(every), floor), _power(max(every), ceil))
        else:
            axes.set_ylim(bottom=0, top=max(heights) * 1.15)
        axes.xaxis.set_major_formatter(FuncFormatter(_plain))
        axes.yaxis.set_major_formatter(FuncFormatter(_plain))
        _finish(axes)
    if not powers:
        panels[0].set_xlim(left=0)
    panels[0].set_ylabel(up)
    figure.supxlabel(across, fontsize=10)
    return _saved(figure, path)


def _power(value: float, towards: Callable[[float], int]) -> float:
    """The next power of ten."""
    return float(10.0 ** towards(log10(value)))


def _plain(value: float, _: Any) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:g}"


def _finish(axes: Axes) -> None:
    """Nothing but faint lines to read heights by."""
    axes.grid(visible=True, axis="y", color=_LINES, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(length=0)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(_LINES)


def _saved(figure: Any, path: Path) -> Path:
    figure.savefig(path, metadata={"Date": None}, facecolor="white")
    plt.close(figure)
    text = path.read_text(encoding="utf-8")
    path.write_text("\n".join(line.rstrip() for line in text.splitlines()) + "\n", encoding="utf-8")
    return path
