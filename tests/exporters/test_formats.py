"""The registry: each format is there under its name and writes what it says."""

from __future__ import annotations

import json

import pytest
from tests.exporters.made import findings

from flawmap_api.errors import Unsupported
from flawmap_export import FORMATS, format_named


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_writes_where_it_says(tmp_path, name):
    chosen = format_named(name)
    assert chosen.name == name
    assert chosen.description
    written = chosen.write(findings(), tmp_path, "photo")
    assert written == tmp_path / f"photo{chosen.extension}"
    assert written.exists()


def test_the_folder_is_the_first_format(tmp_path):
    assert next(iter(FORMATS)) == "folder"
    written = format_named("folder").write(findings(), tmp_path, "photo")
    assert json.loads((written / "report.json").read_bytes())["schema"] == 1


def test_a_format_that_is_not_there_is_told_with_those_that_are():
    with pytest.raises(Unsupported, match="'psd'") as caught:
        format_named("psd")
    assert "folder" in caught.value.hint
