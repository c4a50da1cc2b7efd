"""Settings: kept whole or not at all, and never a reason not to start."""

from __future__ import annotations

import builtins
import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flawmap_api.errors import BadInput
from flawmap_panel.model.settings import PanelSettings, load, save
from flawmap_panel.model.view import ViewSettings

OLD = PanelSettings(theme="light", recent=("/old.jpg",))
NEW = PanelSettings(
    theme="dark",
    language="de",
    view=ViewSettings(
        strictness=-0.4, hidden=frozenset({"noise"}), thresholds=(("blur", 0.25),), style="contour"
    ),
    shortcuts={"overlay": "Ctrl+Y"},
    recent=("/new.jpg", "/old.jpg"),
)


def test_what_is_saved_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "panel.json"
    save(NEW, path)
    assert load(path) == (NEW, "")
    assert [p.name for p in path.parent.iterdir()] == ["panel.json"]


def test_no_file_is_the_first_start(tmp_path: Path) -> None:
    assert load(tmp_path / "none.json") == (PanelSettings(), "")


@pytest.mark.parametrize("text", ["", "{", "[1, 2]", "null", "\x00", "[" * 100_000])
def test_a_damaged_file_is_put_aside_and_said(tmp_path: Path, text: str) -> None:
    path = tmp_path / "panel.json"
    path.write_text(text)
    settings, said = load(path)
    assert settings == PanelSettings()
    assert "kept as panel.damaged.json" in said
    assert (tmp_path / "panel.damaged.json").read_text() == text and not path.exists()


def test_what_does_not_fit_begins_anew_and_the_rest_stays(tmp_path: Path) -> None:
    path = tmp_path / "panel.json"
    path.write_text(json.dumps({"theme": "pink", "language": "de", "view": {"opacity": 7}, "x": 1}))
    settings, said = load(path)
    assert settings == PanelSettings(language="de")
    assert "theme" in said and "view" in said and "language" not in said


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["view", "theme", "recent", "shortcuts", "opacity", "hidden"]),
                inner,
                max_size=4,
            )
        ),
        max_leaves=12,
    )
)
def test_no_file_stops_the_start(tmp_path_factory: pytest.TempPathFactory, data: Any) -> None:
    path = tmp_path_factory.mktemp("settings") / "panel.json"
    path.write_text(json.dumps(data))
    settings, _ = load(path)
    assert isinstance(settings, PanelSettings)


class Breaks:
    """Fails at the n-th write, fsync or rename."""

    def __init__(self, patch: pytest.MonkeyPatch, at: int) -> None:
        self.count, self.at = 0, at
        for module, name in ((builtins, "open"), (os, "fsync"), (os, "replace")):
            patch.setattr(module, name, self._counting(getattr(module, name)))

    def _counting(self, real: Any) -> Any:
        def call(*arguments: Any, **options: Any) -> Any:
            if real is builtins.open and "x" not in str(arguments[1:]) + str(options):
                return real(*arguments, **options)
            self.count += 1
            if self.count == self.at:
                raise OSError(28, "No space left on device")
            return real(*arguments, **options)

        return call


@pytest.mark.proof
@pytest.mark.parametrize("at", [1, 2, 3])
def test_whichever_step_fails_the_old_file_is_whole_and_no_half_one_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    path = tmp_path / "panel.json"
    save(OLD, path)
    with monkeypatch.context() as patch:
        breaks = Breaks(patch, at)
        with pytest.raises(BadInput, match="No space left") as caught:
            save(NEW, path)
    assert breaks.count == at
    assert "old settings are still there" in caught.value.hint
    assert load(path) == (OLD, "")
    assert [p.name for p in tmp_path.iterdir()] == ["panel.json"]


def test_recent_paths_come_once_the_latest_first() -> None:
    settings = PanelSettings()
    for name in ("/a", "/b", "/a", *(f"/{n}" for n in range(30))):
        settings = settings.with_recent(name)
    assert settings.recent[:2] == ("/29", "/28")
    assert len(settings.recent) == 20
