"""The command line: a client of the REST interface, and what an operator runs on the host.

`cli` is the group of all commands. Every action that has a route is a command `dataroom <noun> <verb>`, made from the
registry; `audit verify` and `certificate verify` work offline. Exit status: 0 done, 1 refused or failed, 2 wrong usage,
3 not signed in, 4 the service does not answer. The client holds no state: the token comes from a file or a variable.
"""

from __future__ import annotations

from pathlib import Path

import click

from dataroom.cli import contributing, generated, offline
from dataroom.cli.remote import Access

__all__ = ["cli"]


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.option("--url", envvar="DATAROOM_CLI_URL", show_envvar=True, help="The service's address.")
@click.option(
    "--token-file",
    envvar="DATAROOM_CLI_TOKEN_FILE",
    show_envvar=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="File with an API token; the token itself may stand in DATAROOM_CLI_TOKEN.",
)
@click.option(
    "--ca-file",
    envvar="DATAROOM_CLI_CA_FILE",
    show_envvar=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Certificates to trust instead of the system's.",
)
@click.pass_context
def cli(context: click.Context, url: str | None, token_file: Path | None, ca_file: Path | None) -> None:
    """The data room: exchange sealed documents, and run the service.

    Exit status: 0 done, 1 refused or failed, 2 wrong usage, 3 not signed in, 4 the service does not answer.
    """
    context.meta[Access.KEY] = Access(url, token_file, ca_file)


generated.add_commands(cli)
contributing.add_commands(cli)
offline.add_commands(cli)
