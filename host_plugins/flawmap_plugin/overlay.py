"""Overlay: the group of tinted layers that shows the findings in a document."""

from __future__ import annotations

from collections.abc import Sequence

from flawmap_api import palette
from flawmap_api.results import Layer

from .findings import Finding, Findings
from .host import Group, Tint
from .texts import Texts

__all__ = ["GROUP", "colour_of", "group_of", "title_of"]

#: Name of the outer group; hosts find an older overlay by it.
GROUP = "Flawmap"


def title_of(finding: Finding, texts: Texts) -> str:
    """Name of a finding's row, layer, and mask: "blur · severe · 12 %"."""
    region = finding.region
    return texts.region_title(region.distortion, region.severity, region.area)


def group_of(found: Findings, layers: Sequence[Layer], texts: Texts) -> Group:
    """A group for each distortion, the worst first, and in it a layer for each finding."""
    pixels = {layer.name: layer for layer in layers}
    groups: dict[str, list[Tint]] = {}
    for item in found.items:
        layer = pixels.get(item.region.id)
        if layer is None or not item.present:
            continue
        colour = colour_of(item.region.distortion)
        data = {
            "region": item.key,
            "distortion": item.region.distortion,
            "severity": item.region.severity,
            "area": item.region.area,
            "photo_id": found.photo_id,
        }
        tint = Tint(title_of(item, texts), layer.box, layer.data, colour, data)
        groups.setdefault(item.region.distortion, []).append(tint)
    return Group(
        GROUP,
        tuple(
            Group(f"{texts.label(name)} ({len(made)})", tuple(made), colour_of(name))
            for name, made in groups.items()
        ),
    )


def colour_of(distortion: str) -> str:
    """The palette's colour as `#rrggbb`; grey for a flaw that a newer engine finds."""
    return palette.css(distortion) if distortion in palette.COLOURS else "#888888"
