"""`flawmap`: the parser, which command does what, and the edge where errors become sentences.

Nothing heavy is imported here: a command's module is loaded when it is its turn.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import os
import sys
import traceback
from collections.abc import Sequence
from typing import Final, NoReturn

from flawmap_api import __version__
from flawmap_api.errors import BadInput
from flawmap_api.words import DEVICES, DISTORTIONS, SEVERITY_LEVELS, VERDICTS, VIEWS

from .batch import Interrupted, Options, failure_of, speaking
from .console import Console, OutputLost

__all__ = ["build_parser", "main"]

#: Exit codes beside 0 (clean, done) and 1 (flaws over policy).
_NOT_JUDGED: Final = 2
_INTERRUPTED: Final = 130
_PIPE_CLOSED: Final = 141

_MODULES: Final = {
    "check": ".check",
    "analyze": ".analyze",
    "roi": ".roi",
    "best": ".best",
    "marks": ".marks",
    "mark": ".marks",
    "plugins": ".plugins",
    "open": ".open_in",
    "engine": ".engine",
    "demo": ".demo_command",
    "doctor": ".doctor",
    "panel": ".panel",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code (docs/cli.md lists them).

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments without the program's name; default: the process's.
    """
    words = sys.argv[1:] if argv is None else argv
    try:
        arguments = build_parser().parse_args(words)
    except _Misuse as misuse:
        if "--json" in words:
            failure = failure_of(BadInput(misuse.message, "`flawmap --help` lists what there is."))
            Console(json_lines=True).document({"failure": failure})
        raise
    console = Console(json_lines=arguments.json)
    options = Options(device=arguments.device, debug=arguments.debug)
    try:
        return _dispatch(arguments, console, options)
    except OutputLost as lost:
        # Python would try once more at its end, and complain in its own words.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if lost.closed:
            return _PIPE_CLOSED
        console.say(f"flawmap: The output cannot be written: {lost.reason}.")
        return _NOT_JUDGED


def _dispatch(arguments: argparse.Namespace, console: Console, options: Options) -> int:
    try:
        module = importlib.import_module(_MODULES[arguments.command], __package__)
        return int(module.run(arguments, console, options))
    except OutputLost:
        raise
    except Interrupted as stop:
        console.say(f"Stopped. {stop.done} of {stop.total} photos were done.")
        return _INTERRUPTED
    except KeyboardInterrupt:
        console.say("Stopped.")
        return _INTERRUPTED
    except Exception as error:
        if options.debug:
            traceback.print_exc()
        spoken = speaking(error)
        if console.json_lines:
            console.document({"failure": failure_of(spoken)})
        console.complain(spoken)
        return _NOT_JUDGED


class _Misuse(SystemExit):
    """The words that were typed make no command; usage and reason have been printed."""

    def __init__(self, message: str) -> None:
        super().__init__(_NOT_JUDGED)
        self.message = message


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        sys.stderr.write(f"{self.prog}: error: {message}\n")
        raise _Misuse(f"{message[0].upper()}{message[1:].rstrip('.')}.")


