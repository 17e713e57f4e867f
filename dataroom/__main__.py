"""`python -m dataroom` is the command `dataroom`."""

from dataroom.app import main

main()
