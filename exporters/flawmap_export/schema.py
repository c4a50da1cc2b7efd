"""Schema: the JSON Schema of `report.json`, made from the dataclasses of `flawmap_api.report`.

``python -m flawmap_export.schema`` prints it, ``… schema FILE`` writes it there; the repository
keeps it as ``docs/report.schema.json``. Types, names and what is required come from the classes;
ranges, words and descriptions, which no annotation can say, stand here.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
import types
import typing
from pathlib import Path
from typing import Any, Final

from flawmap_api import report, words
from flawmap_api.geometry import Box
from flawmap_api.messages import PROTOCOL_RANGE

__all__ = ["DESCRIPTIONS", "main", "report_schema"]

_SHARE: Final = {"minimum": 0, "maximum": 1}
_SEVERITY_WORDS: Final = ("none", *words.SEVERITY_LEVELS)
_SUBKINDS: Final = tuple(sorted({kind for kinds in words.SUBKINDS.values() for kind in kinds}))

#: What a reader has to know of each field, by class and field.
DESCRIPTIONS: Final[dict[str, dict[str, str]]] = {
    "Report": {
        "schema": "Version of this layout. It changes only if a field changes its meaning or goes.",
        "photo": "Which photo this is about.",
        "view": "At which size the photo was judged: seen whole on a screen, or at 1:1.",
        "grid": "Cells of the planes that the findings were made from.",
        "quality": "How good the photo is to look at, 0 worst, 1 best.",
        "quality_level": "Word for the quality.",
        "subject_sharpness": "1 minus the mean of the worse of blur and jitter over the subject.",
        "distortions": "Each flaw that was looked for, by its name. One that is absent was not.",
        "regions": "Pieces that are worth a look, the worst first, likely intended ones last.",
        "more": "What was found beyond the regions listed, by flaw.",
        "only_at_1_to_1": "Flaws of a screen report that show at 1:1 only; they fail no check.",
        "engine": "What made the report.",
        "failures": "What could not be judged, and why.",
        "notes": "How the photo was read, e.g. that an animation's first frame was taken.",
    },
    "PhotoInfo": {
        "path": "Absolute path; null for a photo that came as pixels.",
        "file_sha256": "SHA-256 of the file; null for a photo that came as pixels.",
        "photo_id": "SHA-256 over size, pixels, transparency and the evidence of clipping.",
        "lineage": "Under what a person's marks are kept: XMP DocumentID, else the absolute path.",
        "width": "Pixels across, upright.",
        "height": "Pixels down, upright.",
    },
    "Grid": {"rows": "Number of rows of cells.", "cols": "Number of columns of cells."},
    "DistortionSummary": {
        "threshold": "Severity from which a pixel belongs to the mask: k/255 of the 8-bit plane.",
        "area": "Share of the photo that the mask covers.",
        "severity": "Mean of the worst hundredth of what is known; 0 where area is below 0.002.",
        "severity_level": "Word for the severity.",
        "unknown_area": "Share of the photo where the pixels hold no evidence for or against it.",
    },
    "Region": {
        "id": "Name of the region; the same for equal pixels, model and options on one device.",
        "distortion": "Which flaw it is.",
        "box": "Its bounds [x0, y0, x1, y1] in photo pixels, half-open, origin top left.",
        "area": "Share of the photo that it covers.",
        "severity": "How much the flaw spoils the photo there: 95th percentile over its cells.",
        "quality": "Quality of the photo there.",
        "importance": "What the region matters to the photo.",
        "subject": "How far it is part of what the photo is about.",
        "intentional": "Whether it is likely wanted, such as a soft background.",
        "confidence": "How sure the finding is: of those at 0.8, eight in ten are right.",
        "sentence": "The finding in words.",
        "sentence_id": "Which sentence it is, for translation.",
        "sentence_args": "What is filled into the sentence.",
        "subkind": "Closer kind of the flaw, where it is known.",
        "mark": "What a person decided; null if nobody has.",
        "quality_level": "Word for the quality.",
        "importance_level": "Word for the importance.",
        "severity_level": "Word for the severity.",
    },
    "More": {
        "count": "Number of regions that are not listed.",
        "area": "Share of the photo that they cover together.",
    },
    "OnlyAt1To1": {
        "distortion": "Which flaw it is.",
        "area": "Share of the photo where it shows at 1:1.",
        "severity": "Its severity, at most minor: a screen does not show it.",
        "sentence": "The finding in words.",
        "sentence_id": "Which sentence it is, for translation.",
        "sentence_args": "What is filled into the sentence.",
        "severity_level": "Word for the severity.",
    },
    "EngineInfo": {
        "version": "Version of Flawmap.",
        "protocol": "Version of the protocol that the engine speaks.",
        "model": "Name of the network.",
        "model_sha256": "SHA-256 of the network's weights.",
        "device": "What the network ran on.",
        "providers": "Execution providers of the session as it was created, in order.",
    },
    "Failure": {
        "part": "What could not be judged: a flaw, a view, or another part of the report.",
        "code": "Kind of error, as on the wire.",
        "message": "Why, in a sentence.",
    },
}

# What an annotation cannot say, by class and field.
_DETAILS: Final[dict[tuple[str, str], dict[str, Any]]] = {
    ("Report", "view"): {"enum": list(words.VIEWS)},
    ("Region", "distortion"): {"enum": list(words.DISTORTIONS)},
    ("Region", "subkind"): {"enum": [*_SUBKINDS, None]},
    ("Region", "mark"): {"enum": [*words.VERDICTS, None]},
    ("Region", "id"): {"pattern": "^[a-z_]+-[0-9a-f]{8}$"},
    ("OnlyAt1To1", "distortion"): {"enum": list(words.DISTORTIONS)},
    ("DistortionSummary", "threshold"): {"exclusiveMinimum": 0, "maximum": 1},
    ("PhotoInfo", "width"): {"minimum": 1},
    ("PhotoInfo", "height"): {"minimum": 1},
    ("Grid", "rows"): {"minimum": 1},
    ("Grid", "cols"): {"minimum": 1},
    ("EngineInfo", "protocol"): {"minimum": PROTOCOL_RANGE[0]},
    ("More", "count"): {"minimum": 1},
    ("Report", "distortions"): {"propertyNames": {"enum": list(words.DISTORTIONS)}},
    ("Report", "more"): {"propertyNames": {"enum": list(words.DISTORTIONS)}},
    ("Report", "regions"): {"maxItems": 24},
}

# Fields that are written beside those of the class: what stands for their number.
_LEVELS: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    "Report": {"quality_level": words.QUALITY_LEVELS},
    "DistortionSummary": {"severity_level": _SEVERITY_WORDS},
    "Region": {
        "quality_level": words.QUALITY_LEVELS,
        "importance_level": words.IMPORTANCE_LEVELS,
        "severity_level": _SEVERITY_WORDS,
    },
    "OnlyAt1To1": {"severity_level": ("none", "trivial", "minor")},
}


def report_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a report.

    Every field that this version writes is required; further ones are allowed, because a newer
    version may say more.
    """
    definitions: dict[str, Any] = {}
    root = _object(report.Report, definitions)
    root["properties"] = {
        "schema": {"const": report.SCHEMA, "description": DESCRIPTIONS["Report"]["schema"]},
        **root["properties"],
    }
    root["required"] = ["schema", *root["required"]]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Flawmap report",
        "description": "What one view of one photo says. Explained in docs/report.md.",
        **root,
        "$defs": dict(sorted(definitions.items())),
    }


