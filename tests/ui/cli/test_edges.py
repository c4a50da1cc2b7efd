"""The edges of the program: usage, pipes, terminals, and errors that nobody foresaw."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.fakes import FakeEngine, photo_file, region, report

import flawmap_api
from flawmap_api.errors import BadInput, InternalError, NoMemory
from flawmap_cli.batch import speaking
from flawmap_cli.main import build_parser, main

from .conftest import Flawmap

PROGRAM = [sys.executable, "-P", "-m", "flawmap_cli"]
# As at a person's: output to a file or pipe is buffered.
ENVIRONMENT = {k: v for k, v in os.environ.items() if k != "PYTHONUNBUFFERED"}


class Terminal(io.StringIO):
    """A stream that calls itself a terminal."""

    def isatty(self) -> bool:
        return True


def test_the_version_is_the_packages(flawmap: Flawmap) -> None:
    assert flawmap("--version").out == f"flawmap {flawmap_api.__version__}\n"


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["judge"],
        ["check"],
        ["analyze", "a.jpg"],
        ["roi", "a.jpg"],
        ["roi", "a.jpg", "--box", "1", "2", "3"],
        ["roi", "a.jpg", "--box", "1", "2", "3", "4", "--point", "1", "2"],
        ["check", "a.jpg", "--view", "huge"],
        ["best", "a.jpg", "--keep", "0"],
    ],
)
def test_wrong_usage_ends_with_2_and_says_how_it_goes(
    flawmap: Flawmap, arguments: list[str]
) -> None:
    said = flawmap(*arguments)
    assert said.code == 2
    assert said.err.startswith("usage: flawmap")


def test_wrong_usage_is_a_document_where_documents_are_asked_for(flawmap: Flawmap) -> None:
    said = flawmap("check", "--json", "a.jpg", "--strictness", "much")
    assert said.code == 2
    (document,) = said.documents
    assert document["failure"]["code"] == "bad_input"
    assert "'much' is no number from -1 to 1" in document["failure"]["message"]


def test_ctrl_c_while_modules_load_is_no_traceback(tmp_path: Path) -> None:
    # Stands in for the first module of others that the program loads.
    (tmp_path / "argparse.py").write_text("raise KeyboardInterrupt")
    done = subprocess.run(
        [sys.executable, "-m", "flawmap_cli", "check", "a.jpg"],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "Stopped.\n")


def test_every_command_takes_json_and_has_a_help() -> None:
    parser = build_parser()
    commands = next(a for a in parser._actions if a.dest == "command").choices
    assert {"check", "analyze", "roi", "best", "engine", "demo", "doctor"} <= set(commands)
    for command in commands.values():
        assert "--json" in command.format_help()


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (BadInput("As it is.", "Do that."), BadInput, "As it is."),
        (MemoryError(), NoMemory, "not enough memory"),
        (OSError(28, "No space left on device", "/x/y"), BadInput, "no space left"),
        (PermissionError(13, "Permission denied", "/x/y"), BadInput, "/x/y"),
        (ValueError("odd"), InternalError, "ValueError: odd"),
    ],
)
def test_every_error_speaks(error: Exception, kind: type[Exception], words: str) -> None:
    spoken = speaking(error)
    assert type(spoken) is kind
    assert words in spoken.message


def test_a_terminal_gets_colour_and_a_pipe_none(
    here: Path, fake: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.put("a.jpg", report(regions=[region("blur", sentence="word " * 40)]))
    photo_file(here)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    shown: dict[str, str] = {}
    for name, stream in (("pipe", io.StringIO()), ("terminal", Terminal())):
        monkeypatch.setattr(sys, "stdout", stream)
        main(["check", "a.jpg"])
        shown[name] = stream.getvalue()
    assert "\x1b[" not in shown["pipe"]
    assert len(shown["pipe"].splitlines()) == 2
    assert "\x1b[" in shown["terminal"]
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setattr(sys, "stdout", plain := Terminal())
    main(["check", "a.jpg"])
    assert "\x1b[" not in plain.getvalue()
    assert all(len(line) <= 80 for line in plain.getvalue().splitlines())
    assert plain.getvalue().split() == shown["pipe"].split()


def test_a_bar_shows_on_a_terminal_while_photos_take_their_time(
    here: Path, fake: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a.jpg", "b.jpg"):
        photo_file(here, name)
    monkeypatch.setattr("flawmap_cli.progress._PATIENCE", -1.0)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    monkeypatch.setattr(sys, "stderr", err := Terminal())
    assert main(["check", "."]) == 0
    assert "a.jpg tiles" in err.getvalue()
    assert "2/2" in err.getvalue()
    assert sys.stdout.getvalue().splitlines()[-1] == "2 photos: 2 clean, 0 with flaws"


def test_names_that_no_console_can_show_do_not_stop_it(
    here: Path, flawmap: Flawmap, fake: FakeEngine
) -> None:
    photo_file(here, "写真\n\x1b[31m.jpg")
    said = flawmap("check", ".")
    assert said.lines == ["写真??[31m.jpg: clean, quality good (0.70)"]


def test_an_ascii_pipe_gets_stand_ins_and_json_stays_exact(here: Path) -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    for arguments in (["check", "写真.jpg"], ["check", "--json", "写真.jpg"]):
        run = subprocess.run(
            [*PROGRAM, *arguments], capture_output=True, env=environment, cwd=here, timeout=60
        )
        assert run.returncode == 2
        assert run.stderr == b""
        run.stdout.decode("ascii")
    assert rb"\u5199\u771f.jpg" in run.stdout


posix = pytest.mark.skipif(os.name != "posix", reason="needs /dev/full and descriptors")


@posix
@pytest.mark.parametrize("arguments", [["check", "gone.jpg"], ["check", "--json", "gone.jpg"]])
def test_a_full_disk_under_the_output_is_a_sentence(here: Path, arguments: list[str]) -> None:
    with open("/dev/full", "w") as full:
        run = subprocess.run(
            [*PROGRAM, *arguments], stdout=full, stderr=subprocess.PIPE, timeout=60, env=ENVIRONMENT
        )
    assert run.returncode == 2
    assert run.stderr == b"flawmap: The output cannot be written: No space left on device.\n"


@posix
def test_a_closed_pipe_ends_the_program_without_a_word(here: Path) -> None:
    read, write = os.pipe()
    os.close(read)
    run = subprocess.run(
        [*PROGRAM, "check", "gone.jpg"],
        stdout=write,
        stderr=subprocess.PIPE,
        timeout=60,
        env=ENVIRONMENT,
    )
    os.close(write)
    assert run.returncode == 141
    assert run.stderr == b""


@posix
@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-", "2>/dev/full"])
def test_a_program_started_without_its_streams_still_ends_as_it_should(
    here: Path, closed: str
) -> None:
    command = f"'{sys.executable}' -P -m flawmap_cli check gone.jpg {closed}"
    run = subprocess.run(
        ["/bin/sh", "-c", command], capture_output=True, text=True, timeout=60, env=ENVIRONMENT
    )
    assert run.returncode == 2
    assert run.stderr == ""


def test_check_loads_nothing_heavy() -> None:
    heavy = ("numpy", "cv2", "PIL", "rich", "flawmap_export", "flawmap_engine", "onnxruntime")
    code = (
        "import sys, flawmap_cli.main as m; m.main(['check', 'gone.jpg']);"
        f"sys.exit(' '.join(n for n in {heavy!r} if n in sys.modules))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert run.stderr.strip() == ""
