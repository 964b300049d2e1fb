"""`python -m treffer` is `treffer`."""

from treffer.cli import main

main()
