"""The analysis folder: its files, their meaning, and what it may and may not replace."""

from __future__ import annotations

import json
import os
import re
import resource
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.exporters.made import K, contents, findings

from flawmap_api.errors import BadInput
from flawmap_api.report import Report
from flawmap_export import DistortionPlanes, Findings, write_folder
from flawmap_export.folder import encode_png, encode_report

SIX = ("blur", "jitter", "noise", "overexposure", "low_light", "compression")


def pixels(path: Path) -> np.ndarray:
    """A grey picture's numbers."""
    with Image.open(path) as image:
        assert image.mode == "L"
        return np.asarray(image).copy()


@pytest.mark.parametrize("full", [False, True], ids=["grid", "full"])
def test_every_promised_file_is_there_and_says_what_was_given(tmp_path, full):
    made = findings(200, 120, distortions=SIX, full=full)
    folder = write_folder(made, tmp_path / "new" / "out", "photo")
    assert folder == tmp_path / "new" / "out" / "photo"
    assert set(contents(folder)) == {
        "report.json",
        "overlay.jpg",
        *(f"{kind}/{name}.png" for kind in ("severity", "masks", "unknown") for name in SIX),
    }
    assert Report.from_dict(json.loads((folder / "report.json").read_bytes())) == made.report
    with Image.open(folder / "overlay.jpg") as overlay:
        assert max(overlay.size) <= 2048
    for name, planes in made.planes.items():
        for kind, plane in (
            ("severity", planes.severity),
            ("masks", planes.mask),
            ("unknown", planes.unknown),
        ):
            np.testing.assert_array_equal(pixels(folder / kind / f"{name}.png"), plane)


def test_a_clean_photo_has_every_plane_too(tmp_path):
    folder = write_folder(findings(flaws=0, distortions=SIX), tmp_path, "clean")
    assert len(list(folder.rglob("*.png"))) == 18
    assert pixels(folder / "masks" / "blur.png").max() == 0


def test_masks_are_what_threshold_and_planes_say(tmp_path):
    folder = write_folder(findings(full=True), tmp_path, "photo")
    report = json.loads((folder / "report.json").read_bytes())
    k = round(255 * report["distortions"]["blur"]["threshold"])
    severity, mask, unknown = (
        pixels(folder / kind / "blur.png") for kind in ("severity", "masks", "unknown")
    )
    assert k == K
    np.testing.assert_array_equal(mask == 255, (severity >= k) & (unknown < 128))


def test_the_report_is_readable_text_indented_by_one():
    made = findings()
    text = encode_report(made.report.with_photo(path="/photos/Küste – 1.jpg")).decode("utf-8")
    assert '\n "photo": {\n  "path": "/photos/Küste – 1.jpg"' in text
    assert text.endswith("}\n")


def test_a_path_that_is_no_text_survives():
    path = os.fsdecode(b"/photos/\xff\xfe.jpg")
    data = encode_report(findings().report.with_photo(path=path))
    assert Report.from_dict(json.loads(data.decode("utf-8"))).photo.path == path


def test_a_number_that_json_does_not_have_is_refused_and_nothing_is_left(tmp_path):
    made = findings()
    broken = Findings(replace(made.report, quality=float("nan")), made.photo, made.planes)
    with pytest.raises(BadInput, match="number"):
        write_folder(broken, tmp_path / "out", "photo")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("flat", [False, True])
@pytest.mark.parametrize("shape", [(1, 1), (3, 700), (64, 41)])
def test_planes_survive_their_png_exactly(tmp_path, flat, shape):
    plane = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    (tmp_path / "p.png").write_bytes(encode_png(plane.T.copy().T, flat=flat))
    np.testing.assert_array_equal(pixels(tmp_path / "p.png"), plane)


# ---------------------------------------------------------------- what may be replaced


def test_an_older_analysis_is_replaced_by_the_new_one_as_a_whole(tmp_path):
    write_folder(findings(distortions=SIX), tmp_path, "photo")
    write_folder(findings(seed=1), tmp_path, "photo")
    write_folder(findings(seed=1), tmp_path, "other")
    assert contents(tmp_path / "photo") == contents(tmp_path / "other")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["other", "photo"]


def test_the_report_of_another_version_does_not_stop_the_next_analysis(tmp_path):
    folder = write_folder(findings(), tmp_path, "photo")
    document = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    (folder / "report.json").write_text(json.dumps(document | {"schema": 2}), encoding="utf-8")
    (folder / ".DS_Store").write_bytes(b"left by a file manager")
    write_folder(findings(), tmp_path, "photo")
    assert json.loads((folder / "report.json").read_bytes())["schema"] == 1


