"""Pictures through files: what a client wrote is checked and copied, never mapped."""

from __future__ import annotations

import contextlib
import itertools
import os
import stat
import threading
from pathlib import Path

import pytest

from flawmap_api.errors import BadInput, NoMemory
from flawmap_engine.pixel_files import PixelFiles, remove_leftovers

from .conftest import EngineProcess, wait_until
from .rawclient import RawClient, Refused, picture

WIDTH, HEIGHT = 40, 32
SIZE = WIDTH * HEIGHT * 3
LAYOUT = {"width": WIDTH, "height": HEIGHT, "dtype": "u8", "channels": "RGB"}
_seeds = itertools.count(20_000)


def handed_out(client: RawClient) -> Path:
    write = client.ask("open", {"pixels": LAYOUT}).body["write"]
    assert write["bytes"] == SIZE
    return client.folder / write["file"]


def opened_with(client: RawClient, name: str) -> str:
    return str(client.ask("open", {"pixels": {**LAYOUT, "file": name}}).body["photo_id"])


def test_pixels_arrive_as_they_were_written(client: RawClient) -> None:
    data = picture(WIDTH, HEIGHT, next(_seeds))
    opened, _ = client.open_pixels(data, WIDTH, HEIGHT)
    answer = client.ask("pixels", {"photo_id": opened.body["photo_id"]})
    assert answer.blocks["pixels"] == data
    assert answer.shapes["pixels"] == (HEIGHT, WIDTH, 3)
    assert answer.body == {
        "box": [0, 0, WIDTH, HEIGHT],
        "width": WIDTH,
        "height": HEIGHT,
        "channels": "RGB",
    }


def test_frames_and_files_give_the_same_photo(client: RawClient) -> None:
    data = picture(WIDTH, HEIGHT, next(_seeds))
    by_file, _ = client.open_pixels(data, WIDTH, HEIGHT)
    blocks = {"pixels": ("u8", [HEIGHT, WIDTH, 3], data)}
    by_frame = client.ask("open", {"pixels": LAYOUT}, blocks=blocks)
    assert by_frame.body == by_file.body


def test_a_picture_over_one_frame_arrives_whole(client: RawClient) -> None:
    width, height = 1600, 1000
    data = os.urandom(width * height * 3)
    layout = {"width": width, "height": height, "dtype": "u8", "channels": "RGB"}
    opened = client.ask("open", {"pixels": layout}, blocks={"pixels": ("u8", [len(data)], data)})
    shown = client.ask("pixels", {"photo_id": opened.body["photo_id"]})
    assert shown.blocks["pixels"] == data


def test_the_file_is_private_sized_and_used_again(engine: EngineProcess) -> None:
    client = engine.client()
    path = handed_out(client)
    status = path.stat()
    assert status.st_size == SIZE
    if os.name == "posix":
        assert stat.S_IMODE(status.st_mode) == 0o600
    path.write_bytes(picture(WIDTH, HEIGHT, next(_seeds)))
    opened_with(client, path.name)
    assert handed_out(client) == path
    # Handed out and not filled yet: a second picture of that size needs another file.
    assert handed_out(client) != path
    other = engine.client()
    assert handed_out(other) != path


def spoil(path: Path, how: str, tmp: Path) -> None:
    if how == "too small":
        os.truncate(path, SIZE - 1)
    elif how == "too large":
        os.truncate(path, SIZE + 1)
    elif how == "gone":
        path.unlink()
    else:
        path.unlink()
        if how == "a link":
            target = tmp / "target"
            target.write_bytes(b"s" * SIZE)
            path.symlink_to(target)
        elif how == "a folder":
            path.mkdir()
        elif how == "a pipe":
            os.mkfifo(path)
        elif how == "another user's":
            path.write_bytes(b"s" * SIZE)
            os.chown(path, 12345, -1)


@pytest.mark.skipif(os.name != "posix", reason="links, pipes and owners are POSIX")
@pytest.mark.parametrize(
    ("how", "sentence"),
    [
        ("too small", "agreed"),
        ("too large", "agreed"),
        ("gone", "cannot be read"),
        ("a link", "cannot be read"),
        ("a folder", "plain file"),
        ("a pipe", "plain file"),
        pytest.param(
            "another user's",
            "another user",
            marks=pytest.mark.skipif(
                not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root gives files away"
            ),
        ),
    ],
)
def test_a_file_that_is_not_as_agreed_is_refused(
    client: RawClient, how: str, sentence: str, tmp_path: Path
) -> None:
    path = handed_out(client)
    spoil(path, how, tmp_path)
    with pytest.raises(Refused, match=sentence) as refused:
        opened_with(client, path.name)
    assert refused.value.code == "bad_input"
    assert refused.value.hint
    # The next picture of that size travels as if nothing had been.
    data = picture(WIDTH, HEIGHT, next(_seeds))
    client.open_pixels(data, WIDTH, HEIGHT)


@pytest.mark.parametrize(
    "name", ["", ".", "..", "/etc/passwd", "../engine.json", "x" * 300, "a\0b"]
)
def test_a_name_that_was_not_handed_out_is_refused(client: RawClient, name: str) -> None:
    with pytest.raises(Refused, match="has not handed out") as refused:
        opened_with(client, name)
    assert refused.value.code == "bad_input"


def test_a_file_of_another_client_is_refused(engine: EngineProcess) -> None:
    path = handed_out(engine.client())
    with pytest.raises(Refused, match="to this client"):
        opened_with(engine.client(), path.name)