def build_parser() -> argparse.ArgumentParser:
    """The parser of all commands."""
    common = _Parser(add_help=False)
    common.add_argument(
        "--json", action="store_true", help="print one JSON document a line and nothing else"
    )
    common.add_argument(
        "--device",
        default="auto",
        choices=DEVICES,
        help="where the networks must run (default: auto)",
    )
    common.add_argument("--debug", action="store_true", help="show tracebacks of unexpected errors")

    parser = _Parser(prog="flawmap", description="Finds what is wrong with photos, and where.")
    parser.add_argument("--version", action="version", version=f"flawmap {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, summary: str) -> argparse.ArgumentParser:
        return commands.add_parser(
            name, parents=[common], help=summary, description=f"{summary[0].upper()}{summary[1:]}."
        )

    _add_check(command("check", "say what is wrong with photos, and fail if it is too much"))
    _add_analyze(command("analyze", "write a folder a photo: report, overlay, masks"))
    _add_roi(command("roi", "score a part of a photo that you mark"))
    _add_best(command("best", "rank frames of one scene: which to keep"))
    _add_marks(command("marks", "list what you decided about the flaws of a photo"))
    _add_mark(command("mark", "decide about a flaw: accepted, ignored or intentional"))
    _add_plugins(command("plugins", "put Flawmap into GIMP and Krita, and see whether it is there"))
    _add_open(command("open", "open a photo in GIMP or Krita with its flaws as layers"))
    _add_engine(command("engine", "start, stop and look at the engine process"))
    _add_demo(command("demo", "damage a photo in known places and show what is found"))
    _add_doctor(command("doctor", "look for what keeps Flawmap from working"))
    _add_panel(command("panel", "show photos and their flaws in a window"))
    return parser


def _add_panel(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("photos", nargs="*", metavar="PHOTO", help="photos and folders to open")


def _add_check(parser: argparse.ArgumentParser) -> None:
    _add_photos(parser)
    _add_view(parser)
    _add_strictness(parser)
    parser.add_argument(
        "--fail-on",
        metavar="LEVEL",
        help="fail from this level on instead of moderate: one of "
        f"{', '.join(SEVERITY_LEVELS)}, never, or DISTORTION=LEVEL[,...] with one of "
        f"{', '.join(DISTORTIONS)}",
    )
    parser.add_argument(
        "--strict", action="store_true", help="also fail what the model calls intentional"
    )
    parser.epilog = "Ends with 0: clean, 1: flaws, 2: a photo could not be judged."


def _add_analyze(parser: argparse.ArgumentParser) -> None:
    _add_photos(parser)
    parser.add_argument("--out", required=True, metavar="DIR", help="where the folders go")
    parser.add_argument(
        "--maps",
        choices=("grid", "full"),
        default="grid",
        help="planes at the size of the analysis grid, or of the photo (default: grid)",
    )
    _add_view(parser)
    _add_strictness(parser)
    parser.epilog = "Ends with 0, or 2 if a photo could not be judged."


def _add_roi(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("photo", metavar="PATH", help="the photo")
    part = parser.add_mutually_exclusive_group(required=True)
    part.add_argument("--box", nargs=4, type=int, metavar=("X0", "Y0", "X1", "Y1"))
    part.add_argument(
        "--point",
        nargs=2,
        type=int,
        metavar=("X", "Y"),
        help="the region under the point, else a box of a tenth of the photo around it",
    )
    part.add_argument(
        "--mask", metavar="FILE", help="a picture of the photo's size, white inside the part"
    )
    _add_view(parser)
    _add_truncated(parser)


def _add_best(parser: argparse.ArgumentParser) -> None:
    _add_photos(parser)
    _add_view(parser)
    parser.add_argument(
        "--keep", type=_positive, default=1, metavar="N", help="how many to keep (default: 1)"
    )
    parser.set_defaults(strictness=0.0)


def _add_marks(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("photo", metavar="PATH", help="the photo")
    _add_view(parser)
    _add_strictness(parser)
    _add_truncated(parser)


def _add_mark(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("photo", metavar="PATH", help="the photo")
    parser.add_argument(
        "region",
        nargs="?",
        metavar="REGION",
        help="an id or number that `flawmap marks` lists in the same view and strictness",
    )
    parser.add_argument(
        "verdict",
        nargs="?",
        choices=VERDICTS,
        help="accepted: it is right, whatever the network thinks is wanted; ignored: no flaw, or "
        "of no interest; intentional: wanted",
    )
    parser.add_argument(
        "--clear", action="store_true", help="take back the region's mark, or without one all"
    )
    _add_view(parser)
    _add_strictness(parser)
    _add_truncated(parser)


def _add_plugins(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "action",
        choices=("list", "install", "update", "remove"),
        help="list: editors that were found, and what is in them; install; update: those that are "
        "older than this Flawmap; remove",
    )
    parser.add_argument(
        "host", nargs="?", choices=("gimp", "krita"), help="only this one (default: both)"
    )
    parser.add_argument(
        "--relay",
        action="store_true",
        help="install: reach the engine through a helper process even where it is not needed",
    )
    parser.epilog = "Ends with 0, or 2 if an editor could not be served."


def _add_open(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("photo", metavar="PATH", help="the photo")
    parser.add_argument(
        "--in", dest="editor", required=True, choices=("gimp", "krita"), help="the editor"
    )


def _add_engine(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "action",
        choices=("run", "start", "stop", "status", "logs"),
        help="run: in the foreground; start, stop; status: what runs and on what device; logs",
    )
    parser.add_argument(
        "--when-idle", action="store_true", help="stop: once nobody uses it, not at once"
    )
    parser.add_argument(
        "-n", "--lines", type=_positive, default=40, metavar="N", help="logs: how many lines"
    )


def _add_demo(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "photo", nargs="?", metavar="PHOTO", help="a photo of your own (default: the shipped one)"
    )
    parser.add_argument(
        "--out", default="demo-out", metavar="DIR", help="where the results go (default: demo-out)"
    )
    parser.add_argument("--seed", type=int, metavar="N", help="seed of the recipe")


def _add_doctor(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--bundle", metavar="FILE.zip", help="write what a bug report needs, without photos or keys"
    )
    parser.add_argument("--no-start", action="store_true", help="do not start an engine to ask it")


def _add_photos(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "photos",
        nargs="+",
        metavar="PATH",
        help="photos, folders (with all below them) or patterns such as '*.jpg'",
    )
    _add_truncated(parser)


def _add_truncated(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--allow-truncated", action="store_true", help="judge what is left of a cut-off file"
    )


def _add_view(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--view",
        choices=VIEWS,
        default="screen",
        help="judge the photo as seen whole on a screen, or at 1:1 (default: screen)",
    )


def _add_strictness(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--strictness",
        type=_strictness,
        default=0.0,
        metavar="S",
        help="from -1 (only gross flaws) to 1 (the least flaw); default: 0",
    )


def _strictness(text: str) -> float:
    with contextlib.suppress(ValueError):
        if -1 <= (value := float(text)) <= 1:
            return value
    raise argparse.ArgumentTypeError(f"{text!r} is no number from -1 to 1")


def _positive(text: str) -> int:
    with contextlib.suppress(ValueError):
        if (value := int(text)) >= 1:
            return value
    raise argparse.ArgumentTypeError(f"{text!r} is no whole number of at least 1")
