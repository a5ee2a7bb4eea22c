"""The command line. Exit codes: those of matting.errors, 0 for all well, 2 for wrong usage, 130 for Ctrl-C."""

from __future__ import annotations

import argparse
import os
import sys
from importlib import import_module
from importlib.metadata import version

from matting import plugins
from matting.errors import MattingError

# The photo's way multiplies many small matrices. OpenBLAS would share each out among all cores, and on a busy machine
# wait longer for them than the product takes (measured: 100 times). It reads this once, when NumPy is first imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# Command -> module with add_arguments and main, and its line of help. Imported only when called: `run` needs no bench.
_COMMANDS = {
    "cut": ("edge.commands.cut", "cut the person out of photos or folders of photos"),
    "id-photo": ("edge.commands.id_photo", "make ID photos to a country's rule, and sheets of them"),
    "run": ("edge.commands.run", "watch a hot folder and cut what falls into it"),
    "serve": ("edge.commands.serve", "cut photos that are sent over HTTP, without a hot folder"),
    "status": ("edge.commands.status", "show how the running service is"),
    "snap": ("edge.commands.snap", "take pictures with the camera of the running service"),
    "retry": ("edge.commands.retry", "put photos that failed back into the inbox"),
    "build": ("edge.commands.build", "build the board's TensorRT engines ahead of time"),
    "doctor": ("edge.commands.doctor", "say what is right on this machine, and what to do about what is not"),
    "adopt": ("edge.commands.adopt", "make a model of your own ready for use"),
    "evaluate": ("edge.commands.evaluate", "compare mattes with true ones"),
    "bench": ("edge.commands.bench", "measure every stage, memory, and what else could be used"),
}


def main(argv: list[str] | None = None) -> int:
    """Run one command; errors become one sentence on stderr and an exit code."""
    try:
        plugins.load()  # before the arguments: it may add to their choices
        arguments = _parsed(sys.argv[1:] if argv is None else argv)
        code = int(import_module(_COMMANDS[arguments.command][0]).main(arguments))
        sys.stdout.flush()
        return code
    except MattingError as error:
        print(f"edge-matting: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # whoever read has gone, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python's own last flush would complain
        return 141


def _parsed(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="edge-matting", description="Cuts people out of photos, offline.")
    parser.add_argument("--version", action="version", version=f"edge-matting {version('edge-matting')}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    called = next((word for word in words if word in _COMMANDS), None)
    for name, (module, summary) in _COMMANDS.items():
        command = commands.add_parser(name, help=summary, description=summary)
        if name == called:
            import_module(module).add_arguments(command)
    return parser.parse_args(words)


if __name__ == "__main__":
    sys.exit(main())