def _object(kind: type, definitions: dict[str, Any]) -> dict[str, Any]:
    hints = typing.get_type_hints(kind)
    properties: dict[str, Any] = {}
    for field in dataclasses.fields(kind):
        properties[field.name] = {
            **_type(hints[field.name], definitions),
            **_DETAILS.get((kind.__name__, field.name), {}),
        }
    for name, levels in _LEVELS.get(kind.__name__, {}).items():
        properties[name] = {"enum": list(levels)}
    for name, described in properties.items():
        described["description"] = DESCRIPTIONS[kind.__name__][name]
    return {"type": "object", "properties": properties, "required": list(properties)}


def _type(hint: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    scalars = {str: "string", int: "integer", bool: "boolean"}
    if hint in scalars:
        return {"type": scalars[hint]}
    if hint is float:  # every number of a report is a share
        return {"type": "number", **_SHARE}
    if hint is Box:
        corner = {"type": "integer", "minimum": 0}
        return {"type": "array", "items": corner, "minItems": 4, "maxItems": 4}
    if dataclasses.is_dataclass(hint):
        name = typing.cast(type, hint).__name__
        if name not in definitions:
            definitions[name] = _object(typing.cast(type, hint), definitions)
        return {"$ref": f"#/$defs/{name}"}
    return _container(hint, definitions)


def _container(hint: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is tuple:
        return {"type": "array", "items": _type(arguments[0], definitions)}
    if origin is dict:
        if arguments[1] is Any:
            return {"type": "object"}
        return {"type": "object", "additionalProperties": _type(arguments[1], definitions)}
    if origin in (types.UnionType, typing.Union) and type(None) in arguments:
        return {"type": [_type(arguments[0], definitions)["type"], "null"]}
    raise TypeError(f"a report cannot hold {hint}")


def main(arguments: list[str] | None = None) -> int:
    """Print the schema, or write it to the file that is named."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("file", nargs="?", type=Path)
    file = parser.parse_args(arguments).file
    text = json.dumps(report_schema(), indent=2) + "\n"
    if file is not None:
        file.write_text(text, encoding="utf-8", newline="\n")
    else:
        sys.stdout.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
