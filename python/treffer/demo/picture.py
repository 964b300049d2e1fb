"""The demo's picture: how large the segments are, how they came to it, and how much of each is in each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from matplotlib.figure import Figure

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from matplotlib.axes import Axes

    from treffer.demo.answers import Answers

INK: Final = "#1f2a44"
BAR: Final = "#3f7cac"
# Above this share a cell is dark and its number has to be light.
DARK: Final = 0.55
# Where an area stands in its row, which is 1 high, and how high it may rise.
FOOT: Final = 0.4
HEIGHT: Final = 0.8


def draw(answers: Answers, year: Mapping[str, Sequence[int]], to: Path) -> Path:
    """Write the picture as PNG, making the folder if it is missing, and give the path back.

    `year` holds the sizes of each segment month by month.
    """
    order = sorted(range(len(answers.sizes)), key=lambda place: -list(answers.sizes.values())[place])
    names = [list(answers.sizes)[place] for place in order]
    counts = np.array(answers.overlap, dtype=np.int64)[np.ix_(order, order)]
    sizes = np.diagonal(counts)

    figure = Figure(figsize=(21, 8.5), layout="constrained", facecolor="white")
    figure.suptitle(
        f"treffer: {len(names)} live segments over {answers.profiles:,} households",
        color=INK,
        fontsize=15,
        weight="bold",
    )
    bars, months, matrix = figure.subplots(1, 3, width_ratios=(1, 0.8, 1.75))

    drawn = bars.barh(names, sizes, color=BAR)
    bars.bar_label(drawn, [f"{size:,}" for size in sizes], padding=4, color=INK, fontsize=9)
    bars.set_title("Households in each segment", color=INK, fontsize=11)
    bars.set_ylim(len(names) - 0.5, -0.5)
    bars.set_xlim(0, max(1, int(sizes.max())) * 1.14)
    bars.spines[["top", "right", "bottom"]].set_visible(False)
    bars.set_xticks([])
    bars.tick_params(left=False, labelcolor=INK, labelsize=9)

    _breathing(months, [year[name] for name in names])

    shares = counts / np.maximum(sizes, 1)[:, None]
    matrix.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    matrix.set_title("Of the households in the row, how many are also in the column", color=INK, fontsize=11)
    matrix.set_xticks(range(len(names)), names, rotation=45, ha="right", rotation_mode="anchor", fontsize=8, color=INK)
    matrix.set_yticks(range(len(names)), names, fontsize=8, color=INK)
    matrix.tick_params(length=0)
    matrix.spines[:].set_visible(False)
    for row, line in enumerate(counts):
        for column, count in enumerate(line):
            color = "white" if shares[row, column] > DARK else INK
            matrix.text(column, row, f"{count:,}", ha="center", va="center", fontsize=6.5, color=color)

    to.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(to, dpi=110)
    return to


def _breathing(axes: Axes, rows: Sequence[Sequence[int]]) -> None:
    """Draw each row beside its bar as an area over the months, as high as its largest month allows."""
    for place, sizes in enumerate(rows):
        ground, peak = place + FOOT, max(1, *sizes)
        line = [ground - HEIGHT * size / peak for size in sizes]
        axes.fill_between(range(len(sizes)), line, ground, color=BAR, alpha=0.35, linewidth=0)
        axes.plot(line, color=BAR, linewidth=1.2)
    months = max(map(len, rows), default=0)
    axes.set_title("The year, each segment by its largest month", color=INK, fontsize=11)
    axes.set_xticks(range(months), ["JFMAMJJASOND"[month % 12] for month in range(months)], fontsize=8, color=INK)
    axes.set_yticks([])
    # The rows of the bars: the first on top, half a row above and below.
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
