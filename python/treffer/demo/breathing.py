"""The year in print: sizes of segments month by month, and the last changes of one."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from treffer.demo.replay import Feed, Replay
    from treffer.watch import Change

SHOWN: Final = (
    "active",
    "newcomers",
    "heavy",
    "big_baskets",
    "wine_lovers",
    "private_label",
    "babies_at_home",
    "summer_grillers",
    "campaign_moved",
    "campaign_unmoved",
    "coupon_stopped",
    "lapsed",
    "win_back",
)
"""Those that breathe most; all are in the picture and in the JSON."""
FEED: Final = "win_back"
LAST: Final = 12
"""How many changes of the feed are printed."""
BARS: Final = " ▁▂▃▄▅▆▇█"


def spark(sizes: Sequence[int]) -> str:
    """Draw sizes as bars, each as a share of the largest: empty where nobody is, never where somebody is."""
    peak = max(sizes, default=0)
    return "".join(BARS[-(-size * (len(BARS) - 1) // peak)] if size else BARS[0] for size in sizes)


def table(year: Replay, feed: Feed) -> Iterator[str]:
    """One line per segment: its sizes at the ends of months, and how many came and went in the whole year."""
    names = [dt.date.fromisoformat(f"{month}-01").strftime("%b") for month in year.months]
    head = "".join(f"{name:>5}" for name in names)
    yield f"{'':16} {'':{len(names)}}{head}  {'entered':>7} {'left':>6}"
    moves = feed.moves()
    for name in SHOWN:
        sizes = year.sizes(name)
        row = "".join(f"{size:5}" for size in sizes)
        yield f"{name:16} {spark(sizes)}{row}  {moves[name, True]:7,} {moves[name, False]:6,}"


def changes(feed: Feed) -> Iterator[str]:
    """One line for each of the last changes of one segment: when, who, which way, why."""
    return map(_line, feed.of(FEED)[-LAST:])


def _line(change: Change) -> str:
    when = f"{change.time:%Y-%m-%d %H:%M:%S}" if change.time else ""
    why = f"{change.cause} {change.event_id or ''}".rstrip()
    way = "entered" if change.entered else "left"
    return f"{change.sequence:6}  {when:19}  {', '.join(change.ids):10} {way:8} {why}"
