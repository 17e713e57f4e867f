"""The command line: a client of the REST interface, and what an operator runs on the host."""

import click


@click.group()
def cli() -> None:
    """The data room."""