def someone_elses_folder(place):
    place.mkdir()
    (place / "letter.txt").write_text("dear")


def an_empty_folder(place):
    place.mkdir()


def a_file(place):
    place.write_text("text")


def a_link_to_an_analysis(place):
    place.symlink_to(write_folder(findings(), place.parent.parent, "elsewhere"))


def a_dangling_link(place):
    place.symlink_to("nowhere")


def another_report(place):
    place.mkdir()
    (place / "report.json").write_text('{"tests": 7}')


def a_broken_report(place):
    place.mkdir()
    (place / "report.json").write_text("{")


def an_analysis_with_notes_in_it(place):
    write_folder(findings(), place.parent, place.name)
    (place / "masks" / "notes.txt").write_text("mine")


def an_analysis_with_a_folder_in_it(place):
    write_folder(findings(), place.parent, place.name)
    (place / "originals").mkdir()


def an_analysis_with_a_link_in_it(place):
    write_folder(findings(), place.parent, place.name)
    (place / "masks" / "blur.png").unlink()
    (place / "masks" / "blur.png").symlink_to("/etc/hostname")


@pytest.mark.parametrize(
    "build",
    [
        someone_elses_folder,
        an_empty_folder,
        a_file,
        a_link_to_an_analysis,
        a_dangling_link,
        another_report,
        a_broken_report,
        an_analysis_with_notes_in_it,
        an_analysis_with_a_folder_in_it,
        an_analysis_with_a_link_in_it,
    ],
)
def test_what_is_not_ours_is_never_overwritten(tmp_path, build):
    out = tmp_path / "out"
    out.mkdir()
    build(out / "photo")
    before, names = contents(tmp_path), sorted(tmp_path.rglob("*"))
    with pytest.raises(BadInput, match="photo") as caught:
        write_folder(findings(seed=1), out, "photo")
    assert caught.value.hint
    assert (contents(tmp_path), sorted(tmp_path.rglob("*"))) == (before, names)


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a\\b", "a\0b"])
def test_a_name_that_leads_elsewhere_is_refused(tmp_path, name):
    with pytest.raises(BadInput, match="name"):
        write_folder(findings(), tmp_path, name)


# ---------------------------------------------------------------- what the system refuses


def test_a_name_that_is_too_long_is_told_and_nothing_is_left(tmp_path):
    with pytest.raises(BadInput, match="too long"):
        write_folder(findings(), tmp_path / "out", "n" * 300)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("length", [200, 201, 255])
def test_a_name_that_just_fits_is_written_and_replaced(tmp_path, length):
    for _ in range(2):
        write_folder(findings(), tmp_path, "n" * length)
    assert [p.name for p in tmp_path.iterdir()] == ["n" * length]


def test_an_output_folder_that_is_a_file_is_told(tmp_path):
    (tmp_path / "out").write_text("a file")
    for parent in (tmp_path / "out", tmp_path / "out" / "deeper"):
        with pytest.raises(BadInput, match="a file stands where a folder should"):
            write_folder(findings(), parent, "photo")
    assert contents(tmp_path) == {"out": b"a file"}


def test_a_folder_of_somebody_else_is_told(tmp_path, plain_user):
    write_folder(findings(), tmp_path, "photo")
    with plain_user() as folder:
        (folder / "out").mkdir(mode=0o555)
        with pytest.raises(BadInput, match="cannot be written"):
            write_folder(findings(), folder / "out", "photo")


def test_a_write_protected_older_analysis_leaves_nothing_behind(tmp_path, plain_user):
    write_folder(findings(), tmp_path, "photo")
    with plain_user() as folder:
        older = write_folder(findings(), folder, "photo")
        for inner in (older / "masks", older):
            inner.chmod(0o555)
        write_folder(findings(seed=1), folder, "photo")
        assert os.listdir(folder) == ["photo"]
        (folder / "photo" / "report.json").chmod(0)
        with pytest.raises(BadInput, match="permission denied"):
            write_folder(findings(), folder, "photo")


