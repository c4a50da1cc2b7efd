"""The store: least recently used by bytes, closed photos first, pixels before analyses."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from flawmap_api.errors import BadInput, NoMemory, NotFound
from flawmap_api.geometry import Box
from flawmap_engine.imaging import Photo
from flawmap_engine.memory import default_budget, memory_budget
from flawmap_engine.planes import Analysis, ViewPlanes
from flawmap_engine.store import Entry, FileStamp, Source, Store

from .conftest import EngineProcess
from .rawclient import Refused, bmp, picture

CLIENT = b"client"


def photo_of(seed: int, width: int = 80, height: int = 40) -> Photo:
    planes = [np.zeros((-(-height // 8), -(-width // 8)), np.uint8) for _ in range(2)]
    return Photo(np.full((height, width, 3), seed, np.uint8), None, *planes)


def analysis_of(photo: Photo, nbytes: int = 1000) -> Analysis:
    plane = np.zeros((1, nbytes // 2, 1), np.uint8)
    view = ViewPlanes("screen", ("blur",), plane, plane.copy())
    nothing = np.zeros(0, np.uint8)
    return Analysis(
        photo.width,
        photo.height,
        view,
        view,
        0.5,
        np.zeros(0, np.float32),
        np.zeros(0, np.float32),
        nothing,
        nothing,
        nothing,
        "",
    )


def from_file(name: str) -> Source:
    return Source(f"/{name}", "00", f"/{name}", (), False, FileStamp(1, 1, 1, 1, 1))


ONE = photo_of(0).nbytes


def add(store: Store, seed: int, *, analysed: bool = True, path: bool = True) -> Entry:
    source = from_file(str(seed)) if path else Source(None, None, "", ())
    entry = store.add(photo_of(seed), source, CLIENT)
    if analysed:
        store.keep_analysis(entry, analysis_of(photo_of(seed)))
    return entry


def test_the_sum_of_bytes_is_what_the_entries_hold() -> None:
    store = Store(10 * ONE)
    entries = [add(store, seed) for seed in range(5)]
    assert store.used == sum(entry.nbytes for entry in entries) == 5 * (ONE + 1000)
    add(store, 0)
    assert store.used == 5 * (ONE + 1000)


def test_pixels_go_before_analyses_and_the_oldest_first() -> None:
    store = Store(3 * ONE)
    entries = [add(store, seed) for seed in range(4)]
    assert store.used <= store.budget
    assert [entry.photo is None for entry in entries] == [True, True, False, False]
    assert all(store.has_analysis(entry.photo_id) for entry in entries)


def test_what_was_used_last_stays_longest() -> None:
    store = Store(3 * ONE)
    first, second, third = (add(store, seed, analysed=False) for seed in range(3))
    with store.use(first.photo_id):
        pass
    add(store, 3, analysed=False)
    assert second.photo is None
    assert first.photo is not None
    assert third.photo is not None


def test_closed_photos_are_the_first_to_go_and_stay_while_there_is_room() -> None:
    store = Store(3 * ONE + 3000)
    entries = [add(store, seed) for seed in range(3)]
    store.close(entries[2].photo_id, CLIENT)
    assert len(store) == 3
    add(store, 3)
    with pytest.raises(NotFound), store.use(entries[2].photo_id):
        pass
    assert entries[0].photo is not None


def test_a_photo_that_another_client_holds_is_not_closed() -> None:
    store = Store(2 * ONE)
    entry = add(store, 0, analysed=False)
    store.add(photo_of(0), from_file("0"), b"other")
    store.close(entry.photo_id, CLIENT)
    assert set(entry.holders) == {b"other"}
    store.forget_client(b"other")
    assert not entry.holders


def test_what_a_request_works_on_never_goes() -> None:
    store = Store(2 * ONE)
    entry = add(store, 0, analysed=False)
    with store.use(entry.photo_id):
        for seed in range(1, 6):
            add(store, seed, analysed=False)
        assert entry.photo is not None
    assert store.used <= store.budget


def test_analyses_go_when_nothing_else_is_left() -> None:
    store = Store(ONE + 2500)
    entries = [add(store, seed) for seed in range(6)]
    assert store.used <= store.budget
    assert store.has_analysis(entries[-1].photo_id)
    assert not store.has_analysis(entries[0].photo_id)


def test_an_early_analysis_takes_its_room_and_never_the_place_of_a_whole_one() -> None:
    store = Store(ONE + 2500)
    entry = add(store, 0, analysed=False)
    whole = analysis_of(photo_of(0))
    early = replace(whole, unseen=(Box(0, 0, 80, 40),))
    store.keep_analysis(entry, early)
    assert store.has_analysis(entry.photo_id, early=True)
    assert not store.has_analysis(entry.photo_id)
    assert store.used == ONE + 1000
    store.keep_analysis(entry, whole)
    store.keep_analysis(entry, early)
    assert store.has_analysis(entry.photo_id)
    # It goes as any other when nothing else is left.
    store.keep_analysis(add(store, 1, analysed=False), early)
    assert store.used <= store.budget
    assert entry.photo is None


def test_pixels_that_cannot_be_read_again_take_their_place_with_them() -> None:
    store = Store(2 * ONE)
    entry = add(store, 0, analysed=False, path=False)
    add(store, 1, analysed=False)
    add(store, 2, analysed=False)
    with pytest.raises(NotFound), store.use(entry.photo_id):
        pass


def test_a_photo_that_cannot_fit_is_refused_with_the_size_it_would_need() -> None:
    store = Store(1000)
    with pytest.raises(NoMemory, match="80×40") as refused:
        add(store, 0)
    assert "FLAWMAP_MEMORY=1 (MiB)" in refused.value.hint
    assert store.used == 0


def test_the_default_budget_is_2_gib_or_a_quarter() -> None:
    assert 0 < default_budget() <= 2 << 30


def test_flawmap_memory_is_the_budget_in_mib(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLAWMAP_MEMORY", "300")
    assert memory_budget() == 300 << 20
    assert memory_budget(1000) == 1000
    monkeypatch.setenv("FLAWMAP_MEMORY", "")
    assert memory_budget() == default_budget()
    for wrong in ("2 GB", "0", "-1", "9" * 30):
        monkeypatch.setenv("FLAWMAP_MEMORY", wrong)
        with pytest.raises(BadInput, match="FLAWMAP_MEMORY"):
            memory_budget()


def test_equal_pixels_of_others_tell_nothing_of_where_a_client_has_them_from() -> None:
    store = Store(100 * ONE)
    file, document = from_file("a.jpg"), Source(None, None, "xmp.did:1", ())
    entry = store.add(photo_of(1), file, b"one")
    store.add(photo_of(1), document, b"two")
    store.add(photo_of(1), from_file("b.jpg"), b"three")
    assert entry.source(b"one") == file
    assert entry.source(b"two") == document
    assert entry.source(b"two", "/a.jpg") == file
    # One client with both: its pixels go without a path, its file with one.
    store.add(photo_of(1), file, b"two")
    assert entry.source(b"two") == document


# ------------------------------------------------------------------ through the engine


def settle(path: Path) -> Path:
    """Make a file old enough that its times tell a later change."""
    os.utime(path, (1_600_000_000, 1_600_000_000))
    # The change time cannot be set; only its age makes it count.
    import time

    status = path.stat()
    while time.time() - status.st_ctime < 0.15:
        time.sleep(0.02)
    return path


def test_an_unchanged_file_is_known_again_without_reading_it(
    engine: EngineProcess, tmp_path: Path
) -> None:
    client = engine.client()
    path = settle(bmp(tmp_path / "photo.bmp", 64, 48, seed=201))
    first = client.until_answered(client.send("open", {"path": str(path)}))
    assert "decode" in [message.body["stage"] for message in first.of("progress")]
    again = client.until_answered(client.send("open", {"path": str(path)}))
    assert again.of("progress") == []
    assert again.last.body == first.last.body
    assert again.last.body["path"] == again.last.body["lineage"] == str(path)


@pytest.mark.parametrize("change", ["content", "replaced", "touched back"])
def test_a_changed_file_is_read_again(engine: EngineProcess, tmp_path: Path, change: str) -> None:
    client = engine.client()
    path = settle(bmp(tmp_path / "photo.bmp", 64, 48, seed=202))
    before = client.ask("open", {"path": str(path)}).body
    if change == "replaced":
        os.replace(bmp(tmp_path / "new.bmp", 64, 48, seed=203), path)
    else:
        bmp(path, 64, 48, seed=204)
    if change == "touched back":
        # Same size and time as before: only the inode's change time tells.
        os.utime(path, (1_600_000_000, 1_600_000_000))
    after = client.ask("open", {"path": str(path)}).body
    assert after["photo_id"] != before["photo_id"]
    assert after["file_sha256"] != before["file_sha256"]


def test_a_stored_analysis_is_not_computed_again(engine: EngineProcess, tmp_path: Path) -> None:
    client = engine.client()
    path = bmp(tmp_path / "photo.bmp", 64, 48, seed=205)
    photo = client.ask("open", {"path": str(path)}).body
    assert photo["analysed"] is False
    first = client.ask("analyze", {"photo_id": photo["photo_id"]}).body
    starts = engine.journal.count(f"start {photo['photo_id'][:8]}")
    assert starts == 1
    for view in ("screen", "pixel", "screen"):
        again = client.ask("analyze", {"photo_id": photo["photo_id"], "view": view}).body
        assert again["report"]["view"] == view
    assert again == first
    assert client.ask("open", {"path": str(path)}).body["analysed"] is True
    assert engine.journal.count(f"start {photo['photo_id'][:8]}") == 1


def test_a_copy_is_the_same_photo_under_its_own_path(engine: EngineProcess, tmp_path: Path) -> None:
    client = engine.client()
    one = bmp(tmp_path / "one.bmp", 64, 48, seed=206)
    two = bmp(tmp_path / "two.bmp", 64, 48, seed=206)
    photo = client.ask("open", {"path": str(one)}).body["photo_id"]
    client.ask("analyze", {"photo_id": photo})
    assert client.ask("open", {"path": str(two)}).body["photo_id"] == photo
    of_one, of_two, of_other = (
        client.ask("regions", {"photo_id": photo, "path": str(path)}).body["report"]["photo"]
        for path in (one, two, "/elsewhere/three.bmp")
    )
    assert (of_one["path"], of_one["lineage"]) == (str(one), str(one))
    assert (of_two["path"], of_two["lineage"]) == (str(two), str(two))
    assert of_one["file_sha256"] == of_two["file_sha256"] is not None
    assert (of_other["path"], of_other["file_sha256"]) == ("/elsewhere/three.bmp", None)


def test_pixels_that_had_to_go_are_read_from_the_file_again(
    engines: object, tmp_path: Path
) -> None:
    engine = engines("--memory", str(3 * 64 * 48 * 3)).start()  # type: ignore[operator]
    client = engine.client()
    paths = [settle(bmp(tmp_path / f"{n}.bmp", 64, 48, seed=210 + n)) for n in range(6)]
    photos = [client.ask("open", {"path": str(path)}).body["photo_id"] for path in paths]
    shown = client.ask("pixels", {"photo_id": photos[0]})
    assert len(shown.blocks["pixels"]) == 64 * 48 * 3
    bmp(paths[1], 64, 48, seed=250)
    with pytest.raises(Refused) as refused:
        client.ask("pixels", {"photo_id": photos[1]})
    assert (refused.value.code, refused.value.hint) == ("not_found", "Open it again.")
    state = engine.ping()["memory"]
    assert state["used"] <= state["budget"] == 3 * 64 * 48 * 3


def test_a_photo_over_the_memory_is_refused_and_the_next_one_served(
    engines: object, tmp_path: Path
) -> None:
    engine = engines("--memory", "1000000").start()  # type: ignore[operator]
    client = engine.client()
    with pytest.raises(Refused) as refused:
        client.ask("open", {"path": str(bmp(tmp_path / "large.bmp", 700, 600))})
    assert refused.value.code == "no_memory"
    assert "MB" in refused.value.message or "MiB" in refused.value.message
    with pytest.raises(Refused, match="MiB") as refused:
        client.ask("open", {"pixels": {"width": 7000, "height": 600}})
    assert refused.value.code == "no_memory"
    client.ask("open", {"path": str(bmp(tmp_path / "small.bmp", 64, 48))})


@pytest.mark.parametrize("file_first", [True, False])
def test_pixels_and_a_file_of_equal_pixels_keep_their_own_origin(
    engine: EngineProcess, tmp_path: Path, file_first: bool
) -> None:
    seed = 280 + file_first
    path = bmp(tmp_path / "file.bmp", 64, 48, seed=seed)
    editor, program = engine.client(), engine.client()

    def open_file() -> str:
        return str(program.ask("open", {"path": str(path)}).body["photo_id"])

    photo = open_file()
    shown = program.ask("pixels", {"photo_id": photo}).blocks["pixels"]
    layout = {"width": 64, "height": 48, "dtype": "u8", "channels": "RGB"}
    block = {"pixels": ("u8", [48, 64, 3], shown)}
    opened = editor.ask("open", {"pixels": layout, "lineage": "xmp.did:8"}, blocks=block).body
    assert opened["photo_id"] == photo
    if not file_first:
        open_file()
    for client, wanted, lineage in (
        (editor, None, "xmp.did:8"),
        (program, str(path), str(path)),
    ):
        body = {"photo_id": photo}
        told = client.ask("analyze", body).body["report"]["photo"]
        assert (told["path"], told["lineage"]) == (wanted, lineage)
        assert (told["file_sha256"] is None) == (wanted is None)


def test_pixels_that_are_gone_for_good_have_to_be_sent_again(engines: object) -> None:
    engine = engines("--memory", "150000").start()  # type: ignore[operator]
    client = engine.client()
    photo, _ = client.open_pixels(picture(64, 48, 290), 64, 48)
    # Its planes stay when its pixels go.
    client.ask("analyze", {"photo_id": photo.body["photo_id"]})
    for seed in range(300, 312):
        client.open_pixels(picture(64, 48, seed), 64, 48)
    with pytest.raises(Refused) as refused:
        client.ask("pixels", {"photo_id": photo.body["photo_id"]})
    assert refused.value.code == "not_found"
    assert refused.value.hint == "Send them again."
