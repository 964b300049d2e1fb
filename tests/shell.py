"""The command line, as tests call it."""

from __future__ import annotations

import pytest

from treffer import cli


def run(*words: str) -> int:
    """The exit code of a command."""
    with pytest.raises(SystemExit) as caught:
        cli.main(words)
    code = caught.value.code
    assert isinstance(code, int)
    return code
