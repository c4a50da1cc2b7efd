"""Was die Engine sagt, auf Deutsch; dieselben Schlüssel und Platzhalter wie `speech_en`."""

from __future__ import annotations

from typing import Final

__all__ = ["TEXTS"]

#: Wie jeder Fehler in einem Satz heißt, und was mehr von ihm gesagt wird.
_NOUNS: Final = {
    "blur": ("Unschärfe", ""),
    "blur.defocus": ("Unschärfe", ": der Fokus liegt woanders"),
    "blur.soft": ("Unschärfe", ": eher weich als unscharf"),
    "jitter": ("Bewegungsunschärfe", ""),
    "jitter.shake": ("Bewegungsunschärfe", ": die Kamera wurde bewegt"),
    "jitter.subject": ("Bewegungsunschärfe", ": das Motiv hat sich bewegt"),
    "noise": ("Rauschen", ""),
    "overexposure": ("Überbelichtung", ""),
    "overexposure.clipped": (
        "Überbelichtung",
        ": alle Kanäle sind ausgefressen, keine Zeichnung ist übrig",
    ),
    "overexposure.gamut": (
        "Überbelichtung",
        ": einzelne Kanäle sind ausgefressen, andere haben noch Zeichnung",
    ),
    "overexposure.bright": ("Überbelichtung", ": zu hell, aber nichts ist ausgefressen"),
    "low_light": ("Unterbelichtung", ""),
    "compression": ("Kompressionsschaden", ""),
    "contrast": ("zu wenig Kontrast", ""),
    "colorfulness": ("Farbfehler", ""),
    "colorfulness.cast": ("Farbstich", ""),
    "colorfulness.vivid": ("Übersättigung", ""),
    "colorfulness.dull": ("zu wenig Farbe", ""),
}

_REGIONS: Final = {
    **{
        f"said.region.{kind}": noun + " ({level}) auf {percent} % des Fotos, {place}" + more + "."
        for kind, (noun, more) in _NOUNS.items()
    },
    **{
        f"said.region.{kind}.whole": noun + " ({level}) auf dem ganzen Foto" + more + "."
        for kind, (noun, more) in _NOUNS.items()
    },
    **{
        f"said.at_1_to_1.{kind}": noun + " auf {percent} % des Fotos: nur bei 1:1 zu sehen,"
        " nicht im ganzen Bild."
        for kind, (noun, _) in _NOUNS.items()
        if "." not in kind
    },
}

#: Was eine Reparatur tun wird, und was sie nicht kann.
_REPAIRS: Final = {
    "said.repair.denoise": "Nimmt Rauschen von etwa {sigma} von 255 Stufen weg, erhält Kanten.",
    "said.repair.denoise.faint": (
        "Nimmt das wenige Rauschen weg, das dort messbar ist ({sigma} von 255 Stufen)."
    ),
    "said.repair.deconvolve": "Rechnet eine Unschärfe von etwa {radius} px zurück.",
    "said.repair.sharpen": "Hebt Kanten, die etwa {radius} px breit sind.",
    "said.repair.lighten": "Hellt um {stops} Blendenstufen auf; Lichter bleiben, wo sie sind.",
    "said.repair.darken": "Dunkelt um {stops} Blendenstufen ab; Ausgebranntes bleibt hell.",
    "said.repair.deblock": "Glättet Stufen zwischen Kodierblöcken und Säume an Kanten.",
    "said.repair.dehaze": "Verteilt die Töne über mehr des Umfangs, von Schwarz bis Weiß.",
    "said.repair.colour.cast": "Nimmt einen Farbstich weg und lässt das Licht, wie es ist.",
    "said.repair.colour.vivid": "Bringt die Farben auf {percent} % ihrer Kraft zurück.",
    "said.repair.colour.dull": "Bringt die Farben auf {percent} % ihrer Kraft.",
    "said.repair.none.clipped": "Hier lässt sich nichts zurückholen.",
    "said.repair.none.jitter": "Bewegungsunschärfe lässt sich hier nicht zurückrechnen.",
    "said.repair.none.blur": (
        "Eine Unschärfe von etwa {radius} px ist zu breit, um sie zurückzurechnen."
    ),
    "said.repair.none.unmeasurable": "Hier ist zu wenig messbar, um zu reparieren.",
    "said.repair.none.fine": "Hier wurde nichts gemessen, das diese Reparatur verbessern könnte.",
    "said.limit.clipped": (
        "{percent} % der Pixel sind ausgefressen: ihre Zeichnung ist hier nicht zu retten; klonen"
        " oder neu aufnehmen."
    ),
    "said.limit.gamut": (
        "{percent} % der Pixel sind in einzelnen Kanälen ausgefressen: ihrer Farbe ist nicht zu"
        " trauen."
    ),
    "said.limit.black": "{percent} % der Pixel sind schwarz: darin ist nichts aufzuhellen.",
    "said.limit.noise": (
        "Aufhellen macht das Rauschen im Dunkeln sichtbar; das Rauschen danach reparieren."
    ),
    "said.limit.jitter": (
        "Schärfen macht eine verwackelte Kante klarer, fügt ihre zwei Bilder aber nicht zusammen;"
        " neu aufnehmen oder das Foto verkleinern."
    ),
    "said.limit.blur": (
        "Was eine Unschärfe von {radius} px verloren hat, kommt nicht zurück; Kanten werden klarer."
    ),
    "said.limit.detail": (
        "Rauschen dieser Stärke hat die feinste Zeichnung verdeckt; sie kommt nicht zurück."
    ),
    "said.limit.compression": (
        "Was die Kodierung weggelassen hat, kommt nicht zurück; ein Original öffnen, falls es eins"
        " gibt."
    ),
    "said.limit.colour": (
        "Ob die Farbe falsch oder gewollt ist, kann keine Messung sagen; bitte ansehen."
    ),
    "said.limit.haze": (
        "Die Entfernung hat auch feinen Kontrast genommen; der kommt nicht zurück."
    ),
}

#: Jeder Text unter seinem Schlüssel.
TEXTS: Final[dict[str, str]] = {
    **_REGIONS,
    **_REPAIRS,
    "said.cannot_tell": "Auf mehr als dem halben Foto lässt sich nicht beurteilen: {distortions}.",
    # ---- Fehler, Stufen, Orte
    **{f"flaw.{kind}": noun for kind, (noun, _) in _NOUNS.items() if "." not in kind},
    "level.none": "kaum sichtbar",
    "level.trivial": "unerheblich",
    "level.minor": "gering",
    "level.moderate": "mäßig",
    "level.severe": "stark",
    "level.extreme": "sehr stark",
    "quality.bad": "schlecht",
    "quality.poor": "mangelhaft",
    "quality.fair": "mittel",
    "quality.good": "gut",
    "quality.excellent": "ausgezeichnet",
    "importance.unimportant": "unwichtig",
    "importance.minor": "gering",
    "importance.normal": "normal",
    "importance.important": "wichtig",
    "importance.essential": "wesentlich",
    "place.top_left": "oben links",
    "place.top": "oben",
    "place.top_right": "oben rechts",
    "place.left": "links",
    "place.centre": "in der Mitte",
    "place.right": "rechts",
    "place.bottom_left": "unten links",
    "place.bottom": "unten",
    "place.bottom_right": "unten rechts",
    "mark.accepted": "bestätigt",
    "mark.ignored": "ignoriert",
    "mark.intentional": "gewollt",
}