@pytest.fixture
def small_disk(tmp_path):
    """A real file system of 128 kB, where one may be mounted."""
    disk = tmp_path / "disk"
    disk.mkdir()
    options = ["-t", "tmpfs", "-o", "size=128k", "tmpfs"]
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    if not root or subprocess.run(["mount", *options, disk], capture_output=True).returncode:
        pytest.skip("only root can mount a small disk")
    yield disk
    subprocess.run(["umount", "-l", disk], check=True)


def test_a_full_disk_is_told_once_and_the_older_analysis_stays(small_disk):
    write_folder(findings(), small_disk, "photo")
    before = contents(small_disk)
    with pytest.raises(BadInput, match="no space left") as caught:
        write_folder(findings(1024, 768, full=True, flaws=6, seed=3), small_disk, "photo")
    assert "grid" in caught.value.hint
    assert contents(small_disk) == before
    assert [p.name for p in small_disk.iterdir()] == ["photo"]


def test_a_read_only_disk_is_told(small_disk):
    write_folder(findings(), small_disk, "photo")
    before = contents(small_disk)
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    for name in ("photo", "other"):
        with pytest.raises(BadInput, match="read-only"):
            write_folder(findings(seed=1), small_disk, name)
    assert contents(small_disk) == before


LIMITED = """
import resource, sys
from pathlib import Path
from flawmap_api.errors import BadInput
from flawmap_export import write_folder
from tests.exporters.made import findings
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, resource.RLIM_INFINITY))
try:
    write_folder(findings(640, 480, full=True, flaws=6, seed=3), Path(sys.argv[1]), "photo")
except BadInput as error:
    print(error)
"""


def test_a_file_that_may_not_grow_is_told_once_and_the_older_analysis_stays(tmp_path, repository):
    write_folder(findings(), tmp_path, "photo")
    before = contents(tmp_path)
    told = subprocess.run(
        [sys.executable, "-c", LIMITED, str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
        cwd=repository,
    )
    assert re.fullmatch(r"There is no space left for \S+photo; .*\n", told.stdout), told
    assert told.stderr == ""
    assert contents(tmp_path) == before
    assert [p.name for p in tmp_path.iterdir()] == ["photo"]
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY


# ---------------------------------------------------------------- what findings have to be


def plane(rows=8, cols=12, dtype=np.uint8):
    return np.zeros((rows, cols), dtype)


@pytest.mark.parametrize(
    "planes",
    [
        (plane(), plane(9), plane()),
        (plane(), plane(), plane(dtype=np.float32)),
        (plane(dtype=np.bool_), plane(dtype=np.bool_), plane(dtype=np.bool_)),
        (plane(0), plane(0), plane(0)),
        (np.zeros((8, 12, 1), np.uint8),) * 3,
    ],
)
def test_planes_of_a_distortion_are_8_bit_and_of_one_size(planes):
    with pytest.raises(BadInput, match="plane has to be 8-bit"):
        DistortionPlanes(*planes)


def test_planes_have_to_belong_to_the_report():
    made = findings()
    with pytest.raises(BadInput, match="do not belong"):
        Findings(made.report, made.photo, {"blur": made.planes["blur"]})
    other = DistortionPlanes(plane(5, 5), plane(5, 5), plane(5, 5))
    with pytest.raises(BadInput, match="the grid's size"):
        Findings(made.report, made.photo, dict.fromkeys(made.planes, other))


@pytest.mark.parametrize(
    "photo", [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 4), np.uint8), np.zeros((4, 4, 3))]
)
def test_the_photo_has_to_be_8_bit_rgb(photo):
    made = findings()
    with pytest.raises(BadInput, match="8-bit RGB"):
        Findings(made.report, photo, made.planes)


def test_full_planes_are_asked_for_one_distortion_at_a_time_and_written(tmp_path):
    made, full = findings(), findings(full=True)
    asked = []

    def give(name):
        asked.append(name)
        return full.planes[name]

    folder = write_folder(replace(made, full=give), tmp_path, "photo")
    assert asked == list(made.planes)
    for name in made.planes:
        for kind, attribute in (
            ("severity", "severity"),
            ("masks", "mask"),
            ("unknown", "unknown"),
        ):
            with Image.open(folder / kind / f"{name}.png") as written:
                np.testing.assert_array_equal(written, getattr(full.planes[name], attribute))


def test_full_planes_of_another_size_are_refused_and_nothing_is_written(tmp_path):
    made = findings()
    with pytest.raises(BadInput, match="Full planes of blur"):
        write_folder(replace(made, full=made.planes.__getitem__), tmp_path, "photo")
    assert not list(tmp_path.iterdir())
