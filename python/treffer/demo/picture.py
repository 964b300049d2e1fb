"""The demo's picture: how large the segments are, and how much of each is in each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from matplotlib.figure import Figure

if TYPE_CHECKING:
    from pathlib import Path

    from treffer.demo.answers import Answers

INK: Final = "#1f2a44"
BAR: Final = "#3f7cac"
# Above this share a cell is dark and its number has to be light.
DARK: Final = 0.55


def draw(answers: Answers, to: Path) -> Path:
    """Write the picture as PNG, making the folder if it is missing, and give the path back."""
    order = sorted(range(len(answers.sizes)), key=lambda place: -list(answers.sizes.values())[place])
    names = [list(answers.sizes)[place] for place in order]
    counts = np.array(answers.overlap, dtype=np.int64)[np.ix_(order, order)]
    sizes = np.diagonal(counts)

    figure = Figure(figsize=(17, 8.5), layout="constrained", facecolor="white")
    figure.suptitle(
        f"treffer: {len(names)} live segments over {answers.profiles:,} households",
        color=INK,
        fontsize=15,
        weight="bold",
    )
    bars, matrix = figure.subplots(1, 2, width_ratios=(1, 1.75))

    drawn = bars.barh(names, sizes, color=BAR)
    bars.bar_label(drawn, [f"{size:,}" for size in sizes], padding=4, color=INK, fontsize=9)
    bars.invert_yaxis()
    bars.set_title("Households in each segment", color=INK, fontsize=11)
    bars.set_xlim(0, max(1, int(sizes.max())) * 1.14)
    bars.spines[["top", "right", "bottom"]].set_visible(False)
    bars.set_xticks([])
    bars.tick_params(left=False, labelcolor=INK, labelsize=9)

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
