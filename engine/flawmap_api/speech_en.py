"""What the engine says, in English; `speech_de` has the same keys and placeholders."""

from __future__ import annotations

from typing import Final

__all__ = ["TEXTS"]

#: What each flaw, or kind of it, is called in a sentence, and what more is said of it.
_NOUNS: Final = {
    "blur": ("blur", ""),
    "blur.defocus": ("blur", ": the focus lies elsewhere"),
    "blur.soft": ("blur", ": soft rather than out of focus"),
    "jitter": ("motion blur", ""),
    "jitter.shake": ("motion blur", ": the camera moved"),
    "jitter.subject": ("motion blur", ": the subject moved"),
    "noise": ("noise", ""),
    "overexposure": ("overexposure", ""),
    "overexposure.clipped": (
        "overexposure",
        ": all channels are clipped, no detail is left",
    ),
    "overexposure.gamut": ("overexposure", ": some channels are clipped, others hold detail"),
    "overexposure.bright": ("overexposure", ": too bright, but nothing is clipped"),
    "low_light": ("low light", ""),
    "compression": ("compression damage", ""),
    "contrast": ("low contrast", ""),
    "colorfulness": ("colour error", ""),
    "colorfulness.cast": ("colour cast", ""),
    "colorfulness.vivid": ("over-saturation", ""),
    "colorfulness.dull": ("lack of colour", ""),
}

_REGIONS: Final = {
    **{
        f"said.region.{kind}": "{level} "
        + noun
        + " over {percent} % of the photo, {place}"
        + more
        + "."
        for kind, (noun, more) in _NOUNS.items()
    },
    **{
        f"said.region.{kind}.whole": "{level} " + noun + " over the whole photo" + more + "."
        for kind, (noun, more) in _NOUNS.items()
    },
    **{
        f"said.at_1_to_1.{kind}": noun + " over {percent} % of the photo shows at 1:1 only,"
        " not when the photo is seen whole."
        for kind, (noun, _) in _NOUNS.items()
        if "." not in kind
    },
}

#: What a repair will do, and what it cannot.
_REPAIRS: Final = {
    "said.repair.denoise": "Takes out noise of about {sigma} of 255 levels and keeps edges.",
    "said.repair.denoise.faint": (
        "Takes out what little noise can be measured there ({sigma} of 255 levels)."
    ),
    "said.repair.deconvolve": "Takes back a blur of about {radius} px.",
    "said.repair.sharpen": "Lifts edges that are about {radius} px wide.",
    "said.repair.lighten": "Lightens by {stops} stops; highlights keep their place.",
    "said.repair.darken": "Darkens by {stops} stops; what is burnt stays bright.",
    "said.repair.deblock": "Smooths the steps between coding blocks and the ringing at edges.",
    "said.repair.dehaze": "Spreads the tones over more of the range, black to white.",
    "said.repair.colour.cast": "Takes a colour cast off and leaves the light as it is.",
    "said.repair.colour.vivid": "Brings the colours back to {percent} % of their strength.",
    "said.repair.colour.dull": "Brings the colours to {percent} % of their strength.",
    "said.repair.none.clipped": "Nothing can be brought back here.",
    "said.repair.none.jitter": "Motion blur cannot be taken back here.",
    "said.repair.none.blur": "A blur of about {radius} px is too wide to be taken back.",
    "said.repair.none.unmeasurable": "Too little can be measured here to repair it.",
    "said.repair.none.fine": "Nothing that this repair could better was measured here.",
    "said.limit.clipped": (
        "{percent} % of the pixels are clipped: their detail is not recoverable here; clone, or"
        " re-shoot."
    ),
    "said.limit.gamut": (
        "{percent} % of the pixels are clipped in some channels: their colour cannot be trusted."
    ),
    "said.limit.black": (
        "{percent} % of the pixels are black: there is nothing to lighten in them."
    ),
    "said.limit.noise": (
        "Lightening makes the noise of the dark visible; repair the noise afterwards."
    ),
    "said.limit.jitter": (
        "Sharpening makes a shaken edge crisper, but it does not join its two images; re-shoot, or"
        " make the photo smaller."
    ),
    "said.limit.blur": (
        "The detail that a blur of {radius} px has lost does not come back; edges become crisper."
    ),
    "said.limit.detail": (
        "Noise of this strength has hidden the finest detail; it does not come back."
    ),
    "said.limit.compression": (
        "What the coder has left out does not come back; open an original, if there is one."
    ),
    "said.limit.colour": (
        "Whether the colour is wrong or wanted no measurement can tell; look at it."
    ),
    "said.limit.haze": "Distance has taken fine contrast away, too; that does not come back.",
}

#: Every text by its key.
TEXTS: Final[dict[str, str]] = {
    **_REGIONS,
    **_REPAIRS,
    "said.cannot_tell": "In over half of the photo there is nothing to judge {distortions} by.",
    # ---- flaws, levels, places
    **{f"flaw.{kind}": noun for kind, (noun, _) in _NOUNS.items() if "." not in kind},
    "level.none": "hardly visible",
    "level.trivial": "trivial",
    "level.minor": "minor",
    "level.moderate": "moderate",
    "level.severe": "severe",
    "level.extreme": "extreme",
    "quality.bad": "bad",
    "quality.poor": "poor",
    "quality.fair": "fair",
    "quality.good": "good",
    "quality.excellent": "excellent",
    "importance.unimportant": "unimportant",
    "importance.minor": "minor",
    "importance.normal": "normal",
    "importance.important": "important",
    "importance.essential": "essential",
    "place.top_left": "at the top left",
    "place.top": "at the top",
    "place.top_right": "at the top right",
    "place.left": "on the left",
    "place.centre": "in the middle",
    "place.right": "on the right",
    "place.bottom_left": "at the bottom left",
    "place.bottom": "at the bottom",
    "place.bottom_right": "at the bottom right",
    "mark.accepted": "accepted",
    "mark.ignored": "ignored",
    "mark.intentional": "intended",
}
