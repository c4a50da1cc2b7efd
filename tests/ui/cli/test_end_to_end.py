"""The command line as people run it: real processes, a real engine, real photos."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageFilter

import flawmap_api
from flawmap_api.connection import process_is
from flawmap_api.launch import find_engine
from flawmap_api.report import Report
from flawmap_api.words import severity_level

PROGRAM = [sys.executable, "-P", "-m", "flawmap_cli"]


@dataclass(frozen=True)
class Shell:
    """Runs the program in a folder, on an engine that only these tests know."""

    folder: Path
    runtime: Path

    def environment(self) -> dict[str, str]:
        # As at a person's: output to a pipe is buffered, and nobody asked for no colour.
        kept = {k: v for k, v in os.environ.items() if k not in ("PYTHONUNBUFFERED", "NO_COLOR")}
        return {**kept, "FLAWMAP_RUNTIME_DIR": str(self.runtime)}

    def __call__(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        run = subprocess.run(
            [*PROGRAM, *map(str, arguments)],
            capture_output=True,
            text=True,
            cwd=self.folder,
            env=self.environment(),
            timeout=100,
        )
        assert "Traceback" not in run.stderr, run.stderr
        return run

    def documents(self, *arguments: str | Path) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self(*arguments, "--json").stdout.splitlines()]


@pytest.fixture(scope="module")
def shell() -> Iterator[Shell]:
    """A folder of photos, good and bad, and an engine for the tests of this module."""
    root = Path(tempfile.mkdtemp(prefix="fm-cli-"))
    runtime, folder = root / "run", root / "photos"
    runtime.mkdir(mode=0o700)
    folder.mkdir()
    with resources.as_file(resources.files("flawmap_cli") / "data" / "demo.webp") as demo:
        photo = Image.fromarray(pixels(demo))
    photo.save(folder / "sharp.jpg", quality=95, subsampling=0)
    photo.filter(ImageFilter.GaussianBlur(6)).save(folder / "soft.jpg", quality=95, subsampling=0)
    whole = (folder / "sharp.jpg").read_bytes()
    (folder / "cut.jpg").write_bytes(whole[: len(whole) // 2])
    (folder / "text.jpg").write_text("This is no photo.\n")
    (folder / "empty.jpg").touch()
    shell = Shell(folder, runtime)
    yield shell
    shell("engine", "stop")
    shutil.rmtree(root, ignore_errors=True)


def pixels(path: Path) -> np.ndarray:
    with Image.open(path) as picture:
        return np.asarray(picture)


BROKEN = ("cut.jpg", "empty.jpg", "text.jpg")


def test_check_judges_the_good_names_the_bad_and_ends_with_2(shell: Shell) -> None:
    run = shell("check", ".")
    assert run.returncode == 2
    lines = run.stdout.splitlines()
    for name in BROKEN:
        (line,) = [line for line in lines if line.startswith(f"{name}: ")]
        assert line.startswith(f"{name}: not judged: {name} ")
    assert any(line.startswith("sharp.jpg: clean") for line in lines)
    assert any(line.startswith("soft.jpg: flaws") for line in lines)
    assert any(line.startswith("  !  blur") for line in lines)
    assert lines[-1] == "5 photos: 1 clean, 1 with flaws, 3 not judged"
    assert run.stderr == ""


@pytest.mark.parametrize(("name", "code"), [("sharp.jpg", 0), ("soft.jpg", 1), ("text.jpg", 2)])
def test_the_exit_code_tells_clean_flawed_and_not_judged(
    shell: Shell, name: str, code: int
) -> None:
    assert shell("check", name).returncode == code


def test_checks_documents_are_reports(shell: Shell) -> None:
    sharp, soft, gone = shell.documents("check", "sharp.jpg", "soft.jpg", "gone.jpg")
    assert [sharp["verdict"], soft["verdict"], gone["verdict"]] == ["clean", "flaws", "not_judged"]
    for document in (sharp, soft):
        found = Report.from_dict(document["report"])
        assert found.photo.path == document["path"]
        assert (found.photo.width, found.photo.height) == (1200, 800)
        assert set(document["failing"]) <= {region.id for region in found.regions}
    assert soft["failing"]
    assert soft["report"]["subject_sharpness"] < sharp["report"]["subject_sharpness"]


def test_a_photo_whose_flaws_were_all_marked_passes_its_check(shell: Shell) -> None:
    shutil.copy(shell.folder / "soft.jpg", shell.folder / "wanted.jpg")
    (found,) = shell.documents("check", "wanted.jpg")
    assert found["failing"]
    for region in found["failing"]:
        (document,) = shell.documents("mark", "wanted.jpg", region, "intentional")
        assert document["failure"] is None
    # Another engine, another day.
    shell("engine", "stop")
    assert shell("check", "wanted.jpg").returncode == 0
    listed = shell("marks", "wanted.jpg").stdout
    assert listed.count("intentional") == len(found["failing"])
    # Its twin, of equal pixels, is another photo.
    assert shell("check", "soft.jpg").returncode == 1
    assert shell("mark", "wanted.jpg", "--clear").returncode == 0
    assert shell("check", "wanted.jpg").returncode == 1


def test_what_is_left_of_a_cut_off_photo_is_judged_on_demand(shell: Shell) -> None:
    (refused,) = shell.documents("check", "cut.jpg")
    assert refused["failure"]["code"] == "bad_input"
    assert "--allow-truncated" in refused["failure"]["hint"] + refused["failure"]["message"]
    (judged,) = shell.documents("check", "--allow-truncated", "cut.jpg")
    assert judged["report"] is not None
    assert judged["report"]["notes"]


def test_strictness_moves_the_thresholds(shell: Shell) -> None:
    areas = [
        shell.documents("check", "--strictness", str(s), "soft.jpg")[0]["report"]["distortions"][
            "blur"
        ]["area"]
        for s in (-1, 0, 1)
    ]
    assert areas == sorted(areas)


@pytest.mark.parametrize("maps", ["grid", "full"])
def test_the_folders_planes_keep_the_contract(shell: Shell, maps: str, tmp_path: Path) -> None:
    run = shell("analyze", "soft.jpg", "text.jpg", "sharp.jpg", "--maps", maps, "--out", tmp_path)
    assert run.returncode == 2
    assert run.stdout.splitlines()[-2] == "3 photos: 2 analysed, 1 not:"
    for name in ("soft", "sharp"):
        folder = tmp_path / name
        document = json.loads((folder / "report.json").read_text("utf-8"))
        found = Report.from_dict(document)
        size = (800, 1200) if maps == "full" else (found.grid.rows, found.grid.cols)
        assert max(pixels(folder / "overlay.jpg").shape) <= 2048
        for distortion, summary in found.distortions.items():
            severity, mask, unknown = (
                pixels(folder / kind / f"{distortion}.png")
                for kind in ("severity", "masks", "unknown")
            )
            assert severity.shape == mask.shape == unknown.shape == size
            level = round(255 * summary.threshold)
            assert np.array_equal(mask == 255, (severity >= level) & (unknown < 128))
            assert set(np.unique(mask)) <= {0, 255}
            if maps == "full":
                assert abs((mask == 255).mean() - summary.area) <= 0.006
            assert document["distortions"][distortion]["severity_level"] == severity_level(
                summary.severity
            )


def test_a_second_run_replaces_the_first(shell: Shell, tmp_path: Path) -> None:
    for _ in range(2):
        (document,) = shell.documents("analyze", "sharp.jpg", "--out", tmp_path)
        assert document["folder"] == str(tmp_path / "sharp")
    assert [p.name for p in tmp_path.iterdir()] == ["sharp"]


def test_a_full_disk_is_named_and_leaves_no_half_folder(shell: Shell, tmp_path: Path) -> None:
    pytest.importorskip("resource")
    # No file may grow over 20 kB: what a full disk looks like to one process.
    program = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000));"
        "import flawmap_cli.main; sys.exit(flawmap_cli.main.main(sys.argv[1:]))"
    )
    photos = ("sharp.jpg", "soft.jpg")
    limited = subprocess.run(
        [sys.executable, "-c", program, "analyze", *photos, "--maps", "full", "--out", tmp_path],
        capture_output=True,
        text=True,
        cwd=shell.folder,
        env=shell.environment(),
        timeout=100,
    )
    assert limited.returncode == 2
    assert limited.stderr == ""
    assert "2 photos: 0 analysed, 2 not:" in limited.stdout
    assert limited.stdout.count("no space left") == 2
    assert not [p for p in tmp_path.rglob("*") if p.is_file()]


def test_a_part_is_scored_by_box_point_and_mask(shell: Shell, tmp_path: Path) -> None:
    (box,) = shell.documents("roi", "soft.jpg", "--box", "100", "100", "700", "700")
    assert box["box"] == [100, 100, 700, 700]
    assert set(box["distortions"]) >= {"blur", "noise"}
    (point,) = shell.documents("roi", "sharp.jpg", "--point", "600", "400")
    x0, y0, x1, y1 = point["box"]
    assert x0 <= 600 < x1 and y0 <= 400 < y1
    mask = np.zeros((800, 1200), np.uint8)
    mask[100:700, 100:700] = 255
    Image.fromarray(mask).save(tmp_path / "m.png")
    (masked,) = shell.documents("roi", "soft.jpg", "--mask", tmp_path / "m.png")
    assert masked["mask"] == [100, 100, 700, 700]
    for name, found in masked["distortions"].items():
        assert found["severity"] == pytest.approx(box["distortions"][name]["severity"], abs=0.02)


@pytest.mark.parametrize(
    "part",
    [
        ["--box", "1100", "0", "1300", "100"],
        ["--point", "5000", "5000"],
        ["--point", "-1", "3"],
        ["--mask", "sharp.jpg", "--allow-truncated"],
    ],
)
def test_a_part_outside_the_photo_is_a_sentence(shell: Shell, part: list[str]) -> None:
    if part[0] == "--mask":
        Image.new("L", (10, 10), 255).save(shell.folder.parent / "small.png")
        part = ["--mask", str(shell.folder.parent / "small.png")]
    run = shell("roi", "soft.jpg", *part)
    assert run.returncode == 2
    assert run.stdout == ""
    assert run.stderr.startswith("flawmap: ")


def test_the_sharp_frame_is_kept(shell: Shell) -> None:
    best, other = shell.documents("best", "soft.jpg", "sharp.jpg")
    assert Path(best["path"]).name == "sharp.jpg"
    assert (best["keep"], other["keep"]) == (True, False)
    assert "less sharp" in other["reason"]


def test_the_demo_shows_what_it_planted_and_what_was_found(shell: Shell, tmp_path: Path) -> None:
    (document,) = shell.documents("demo", "--out", tmp_path)
    assert len(document["planted"]) == 6
    assert all(0 <= flaw["iou"] <= 1 for flaw in document["planted"])
    assert (tmp_path / "demo" / "overlay.jpg").is_file()
    assert len(list((tmp_path / "demo" / "masks").iterdir())) >= 6
    assert len(list((tmp_path / "planted").iterdir())) == 6
    assert document["failure"] is None


def test_the_demo_takes_a_photo_of_ones_own(shell: Shell, tmp_path: Path) -> None:
    run = shell("demo", "--out", tmp_path, "sharp.jpg")
    assert run.returncode == 0
    lines = run.stdout.splitlines()
    assert lines[0] == "Six flaws were planted into sharp.jpg (seed 7):"
    assert sum(line.endswith(("  found", "  found in part", "  missed")) for line in lines) == 6
    assert any(line.startswith("Flagged of the rest of the photo: ") for line in lines)
    assert shell("demo", "--out", tmp_path, "text.jpg").returncode == 2


def test_the_doctor_finds_this_installation_well(shell: Shell) -> None:
    run = shell("doctor", "--bundle", shell.folder.parent / "report.zip")
    assert run.returncode == 0, run.stdout
    (document,) = shell.documents("doctor")
    found = {finding["what"]: finding for finding in document["findings"]}
    assert "ExecutionProvider" in found["device"]["found"]
    assert any(what.startswith("model ") for what in found)
    assert (shell.folder.parent / "report.zip").is_file()


def test_an_analysed_photo_is_checked_without_loading_anything_heavy(shell: Shell) -> None:
    heavy = ("numpy", "cv2", "PIL", "rich", "flawmap_export", "flawmap_engine", "onnxruntime")
    code = (
        "import sys, flawmap_cli.main as m; m.main(['check', 'sharp.jpg']);"
        f"sys.exit(' '.join(n for n in {heavy!r} if n in sys.modules))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        cwd=shell.folder,
        env=shell.environment(),
        timeout=100,
    )
    assert run.stdout.startswith("sharp.jpg: clean")
    assert run.stderr.strip() == ""


@pytest.mark.skipif(os.name != "posix", reason="Ctrl-C is sent by signal")
def test_ctrl_c_stops_the_photo_at_hand_and_says_what_was_done(shell: Shell) -> None:
    with Image.open(shell.folder / "sharp.jpg") as photo:
        large = photo.resize((9600, 6400), Image.Resampling.NEAREST)
    large.save(shell.folder.parent / "large.jpg", quality=60)
    process = subprocess.Popen(
        [*PROGRAM, "check", "sharp.jpg", str(shell.folder.parent / "large.jpg"), "soft.jpg"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=shell.folder,
        env=shell.environment(),
    )
    assert process.stdout is not None
    assert process.stdout.readline().startswith("sharp.jpg: clean")
    with flawmap_api.connect(runtime_dir=shell.runtime, start=False) as engine:
        while not engine.status()["jobs"]["running"] and process.poll() is None:
            pass
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
        while engine.status()["jobs"]["running"]:
            pass
    assert process.returncode == 130
    assert all(line.startswith(" ") for line in out.splitlines()), "no line of another photo"
    assert err == "Stopped. 1 of 3 photos were done.\n"


def test_the_engine_runs_in_the_foreground_until_it_is_stopped(tmp_path: Path) -> None:
    runtime = Path(tempfile.mkdtemp(prefix="fm-cli-"))
    alone = Shell(tmp_path, runtime)
    process = subprocess.Popen(
        [*PROGRAM, "engine", "run", "--device", "cpu"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=alone.environment(),
    )
    try:
        while (info := find_engine(runtime)) is None:
            assert process.poll() is None
        (status,) = alone.documents("engine", "status")
        assert status["running"] is True
        assert status["pid"] == info.pid
        assert status["device_requested"] == "cpu"
        assert alone("engine", "stop").returncode == 0
        assert not process_is(info.pid, info.started)
        assert process.wait(30) == 0
        assert alone("engine", "status").returncode == 1
        assert alone("engine", "logs").returncode == 0
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(30)
        shutil.rmtree(runtime, ignore_errors=True)
