"""The commands of `yuzhong`, as a list that can be read. Each is imported only when it is called."""

from __future__ import annotations

import os
import sys

from cyclopts import App, CycloptsError, Parameter

from yuzhong.cli.output import MISUSED, fail
from yuzhong.node.collector import relax_collector
from yuzhong.serving.version import version

COMMANDS = (
    ("demo", "yuzhong.cli.demo_command:demo", "A market opens, trades and is proved."),
    ("market", "yuzhong.cli.market:app", "Markets: replay recorded order flow through the ledger."),
    ("node", "yuzhong.cli.node:node", "Run a node until SIGTERM or Ctrl-C."),
    ("submit", "yuzhong.cli.submit:submit", "Sign a transaction and send it."),
    ("status", "yuzhong.cli.remote:status", "Where a node's ledger stands, and how the node runs."),
    ("receipt", "yuzhong.cli.remote:receipt", "What a node tells everybody of a receipt."),
    ("keys", "yuzhong.cli.keys:app", "Make a key, show its public part."),
    ("ledger", "yuzhong.cli.ledger:app", "Verify a ledger, prove what stands on it."),
    ("verify", "yuzhong.cli.proof:verify", "Check a proof file with the operator's public key alone."),
    ("doctor", "yuzhong.cli.doctor:doctor", "What is missing or wrong on this machine, and what to do."),
)
"""Name, place and one line of each command."""


def make_app() -> App:
    """The command line."""
    app = App(
        name="yuzhong",
        help="A regulated digital-assets exchange on a provable ledger.",
        version=version(),
        default_parameter=Parameter(negative=()),
    )
    for name, place, purpose in COMMANDS:
        app.command(place, name=name, help=purpose)
    return app


def main(arguments: list[str] | None = None) -> int:
    """Run one command. Exit code 0 where it succeeded, 1 where it failed, 2 where it was called wrongly."""
    relax_collector()
    try:
        result = make_app()(
            arguments, exit_on_error=False, print_error=False, verbose=False, result_action="return_value"
        )
    except CycloptsError as error:
        fail(f"{error} (see yuzhong {' '.join(error.command_chain or ())} --help)".replace("  ", " "), MISUSED)
    except ImportError as error:
        fail(f"{error}: something is not installed as it should be; yuzhong doctor says what")
    except KeyboardInterrupt:
        fail("interrupted", 130)
    except BrokenPipeError:
        # Whoever read the output has seen enough; nothing must be written at exit either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return result if isinstance(result, int) else 0
