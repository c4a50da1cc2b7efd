"""The published schema: made from the classes, up to date, and true of real reports."""

from __future__ import annotations

import copy
import json

import jsonschema
import pytest
from tests.exporters.made import findings

from flawmap_export.schema import DESCRIPTIONS, main, report_schema


@pytest.fixture(scope="module")
def validator():
    schema = report_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def test_the_published_file_is_up_to_date(repository, tmp_path, capsys):
    published = (repository / "docs" / "report.schema.json").read_text(encoding="utf-8")
    assert main([]) == 0
    assert capsys.readouterr().out == published
    assert main([str(tmp_path / "s.json")]) == 0
    assert (tmp_path / "s.json").read_text(encoding="utf-8") == published


@pytest.mark.parametrize("flaws", [0, 3])
def test_reports_keep_the_schema(validator, flaws):
    document = findings(300, 200, flaws=flaws).report.to_dict()
    assert len(document["regions"]) > 0 or not flaws
    validator.validate(json.loads(json.dumps(document)))


def test_a_reports_fields_are_the_schemas_and_each_is_required():
    schema, document = report_schema(), findings(300, 200).report.to_dict()
    for kind, value in (
        (schema, document),
        (schema["$defs"]["Region"], document["regions"][0]),
        (schema["$defs"]["DistortionSummary"], document["distortions"]["blur"]),
        (schema["$defs"]["PhotoInfo"], document["photo"]),
        (schema["$defs"]["OnlyAt1To1"], document["only_at_1_to_1"][0]),
        (schema["$defs"]["EngineInfo"], document["engine"]),
    ):
        assert set(kind["properties"]) == set(kind["required"]) == set(value)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("schema",), 2),
        (("view",), "print"),
        (("quality",), 1.2),
        (("quality_level",), "superb"),
        (("photo", "width"), 0),
        (("distortions", "glare"), {}),
        (("distortions", "blur", "threshold"), 0),
        (("regions", 0, "box"), [1, 2, 3]),
        (("regions", 0, "mark"), "perhaps"),
        (("regions", 0, "intentional"), 1),
        (("engine", "providers"), "CPU"),
    ],
)
def test_what_breaks_the_contract_breaks_the_schema(validator, path, value):
    document = copy.deepcopy(findings(300, 200).report.to_dict())
    place = document
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    assert not validator.is_valid(json.loads(json.dumps(document)))


def test_what_a_newer_version_adds_keeps_the_schema(validator):
    validator.validate(findings().report.to_dict() | {"mood": "calm"})


def test_the_page_explains_every_field(repository):
    page = (repository / "docs" / "report.md").read_text(encoding="utf-8")
    for fields in DESCRIPTIONS.values():
        for name in fields:
            assert f"`{name}`" in page, name
