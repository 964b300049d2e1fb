"""Text of others on a terminal: what would steer it is shown instead of obeyed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Final

STEERING: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""Control characters but for tabs and ends of lines: ids and names come from requests and files of others."""


def visible(text: str) -> str:
    r"""Give `text` with each control character as Python writes it, such as `\x1b`."""
    return STEERING.sub(lambda found: found[0].encode("unicode_escape").decode(), text)
