"""The catalogue in English; `catalogue_de` has the same keys and placeholders."""

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
    # ---- rows, summary, notes
    "row.intentional": "It may be wanted.",
    "mark.accepted": "accepted",
    "mark.ignored": "ignored",
    "mark.intentional": "intended",
    "score.better": "better",
    "score.worse": "worse",
    "score.same": "unchanged",
    "summary.quality": "Quality",
    "summary.importance": "Importance",
    "summary.none": "no flaws found",
    "summary.one": "1 flaw",
    "summary.many": "{count} flaws",
    "summary.limited": "{flaws} within the selection (of {all})",
    "notes.more": "{count} smaller pieces of {flaw} are not listed.",
    "notes.failure": "{part} could not be judged: {message}",
    # ---- overlay and masks
    "overlay.visible": "The overlay is VISIBLE and would be saved with the photo.",
    "overlay.hidden": "The overlay is hidden.",
    "masks.channel": "channels",
    "masks.selection mask": "selection masks",
    # ---- repairs
    "layer.repair": "Repair: {title}",
    "method.denoise": "denoise",
    "method.sharpen": "sharpen",
    "method.deconvolve": "deconvolve",
    "method.darken": "darken",
    "method.lighten": "lighten",
    "method.deblock": "remove blocks",
    "method.dehaze": "raise contrast",
    "method.colour": "correct colour",
    "method.none": "nothing",
    "repair.done": "{method}, strength {strength} %",
    "repair.filter": "filter {name}",
    "repair.better": "Repaired: severity {before} → {after}.",
    "repair.not_better": "This repair did not improve the photo: severity {before} → {after}.",
    "repair.unchanged": "There was nothing to change here, so no layer was made.",
    # ---- what is being done
    "doing.starting": "Getting ready …",
    "doing.engine": "Starting the engine …",
    "doing.reading": "Reading the photo …",
    "doing.opening": "Handing it to the engine …",
    "doing.analyzing": "Looking for flaws …",
    "doing.layers": "Drawing the layers …",
    "doing.planning": "Measuring the flaw …",
    "doing.repairing": "Repairing …",
    "doing.scoring": "Scoring it again …",
    # ---- the engine
    "engine.none": "The engine starts at the first step.",
    "engine.starting": "Starting the engine …",
    "engine.ready": "Engine {version} on {device}",
    "engine.asleep": "The engine has ended; it starts again at the next step.",
    "engine.failed": "The engine could not be started.",
    "status.log": "Log: {path}",
    # ---- messages
    "message.found": "Flaws found: {count}. Each is a layer of its own.",
    "message.none": "No flaws found.",
    "message.none_here": "No flaws within the selection.",
    "message.none_here.hint": "Look in the whole photo?",
    "message.no_document": "No photo is open.",
    "message.no_selection": "Nothing is selected. Select a part of the photo first.",
    "message.nothing_there": "There is no flaw at this point.",
    "message.nothing_to_select": "There is no flaw in the list.",
    "message.masks_kept": "Kept as {what}: {count}.",
    "message.repair_removed": "The repair was removed.",
    "message.exported": "{name} was written without the overlay.",
    "message.cancelled": "Cancelled.",
    "message.busy": "Flawmap is still working. Wait for it, or press Cancel.",
    "message.not_looked": "This photo has not been looked at yet.",
    "message.not_looked.hint": "Find flaws first.",
    "message.resized": "The photo has another size than when its flaws were looked for.",
    "message.resized.hint": "Look again.",
    "message.stale": "The photo has changed since its flaws were looked for.",
    "message.stale.hint": "Look again.",
    "message.gone": "This flaw is not in the photo any more.",
    "message.gone.hint": "Look again.",
    "message.saving": "The overlay is visible and will be saved with the photo.",
    "message.saving.hint": "Hide it and save again, or export without it.",
    "message.settings_damaged": "Part of the settings could not be read; the defaults are used.",
    "message.settings_unsaved": "The settings could not be saved.",
    # ---- errors, by their code
    "error.engine_lost": "{message}",
    "error.engine_lost.hint": "Try again. If it happens again, copy the diagnostics.",
    "error.bad_input": "{message}",
    "error.unsupported": "{message}",
    "error.unsupported.hint": "A newer Flawmap may have it.",
    "error.not_found": "{message}",
    "error.not_found.hint": "Find flaws again.",
    "error.cancelled": "Cancelled.",
    "error.busy": "{message}",
    "error.busy.hint": "Try again in a moment.",
    "error.no_memory": "{message}",
    "error.no_memory.hint": "Close other documents, or select a smaller part.",
    "error.version": "{message}",
    "error.version.hint": "Update Flawmap with: flawmap plugins update",
    "error.internal": "{message}",
    "error.internal.hint": "Copy the diagnostics for whoever helps you.",
    "error.fault": "Something in the plug-in went wrong ({kind}). Your photo is as it was.",
    "error.fault.hint": "Copy the diagnostics for whoever helps you.",
    # ---- buttons of messages
    "action.find": "Find flaws",
    "action.find_everywhere": "Look everywhere",
    "action.repair": "Repair it",
    "action.undo_repair": "Remove the repair",
    "action.export_without_overlay": "Export without overlay …",
    "action.copy_diagnostics": "Copy diagnostics",
    # ---- labels of widgets
    "ui.title": "Flawmap",
    "ui.panel": "Flawmap panel",
    "ui.find": "Find flaws",
    "ui.find.tip": "Look for flaws in the visible photo, within the selection if there is one.",
    "ui.find_whole": "Find flaws in the whole photo",
    "ui.cancel": "Cancel",
    "ui.cancel.tip": "End what is under way.",
    "ui.score_selection": "Score selection",
    "ui.score_selection.tip": "Say how good the selected part is.",
    "ui.select": "Select",
    "ui.select.tip": "Turn this flaw into the selection. Shift adds, Ctrl subtracts.",
    "ui.select.tip.alt": "Turn this flaw into the selection. Shift adds, Alt subtracts, both cut.",
    "ui.select_next": "Next flaw",
    "ui.select_previous": "Previous flaw",
    "ui.select_at": "Select flaw at …",
    "ui.select_at.tip": "Select the flaw under the middle of the selection.",
    "ui.select_under": "Select flaw under the pointer",
    "ui.repair": "Repair",
    "ui.repair.tip": "Repair this flaw as a layer of its own.",
    "ui.repair_menu": "Repair flaw …",
    "ui.undo_repair": "Remove repair",
    "ui.strength": "Strength",
    "ui.mark": "Mark",
    "ui.mark.none": "Not marked",
    "ui.mark.accepted": "It is a flaw",
    "ui.mark.ignored": "Ignore it",
    "ui.mark.intentional": "It is intended",
    "ui.eye": "Show this flaw",
    "ui.flaws": "Flaws",
    "ui.flaw": "Flaw",
    "ui.score": "Severity",
    "ui.strictness": "Strictness",
    "ui.strictness.tip": "Left: only what disturbs much. Right: also what hardly disturbs.",
    "ui.view": "View",
    "ui.view.screen": "Seen whole",
    "ui.view.pixel": "At 1:1",
    "ui.overlay": "Overlay",
    "ui.toggle_overlay": "Show overlay",
    "ui.remove_overlay": "Remove overlay",
    "ui.opacity": "Overlay opacity",
    "ui.keep_masks": "Keep as masks",
    "ui.keep_masks.tip": "Make masks of the flaws that can be painted on.",
    "ui.export": "Export without overlay …",
    "ui.status": "Engine status …",
    "ui.copy_diagnostics": "Copy diagnostics",
    "ui.open_log": "Open log",
    "ui.settings": "Settings …",
    "ui.settings.language": "Language",
    "ui.settings.language.auto": "As the editor",
    "ui.settings.language.en": "English",
    "ui.settings.language.de": "Deutsch",
    "ui.settings.keep_masks": "Find flaws also makes masks",
    "ui.settings.host_filters": "Repair with the editor's own filters where they fit",
    "ui.document": "Photo",
    "ui.more": "More",
    "ui.close": "Close",
    "ui.ok": "OK",
    "ui.progress": "Progress",
    "ui.preview": "Preview: click a flaw to select it",
    "ui.replace_is_two_steps": "Replacing an older overlay takes two undo steps.",
}
