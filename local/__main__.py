"""`python -m local` is `sluice`."""

from local.cli import main

main()