def test_a_file_of_another_size_is_refused(client: RawClient) -> None:
    path = handed_out(client)
    with pytest.raises(Refused, match="was made for"):
        client.ask("open", {"pixels": {**LAYOUT, "height": HEIGHT + 1, "file": path.name}})


def test_a_file_that_is_cut_short_while_it_is_read_is_refused(tmp_path: Path) -> None:
    files = PixelFiles(tmp_path)
    size = 64 << 20
    whole = 0
    for _ in range(12):
        name = files.hand_out(b"client", size)
        path = files.folder / name
        cut = threading.Thread(target=os.truncate, args=(path, size // 2))
        cut.start()
        with contextlib.suppress(BadInput):
            assert files.take(b"client", name, size).nbytes == size
            whole += 1
        cut.join()
    assert whole < 12
    files.close()


def test_what_is_read_ends_where_the_file_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = PixelFiles(tmp_path)
    name = files.hand_out(b"client", 1 << 20)
    real = os.fstat

    def cut_after_the_look(descriptor: int) -> os.stat_result:
        status = real(descriptor)
        os.ftruncate(writer.fileno(), 1000)
        return status

    with (files.folder / name).open("r+b") as writer:
        monkeypatch.setattr("os.fstat", cut_after_the_look)
        with pytest.raises(BadInput, match="cut short while it was read, at byte 1000"):
            files.take(b"client", name, 1 << 20)
        monkeypatch.undo()


def test_the_answer_travels_through_a_file_too(engine: EngineProcess) -> None:
    client = engine.client()
    data = picture(WIDTH, HEIGHT, next(_seeds))
    opened, _ = client.open_pixels(data, WIDTH, HEIGHT)
    photo = {"photo_id": opened.body["photo_id"]}
    answer = client.ask("pixels", {**photo, "via": "file"}).body
    assert (client.folder / answer["file"]).read_bytes() == data
    assert answer["bytes"] == SIZE
    again = client.ask("pixels", {**photo, "via": "file"}).body
    assert again["file"] == answer["file"]
    part = client.ask("pixels", {**photo, "box": [3, 2, 9, 30], "via": "file"}).body
    rows = [data[(y * WIDTH + 3) * 3 : (y * WIDTH + 9) * 3] for y in range(2, 30)]
    assert (client.folder / part["file"]).read_bytes() == b"".join(rows)


def test_no_client_piles_up_files(engine: EngineProcess) -> None:
    client = engine.client()
    opened, _ = client.open_pixels(picture(WIDTH, HEIGHT, next(_seeds)), WIDTH, HEIGHT)
    photo = {"photo_id": opened.body["photo_id"], "via": "file"}
    for x in range(1, WIDTH):
        client.ask("pixels", {**photo, "box": [0, 0, x, 8]})
        client.ask("open", {"pixels": {**LAYOUT, "width": 8 + x}})
    held = len(list(client.folder.iterdir()))
    client.ask("bye")
    assert len(list(client.folder.iterdir())) <= held - 8


def test_the_files_of_a_client_that_died_go_with_it(engine: EngineProcess) -> None:
    client = engine.client()
    before = set(client.folder.iterdir())
    opened, _ = client.open_pixels(picture(WIDTH, HEIGHT, next(_seeds)), WIDTH, HEIGHT)
    (made,) = set(client.folder.iterdir()) - before
    with engine.staged("hold"):
        request = client.send("analyze", {"photo_id": opened.body["photo_id"]})
        client.wait_for(request, "progress")
        client.close()
        wait_until(lambda: not made.exists())


def test_a_full_disk_is_told_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = PixelFiles(tmp_path)
    monkeypatch.setattr("shutil.disk_usage", lambda _: _Usage(1 << 20))
    with pytest.raises(NoMemory, match="which has 1 MiB left") as refused:
        files.hand_out(b"client", 72 << 20)
    assert "FLAWMAP_RUNTIME_DIR" in refused.value.hint
    assert list(files.folder.iterdir()) == []


class _Usage:
    def __init__(self, free: int) -> None:
        self.free = free


def test_a_write_that_fails_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = PixelFiles(tmp_path)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.posix_fallocate", full, raising=False)
    with pytest.raises(NoMemory, match="No space left on device"):
        files.hand_out(b"client", 100)
    assert list(files.folder.iterdir()) == []


def test_leftovers_of_dead_engines_are_deleted_and_living_ones_stay(tmp_path: Path) -> None:
    living = PixelFiles(tmp_path)
    living.hand_out(b"client", 10)
    dead = tmp_path / "pixels-999999999-1"
    dead.mkdir()
    (dead / "picture").write_bytes(b"x" * 10)
    # The number of a living process that is not the one that made the folder.
    reborn = tmp_path / f"pixels-{os.getppid()}-1"
    reborn.mkdir()
    strange = tmp_path / "pixels-of-my-cat"
    strange.mkdir()
    assert set(remove_leftovers(tmp_path)) == {dead, reborn}
    assert living.folder.exists()
    assert strange.exists()
    assert not dead.exists()


def test_a_folder_that_somebody_cleaned_away_is_made_again(tmp_path: Path) -> None:
    import shutil

    files = PixelFiles(tmp_path)
    old = files.hand_out(b"client", 100)
    shutil.rmtree(files.folder)
    with pytest.raises(BadInput):
        files.take(b"client", old, 100)
    name = files.hand_out(b"client", 100)
    assert (files.folder / name).stat().st_size == 100
    assert files.folder.stat().st_mode & 0o777 == 0o700
    shutil.rmtree(files.folder)
    given, _ = files.give(b"client", [memoryview(b"answer")])
    assert (files.folder / given).read_bytes() == b"answer"
