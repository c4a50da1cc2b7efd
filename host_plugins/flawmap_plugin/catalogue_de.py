"""Der Katalog auf Deutsch; dieselben Schlüssel und Platzhalter wie `catalogue_en`."""

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
    # ---- Zeilen, Zusammenfassung, Hinweise
    "row.intentional": "Das ist vielleicht gewollt.",
    "mark.accepted": "bestätigt",
    "mark.ignored": "ignoriert",
    "mark.intentional": "gewollt",
    "score.better": "besser",
    "score.worse": "schlechter",
    "score.same": "unverändert",
    "summary.quality": "Qualität",
    "summary.importance": "Bedeutung",
    "summary.none": "keine Fehler gefunden",
    "summary.one": "1 Fehler",
    "summary.many": "{count} Fehler",
    "summary.limited": "{flaws} innerhalb der Auswahl (von {all})",
    "notes.more": "{count} kleinere Stellen ({flaw}) stehen nicht in der Liste.",
    "notes.failure": "{part} ließ sich nicht beurteilen: {message}",
    # ---- Überlagerung und Masken
    "overlay.visible": "Die Überlagerung ist SICHTBAR und würde mit dem Foto gespeichert.",
    "overlay.hidden": "Die Überlagerung ist ausgeblendet.",
    "masks.channel": "Kanäle",
    "masks.selection mask": "Auswahlmasken",
    # ---- Reparaturen
    "layer.repair": "Reparatur: {title}",
    "method.denoise": "entrauschen",
    "method.sharpen": "schärfen",
    "method.deconvolve": "Unschärfe zurückrechnen",
    "method.darken": "abdunkeln",
    "method.lighten": "aufhellen",
    "method.deblock": "Blöcke glätten",
    "method.dehaze": "Kontrast anheben",
    "method.colour": "Farbe korrigieren",
    "method.none": "nichts",
    "repair.done": "{method}, Stärke {strength} %",
    "repair.filter": "Filter {name}",
    "repair.better": "Repariert: Schwere {before} → {after}.",
    "repair.not_better": "Diese Reparatur hat nichts verbessert: Schwere {before} → {after}.",
    "repair.unchanged": "Hier war nichts zu ändern, darum entstand keine Ebene.",
    # ---- was gerade geschieht
    "doing.starting": "Vorbereiten …",
    "doing.engine": "Die Engine startet …",
    "doing.reading": "Das Foto wird gelesen …",
    "doing.opening": "Es wird der Engine übergeben …",
    "doing.analyzing": "Fehler werden gesucht …",
    "doing.layers": "Die Ebenen werden gezeichnet …",
    "doing.planning": "Der Fehler wird vermessen …",
    "doing.repairing": "Reparieren …",
    "doing.scoring": "Es wird neu bewertet …",
    # ---- die Engine
    "engine.none": "Die Engine startet beim ersten Schritt.",
    "engine.starting": "Die Engine startet …",
    "engine.ready": "Engine {version} auf {device}",
    "engine.asleep": "Die Engine hat sich beendet; sie startet beim nächsten Schritt wieder.",
    "engine.failed": "Die Engine ließ sich nicht starten.",
    "status.log": "Protokoll: {path}",
    # ---- Meldungen
    "message.found": "Gefundene Fehler: {count}. Jeder ist eine eigene Ebene.",
    "message.none": "Keine Fehler gefunden.",
    "message.none_here": "Keine Fehler innerhalb der Auswahl.",
    "message.none_here.hint": "Im ganzen Foto suchen?",
    "message.no_document": "Es ist kein Foto geöffnet.",
    "message.no_selection": "Nichts ist ausgewählt. Zuerst einen Teil des Fotos auswählen.",
    "message.nothing_there": "An dieser Stelle ist kein Fehler.",
    "message.nothing_to_select": "In der Liste steht kein Fehler.",
    "message.masks_kept": "Als {what} behalten: {count}.",
    "message.repair_removed": "Die Reparatur wurde entfernt.",
    "message.exported": "{name} wurde ohne Überlagerung geschrieben.",
    "message.cancelled": "Abgebrochen.",
    "message.busy": "Flawmap arbeitet noch. Bitte warten oder abbrechen.",
    "message.not_looked": "In diesem Foto wurde noch nicht gesucht.",
    "message.not_looked.hint": "Zuerst Fehler suchen.",
    "message.resized": "Das Foto hat eine andere Größe als bei der Suche.",
    "message.resized.hint": "Neu suchen.",
    "message.stale": "Das Foto wurde seit der Suche verändert.",
    "message.stale.hint": "Neu suchen.",
    "message.gone": "Diesen Fehler gibt es im Foto nicht mehr.",
    "message.gone.hint": "Neu suchen.",
    "message.saving": "Die Überlagerung ist sichtbar und wird mit dem Foto gespeichert.",
    "message.saving.hint": "Ausblenden und noch einmal speichern, oder ohne sie exportieren.",
    "message.settings_damaged": "Einige Einstellungen waren nicht lesbar; es gelten die Vorgaben.",
    "message.settings_unsaved": "Die Einstellungen ließen sich nicht speichern.",
    # ---- Fehlermeldungen nach ihrem Code
    "error.engine_lost": "Die Verbindung zur Engine ging verloren: {message}",
    "error.engine_lost.hint": "Noch einmal versuchen; danach bitte die Diagnose kopieren.",
    "error.bad_input": "Das lässt sich so nicht verwenden: {message}",
    "error.unsupported": "Das kann diese Engine nicht: {message}",
    "error.unsupported.hint": "Ein neueres Flawmap kann es vielleicht.",
    "error.not_found": "Nicht gefunden: {message}",
    "error.not_found.hint": "Neu nach Fehlern suchen.",
    "error.cancelled": "Abgebrochen.",
    "error.busy": "Die Engine ist beschäftigt: {message}",
    "error.busy.hint": "Gleich noch einmal versuchen.",
    "error.no_memory": "Der Speicher reicht nicht: {message}",
    "error.no_memory.hint": "Andere Dokumente schließen oder einen kleineren Teil auswählen.",
    "error.version": "Die Versionen passen nicht zusammen: {message}",
    "error.version.hint": "Flawmap aktualisieren mit: flawmap plugins update",
    "error.internal": "Ein Fehler von Flawmap selbst: {message}",
    "error.internal.hint": "Bitte die Diagnose kopieren und weitergeben.",
    "error.fault": "Im Plug-in ging etwas schief ({kind}). Das Foto ist davon nicht betroffen.",
    "error.fault.hint": "Bitte die Diagnose kopieren und weitergeben.",
    # ---- Knöpfe an Meldungen
    "action.find": "Fehler suchen",
    "action.find_everywhere": "Überall suchen",
    "action.repair": "Reparieren",
    "action.undo_repair": "Reparatur entfernen",
    "action.export_without_overlay": "Ohne Überlagerung exportieren …",
    "action.copy_diagnostics": "Diagnose kopieren",
    # ---- Beschriftungen
    "ui.title": "Flawmap",
    "ui.panel": "Flawmap-Fenster",
    "ui.find": "Fehler suchen",
    "ui.find.tip": "Sucht Fehler im sichtbaren Foto, innerhalb der Auswahl, falls es eine gibt.",
    "ui.find_whole": "Fehler im ganzen Foto suchen",
    "ui.cancel": "Abbrechen",
    "ui.cancel.tip": "Beendet, was gerade läuft.",
    "ui.score_selection": "Auswahl bewerten",
    "ui.score_selection.tip": "Sagt, wie gut der ausgewählte Teil ist.",
    "ui.select": "Auswählen",
    "ui.select.tip": "Macht diesen Fehler zur Auswahl. Umschalt fügt hinzu, Strg zieht ab.",
    "ui.select.tip.alt": "Auswählen. Umschalt fügt hinzu, Alt zieht ab, beide schneiden.",
    "ui.select_next": "Nächster Fehler",
    "ui.select_previous": "Voriger Fehler",
    "ui.select_at": "Fehler auswählen bei …",
    "ui.select_at.tip": "Wählt den Fehler unter der Mitte der Auswahl aus.",
    "ui.select_under": "Fehler unter dem Zeiger auswählen",
    "ui.repair": "Reparieren",
    "ui.repair.tip": "Repariert diesen Fehler auf einer eigenen Ebene.",
    "ui.repair_menu": "Fehler reparieren …",
    "ui.undo_repair": "Reparatur entfernen",
    "ui.strength": "Stärke",
    "ui.mark": "Urteil",
    "ui.mark.none": "Kein Urteil",
    "ui.mark.accepted": "Es ist ein Fehler",
    "ui.mark.ignored": "Ignorieren",
    "ui.mark.intentional": "Es ist gewollt",
    "ui.eye": "Diesen Fehler zeigen",
    "ui.flaws": "Fehler",
    "ui.flaw": "Fehler",
    "ui.score": "Schwere",
    "ui.strictness": "Strenge",
    "ui.strictness.tip": "Links: nur was sehr stört. Rechts: auch was kaum stört.",
    "ui.view": "Ansicht",
    "ui.view.screen": "Im Ganzen",
    "ui.view.pixel": "Bei 1:1",
    "ui.overlay": "Überlagerung",
    "ui.toggle_overlay": "Überlagerung zeigen",
    "ui.remove_overlay": "Überlagerung entfernen",
    "ui.opacity": "Deckkraft der Überlagerung",
    "ui.keep_masks": "Als Masken behalten",
    "ui.keep_masks.tip": "Legt Masken der Fehler an, in die man malen kann.",
    "ui.export": "Ohne Überlagerung exportieren …",
    "ui.status": "Zustand der Engine …",
    "ui.copy_diagnostics": "Diagnose kopieren",
    "ui.open_log": "Protokoll öffnen",
    "ui.settings": "Einstellungen …",
    "ui.settings.language": "Sprache",
    "ui.settings.language.auto": "Wie das Programm",
    "ui.settings.language.en": "English",
    "ui.settings.language.de": "Deutsch",
    "ui.settings.keep_masks": "Fehler suchen legt auch Masken an",
    "ui.settings.host_filters": "Mit Filtern des Programms reparieren, wo sie passen",
    "ui.document": "Foto",
    "ui.more": "Mehr",
    "ui.close": "Schließen",
    "ui.ok": "OK",
    "ui.progress": "Fortschritt",
    "ui.preview": "Vorschau: ein Klick auf einen Fehler wählt ihn aus",
    "ui.replace_is_two_steps": (
        "Eine ältere Überlagerung zu ersetzen braucht zwei Rückgängig-Schritte."
    ),
}
