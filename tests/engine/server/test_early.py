"""Early reports: what the screen view tells is told before the pixel view is looked at."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from .conftest import EngineProcess, wait_until
from .rawclient import RawClient, Refused, picture

WIDTH, HEIGHT = 64, 48
_seeds = itertools.count(90_000)


def new_photo(client: RawClient) -> dict[str, Any]:
    """A photo that no analysis has seen."""
    opened, _ = client.open_pixels(picture(WIDTH, HEIGHT, next(_seeds)), WIDTH, HEIGHT)
    assert opened.body["analysed"] is False
    return {"photo_id": str(opened.body["photo_id"])}


def journal_of(engine: EngineProcess, photo: dict[str, Any]) -> list[str]:
    name = photo["photo_id"][:8]
    return [line.split()[0] for line in engine.journal if name in line]


def screen_answers(client: RawClient, photo: dict[str, Any]) -> dict[str, Any]:
    """Everything that is answered from the planes of the screen view."""
    report = client.ask("regions", photo).body["report"]
    (region,) = report["regions"]
    roi = client.ask("roi.score", {**photo, "region": region["id"]}).body
    layers = {
        plane: client.ask("layers.render", {**photo, "plane": plane, "regions": [region["id"]]})
        for plane in ("tint", "coverage")
    }
    return {
        "report": {name: report[name] for name in report if name not in ("photo", "engine")},
        "roi": roi,
        **{plane: list(answer.blocks.values()) for plane, answer in layers.items()},
    }


def test_an_early_report_needs_no_tile_and_everything_of_its_view_follows(
    engine: EngineProcess, client: RawClient
) -> None:
    photo = new_photo(client)
    with engine.staged("hold"):
        early = client.ask("analyze", {**photo, "early": True}).body
        assert early["complete"] is False
        assert early["report"]["regions"]
        known = screen_answers(client, photo)
        assert client.ask("analyze", {**photo, "early": True}).body == early
    assert journal_of(engine, photo) == ["start"]
    whole = client.ask("analyze", photo).body
    assert whole["complete"] is True
    assert journal_of(engine, photo) == ["start", *["tile"] * 4, "end"]
    assert screen_answers(client, photo) == known
    # What is known needs no less: an early report is now the whole one.
    assert client.ask("analyze", {**photo, "early": True}).body == whole


@pytest.mark.parametrize(
    ("type_", "body"),
    [
        ("regions", {}),
        ("roi.score", {"box": [0, 0, 9, 9]}),
        ("layers.render", {"plane": "mask", "distortions": ["blur"]}),
        ("repair.plan", {"box": [0, 0, 9, 9]}),
        ("marks.set", {"region": "blur-00000000", "verdict": "ignored"}),
    ],
)
def test_the_other_view_is_not_made_up(client: RawClient, type_: str, body: dict[str, Any]) -> None:
    photo = new_photo(client)
    client.ask("analyze", {**photo, "early": True})
    with pytest.raises(Refused, match="screen view only") as refused:
        client.ask(type_, {**photo, **body, "view": "pixel"})
    assert refused.value.code == "not_found"


def test_an_early_report_of_the_pixel_view_is_refused(client: RawClient) -> None:
    with pytest.raises(Refused, match="early") as refused:
        client.ask("analyze", {**new_photo(client), "early": True, "view": "pixel"})
    assert refused.value.code == "bad_input"


def test_what_a_cancelled_analysis_knew_of_the_screen_view_stays(
    engine: EngineProcess, client: RawClient
) -> None:
    photo, control = new_photo(client), engine.client("control")
    for request in ({**photo, "planes": True}, photo):
        with engine.staged("hold"):
            asked = client.send("analyze", request)
            wait_until(lambda: journal_of(engine, photo)[-1:] == ["tile"])
            # While its tiles are held, others are told what is known already.
            assert screen_answers(engine.client(), photo)
            control.ask("cancel", {"request": asked})
            assert client.until_answered(asked).last.body["code"] == "cancelled"
            wait_until(lambda: engine.ping()["jobs"] == {"running": 0, "waiting": 0})
    known = screen_answers(client, photo)
    client.ask("analyze", photo)
    # Begun once; what was cancelled between tiles is looked at again, the screen view is not.
    assert journal_of(engine, photo).count("start") == 1
    assert screen_answers(client, photo) == known


def test_a_client_that_goes_away_leaves_the_rest_to_the_next(engine: EngineProcess) -> None:
    first, second = engine.client(), engine.client()
    photo = new_photo(first)
    first.ask("analyze", {**photo, "early": True})
    with engine.staged("hold"):
        first.send("analyze", photo)
        wait_until(lambda: journal_of(engine, photo)[-1:] == ["tile"])
        first.close()
        wait_until(lambda: engine.ping()["jobs"] == {"running": 0, "waiting": 0})
    assert second.ask("regions", photo).body["complete"] is False
    assert second.ask("analyze", photo).body["complete"] is True


def test_clients_share_what_is_known(engine: EngineProcess) -> None:
    first, second = engine.client(), engine.client()
    photo = new_photo(first)
    first.ask("analyze", {**photo, "early": True})
    assert second.ask("analyze", photo).body["complete"] is True
    assert first.ask("regions", photo).body["complete"] is True
    assert first.ask("regions", {**photo, "view": "pixel"}).body["report"]["view"] == "pixel"


def test_planes_of_what_was_begun_come_whole(client: RawClient) -> None:
    photo = new_photo(client)
    client.ask("analyze", {**photo, "early": True})
    told = client.until_answered(client.send("analyze", {**photo, "planes": True}))
    assert [part.body["view"] for part in told.of("partial")] == ["screen", "pixel"]
    assert told.of("partial")[1].body["box"] == [0, 0, WIDTH, HEIGHT]


def test_an_early_update_looks_at_the_screen_view_alone(
    engine: EngineProcess, client: RawClient
) -> None:
    photo = new_photo(client)
    client.ask("analyze", photo)
    change = {**photo, "box": [8, 16, 16, 24], "pixels": {"width": 8, "height": 8}}
    patch = {"pixels": ("u8", [8, 8, 3], bytes(range(192)))}
    with engine.staged("hold"):
        new = client.ask("update", {**change, "early": True}, blocks=patch).body
        assert new["analysed"] is False
        changed = {"photo_id": new["photo_id"]}
        assert client.ask("regions", changed).body["complete"] is False
        # The photo before it is as it was.
        assert client.ask("regions", photo).body["complete"] is True
    assert journal_of(engine, changed) == ["update", "start"]
    assert client.ask("analyze", changed).body["complete"] is True
    # The same change, not early: nothing is left to do.
    assert client.ask("update", change, blocks=patch).body["analysed"] is True
    assert journal_of(engine, changed).count("update") == 1
