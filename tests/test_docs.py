"""The documents tell the truth: Python examples run against a real engine, shell examples exist.

An example that cannot run here says so in a comment right before it: `<!-- not run: why -->`.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import flawmap_api
from flawmap_cli.demo import demo_photo
from flawmap_cli.main import build_parser

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]

_FENCE = re.compile(
    r"(?:<!-- not run: (?P<reason>[^>]+) -->\n+)?"
    r"^(?P<indent> *)```(?P<language>\w+)[^\n]*\n(?P<code>.*?)^(?P=indent)```",
    re.MULTILINE | re.DOTALL,
)

# Programs that shell examples may use beside ours.
KNOWN = {"apt", "apt-get", "cd", "docker", "echo", "git", "jq", "pip", "pipx", "python", "sudo"}
KNOWN |= {"do", "done", "export", "fi", "for", "if", "then"}


@dataclass(frozen=True)
class Example:
    """One fenced block of a document."""

    document: Path
    line: int
    language: str
    code: str
    reason: str | None

    def __str__(self) -> str:
        return f"{self.document.relative_to(ROOT)}:{self.line}"


def examples(*languages: str) -> list[Example]:
    found = []
    for document in DOCUMENTS:
        text = document.read_text("utf-8")
        for match in _FENCE.finditer(text):
            line = text.count("\n", 0, match.start("language")) + 1
            indent = len(match["indent"])
            code = "".join(row[indent:] for row in match["code"].splitlines(keepends=True))
            found.append(Example(document, line, match["language"], code, match["reason"]))
    return [one for one in found if one.language in languages]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with the photos that examples name, and an engine that ends with the module."""
    from PIL import Image

    folder = tmp_path_factory.mktemp("desk")
    photo = Image.fromarray(demo_photo()).resize((600, 400))
    for name in ("photo.jpg", "holiday.jpg", "photos/one.jpg", "photos/two.jpg"):
        (folder / name).parent.mkdir(exist_ok=True)
        photo.save(folder / name)
    yield folder
    try:
        with flawmap_api.connect(start=False) as engine:
            engine.shutdown()
    except flawmap_api.FlawmapError:
        pass  # no example needed one


def test_the_quick_start_is_in_the_readme():
    assert any(
        "with flawmap_api.connect() as engine:" in one.code and one.reason is None
        for one in examples("python")
        if one.document.name == "README.md"
    )


@pytest.mark.parametrize("example", examples("python"), ids=str)
def test_python_examples_run(example, desk, monkeypatch, capsys):
    program = compile(example.code, str(example), "exec")
    if example.reason is None:
        monkeypatch.chdir(desk)
        exec(program, {"__name__": "__main__"})


@pytest.mark.parametrize("example", examples("json"), ids=str)
def test_json_examples_are_json(example):
    json.loads(example.code)


def commands(example: Example) -> Iterator[list[str]]:
    joined = re.sub(r"\\\n\s*", " ", example.code)
    for line in joined.splitlines():
        if example.language == "console":
            if not line.startswith("$ "):
                continue
            line = line[2:]
        for part in re.split(r"\s(?:&&|\|\|?|;)\s", line):
            words = shlex.split(re.sub(r"<([\w ]+)>", r"'\1'", part), comments=True)
            while words and re.fullmatch(r"\w+=\S*", words[0]):
                words = words[1:]
            if words:
                yield words


def understood(words: list[str]) -> bool:
    try:
        build_parser().parse_args(words)
    except SystemExit as end:  # --help and --version end with 0
        return end.code in (0, None)
    return True


@pytest.mark.parametrize("example", examples("sh", "bash", "console"), ids=str)
def test_shell_examples_name_commands_and_options_that_exist(example):
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    for words in commands(example):
        program, *rest = words
        program = program.removeprefix(".venv/bin/")
        if program == "make":
            assert {word for word in rest if "=" not in word} <= targets, words
        elif program == "flawmap":
            assert understood(rest), f"flawmap does not take {shlex.join(rest)}"
        elif program.startswith((".", "/")):
            assert (ROOT / program).exists(), words
        elif program in ("flawmap-train", "flawmap-eval"):
            # Their parsers need torch; the names of their commands stand in these modules.
            modules = ("cli", "roi_commands") if program == "flawmap-train" else ("evaluate_cli",)
            folder = ROOT / "engine" / "flawmap_train"
            room = "".join((folder / f"{m}.py").read_text("utf-8") for m in modules)
            assert f'"{rest[0]}"' in room, words
        else:
            assert program in KNOWN, words


def test_commands_named_in_running_text_exist():
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    named = {
        word
        for document in DOCUMENTS
        for word in re.findall(r"`make ([a-z][\w-]*)", document.read_text("utf-8"))
    }
    assert named <= targets


def test_files_named_in_documents_and_makefile_exist():
    named = re.compile(r"(?<![\w/.-])(?:benchmarks|engine|exporters|tests|ui)/[\w/.-]*\w")
    missing = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in [*DOCUMENTS, ROOT / "Makefile"]
        for name in named.findall(path.read_text("utf-8"))
        if not (ROOT / name).exists()
    ]
    assert missing == []


def test_every_variable_that_the_programs_heed_is_documented():
    heeded = set()
    for room in ("engine", "exporters", "ui"):
        for path in (ROOT / room).rglob("*.py"):
            heeded |= set(re.findall(r"FLAWMAP_[A-Z]+(?:_[A-Z]+)*", path.read_text("utf-8")))
    documents = (ROOT / "docs" / "cli.md", ROOT / "CONTRIBUTING.md")
    told = "".join(document.read_text("utf-8") for document in documents)
    assert heeded
    assert {name for name in heeded if f"`{name}" not in told} == set()
