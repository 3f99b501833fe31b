"""`bedside`: one command for everything, each subcommand in a file of `bedside/commands/`."""

import sys

import click

from bedside.commands.ask import ask
from bedside.commands.check import check
from bedside.commands.export import export
from bedside.commands.flux import flux
from bedside.commands.forget import forget
from bedside.commands.import_ import import_command
from bedside.commands.quarantine import quarantine
from bedside.commands.report import report
from bedside.commands.rooms import rooms
from bedside.commands.serve import serve
from bedside.commands.simulate import simulate_command
from bedside.commands.stays import stays
from bedside.commands.token import token
from bedside.commands.up import up
from bedside.errors import Failure
from bedside.settings import SettingsError

EPILOG = """\b
Exit codes: 0 done, 1 not so (the message says why), 2 not understood,
3 nobody answers, 4 the token is missing or may not do that.

Settings come from the environment: BEDSIDE_DATA, BEDSIDE_HOST, BEDSIDE_PORT,
BEDSIDE_TOKEN and the rest are in docs/settings.md."""


@click.group(epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="bedside")
def cli() -> None:
    """Telemetry for sleep wards: readings in over HTTP, history out in Flux.

    Not for active patient monitoring.
    """


for command in (
    up,
    serve,
    simulate_command,
    ask,
    flux,
    rooms,
    stays,
    token,
    quarantine,
    check,
    report,
    export,
    import_command,
    forget,
):
    cli.add_command(command)


def main() -> None:
    """Run the command line; a failure is one message on stderr and an exit code that means something."""
    try:
        cli(standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(130)
    except click.ClickException as problem:
        problem.show()
        sys.exit(problem.exit_code)
    except Failure as failure:
        click.echo(f"bedside: {failure}", err=True)
        sys.exit(failure.exit_code)
    except SettingsError as problem:
        click.echo(f"bedside: {problem}", err=True)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:  # `bedside flux … | head`: whoever read has seen enough
        sys.stderr.close()
        sys.exit(0)


if __name__ == "__main__":
    main()
