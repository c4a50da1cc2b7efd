"""Sentences: what a repair will do and what it cannot, as templates with ids.

As in `scoring.sentences`: a client that has its own table under the same ids fills that instead;
`args` holds plain numbers and words of the vocabulary.
"""

from __future__ import annotations

from typing import Any, Final

from flawmap_api.repair import Limit

__all__ = ["SENTENCES", "limit", "sentence"]

#: Every sentence by id. Fields: sigma, radius, stops, percent.
SENTENCES: Final = {
    "repair.denoise": "Takes out noise of about {sigma} of 255 levels and keeps edges.",
    "repair.denoise.faint": "Takes out what little noise can be measured there "
    "({sigma} of 255 levels).",
    "repair.deconvolve": "Takes back a blur of about {radius} px.",
    "repair.sharpen": "Lifts edges that are about {radius} px wide.",
    "repair.lighten": "Lightens by {stops} stops; highlights keep their place.",
    "repair.darken": "Darkens by {stops} stops; what is burnt stays bright.",
    "repair.deblock": "Smooths the steps between coding blocks and the ringing at edges.",
    "repair.dehaze": "Spreads the tones over more of the range, black to white.",
    "repair.colour.cast": "Takes a colour cast off and leaves the light as it is.",
    "repair.colour.vivid": "Brings the colours back to {percent} % of their strength.",
    "repair.colour.dull": "Brings the colours to {percent} % of their strength.",
    "repair.none.clipped": "Nothing can be brought back here.",
    "repair.none.jitter": "Motion blur cannot be taken back here.",
    "repair.none.blur": "A blur of about {radius} px is too wide to be taken back.",
    "repair.none.unmeasurable": "Too little can be measured here to repair it.",
    "repair.none.fine": "Nothing that this repair could better was measured here.",
    "limit.clipped": "{percent} % of the pixels are clipped: their detail is not recoverable here;"
    " clone, or re-shoot.",
    "limit.gamut": "{percent} % of the pixels are clipped in some channels: their colour cannot be"
    " trusted.",
    "limit.black": "{percent} % of the pixels are black: there is nothing to lighten in them.",
    "limit.noise": "Lightening makes the noise of the dark visible; repair the noise afterwards.",
    "limit.jitter": "Sharpening makes a shaken edge crisper, but it does not join its two images;"
    " re-shoot, or make the photo smaller.",
    "limit.blur": "The detail that a blur of {radius} px has lost does not come back; edges become"
    " crisper.",
    "limit.detail": "Noise of this strength has hidden the finest detail; it does not come back.",
    "limit.compression": "What the coder has left out does not come back; open an original, if"
    " there is one.",
    "limit.colour": "Whether the colour is wrong or wanted no measurement can tell; look at it.",
    "limit.haze": "Distance has taken fine contrast away, too; that does not come back.",
}


def sentence(id_: str, **args: Any) -> tuple[str, str, dict[str, Any]]:
    """The filled template, its id, its arguments."""
    return SENTENCES[id_].format(**args), id_, args


def limit(id_: str, **args: Any) -> Limit:
    """A limit in words."""
    return Limit(*sentence(id_, **args))
