"""`bedside`: one command for everything, each subcommand in a file of `bedside/commands/`."""

import importlib
import os
import sys

import click

from bedside.errors import Failure
from bedside.settings import SettingsError

COMMANDS = {
    "up": "bedside.commands.up:up",
    "serve": "bedside.commands.serve:serve",
    "simulate": "bedside.commands.simulate:simulate_command",
    "ask": "bedside.commands.ask:ask",
    "flux": "bedside.commands.flux:flux",
    "rooms": "bedside.commands.rooms:rooms",
    "stays": "bedside.commands.stays:stays",
    "token": "bedside.commands.token:token",
    "quarantine": "bedside.commands.quarantine:quarantine",
    "check": "bedside.commands.check:check",
    "report": "bedside.commands.report:report",
    "export": "bedside.commands.export:export",
    "import": "bedside.commands.import_:import_command",
    "forget": "bedside.commands.forget:forget",
    "backup": "bedside.commands.backup:backup",
    "restore": "bedside.commands.restore:restore",
    "retention": "bedside.commands.retention:retention",
    "audit": "bedside.commands.audit:audit",
}
"""Where each subcommand lives: a new one is a file in `bedside/commands/` and a line here."""

EPILOG = """\b
Exit codes: 0 done, 1 not so (the message says why), 2 not understood,
3 nobody answers, 4 the token is missing or may not do that.

Settings come from the environment: BEDSIDE_DATA, BEDSIDE_HOST, BEDSIDE_PORT,
BEDSIDE_TOKEN and the rest are in docs/settings.md."""


class Commands(click.Group):
    """Loads a subcommand when it is asked for: `bedside rooms` does not wait for the libraries of `bedside export`."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """The names, sorted."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's
        """The subcommand of that name, or None."""
        if cmd_name not in COMMANDS:
            return None
        module, name = COMMANDS[cmd_name].split(":")
        return getattr(importlib.import_module(module), name)


@click.group(
    cls=Commands, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(package_name="bedside")
def cli() -> None:
    """Telemetry for sleep wards: readings in over HTTP, history out in Flux.

    Not for active patient monitoring.
    """


def main() -> None:
    """Run the command line; a failure is one message on stderr and an exit code that means something.

    Whatever it or a part that it starts makes is its owner's alone, in whichever folder: most of it is of patients.
    """
    os.umask(0o077)
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
