"""Krita from day to day: saving, reopening, cancelling, a dying engine, docker and hand-off."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path

import numpy as np
from PIL import Image


def test_findings_marks_and_masks_are_there_after_saving_and_reopening(krita_window, photos):
    def script(photo, kra):
        from krita_tools import (
            closed,
            desk,
            digest,
            done,
            find,
            opened,
            reopened,
            rows,
            tints,
            tree,
        )

        doc = yield from opened(photo)
        found = yield from find()
        desk().repair(next(row.key for row in found if row.distortion == "noise"))
        yield done
        desk().keep_masks()
        yield done
        yield 0.3

        def told():
            state = desk().state
            lines = [
                [row.key, row.title, row.visible, row.mark, row.score, row.repaired]
                for row in rows()
            ]
            masks = doc.nodeByName("Flawmap masks").childNodes()
            values = [
                sum(bytes(mask.selection().pixelData(0, 0, doc.width(), doc.height())))
                for mask in masks
            ]
            layers = sorted(
                [region, node.name(), node.locked(), node.colorLabel()]
                for region, (_, node) in tints(doc).items()
            )
            names = [mask.name() for mask in masks]
            return [lines, state.summary, tree(doc), digest(doc), layers, names, values]

        before = told()
        doc = yield from reopened(doc, kra)
        after = told()
        desk().select(after[0][0][0])
        yield done
        selected = desk().state.selected
        yield from find()
        again = tree(doc)
        yield from closed(doc)
        return before, after, selected, again

    before, after, selected, again = krita_window.run(
        script,
        photo=str(photos / "damaged.png"),
        kra=str(krita_window.editor.work / "saved.kra"),
        timeout=150,
    )
    for was, now in zip(before, after, strict=True):
        assert now == was
    assert selected == after[0][0][0]
    assert again == before[2]


def test_marks_are_seen_by_other_clients_of_the_same_photo(krita_window, engine, photos):
    def script(photo):
        from krita_tools import closed, desk, done, find, opened

        doc = yield from opened(photo)
        rows = yield from find()
        key = rows[1].key
        desk().mark(key, "intentional")
        yield done
        label = desk().state.row(key).mark_label
        yield from closed(doc)
        return key, label

    try:
        key, label = krita_window.run(script, photo=str(photos / "damaged.png"))
        photo = engine.open(photos / "damaged.png")
        assert engine.analyze(photo).region(key).mark == "intentional"
        assert label
    finally:
        photo = engine.open(photos / "damaged.png")
        region = next(r for r in engine.analyze(photo).regions if r.id == key)
        engine.set_mark(photo, region.id, None)


def test_a_picture_is_exported_without_its_overlay_and_stays_as_it_is(krita_window, photos):
    def script(photo, out):
        from pathlib import Path

        from krita_tools import closed, desk, digest, find, history, krita, opened, said, tree

        doc = yield from opened(photo)
        yield from find()
        before = [digest(doc), tree(doc), history()]
        desk().export_without_overlay(Path(out) / "exported.png")
        text = said()
        desk().export_without_overlay(Path(out) / "exported.nonsense")
        refused = said()
        after = [digest(doc), tree(doc), history()]
        count = len(krita.documents())
        yield from closed(doc)
        return before == after, text, refused, count

    out = krita_window.editor.work
    same, text, refused, count = krita_window.run(
        script, photo=str(photos / "damaged.png"), out=str(out)
    )
    exported = np.asarray(Image.open(out / "exported.png").convert("RGB"))
    assert (exported == np.asarray(Image.open(photos / "damaged.png").convert("RGB"))).all()
    assert same
    assert count == 1
    assert text["kind"] == "info"
    assert refused["kind"] in ("warning", "error")
    assert "exported.nonsense" in refused["text"]
    assert not [path.name for path in out.iterdir() if "nonsense" in path.name]


def test_saving_with_a_visible_overlay_is_warned_of(krita_window, photos):
    def script(photo, kra):
        from krita_tools import closed, desk, find, krita, opened, reopened, said

        doc = yield from opened(photo)
        yield from find()
        doc = yield from reopened(doc, kra)
        desk().dismiss()
        krita.action("file_save").trigger()
        warned = said()
        yield 1.0
        desk().toggle_overlay()
        desk().dismiss()
        krita.action("file_save").trigger()
        quiet = said()
        yield 1.0
        yield from closed(doc)
        return warned, quiet

    warned, quiet = krita_window.run(
        script,
        photo=str(photos / "damaged.png"),
        kra=str(krita_window.editor.work / "warned.kra"),
        timeout=120,
    )
    assert warned["kind"] == "warning"
    assert quiet is None


def test_a_look_can_be_cancelled_and_krita_stays_responsive(krita_in, screen, session, photos):
    """At 1:1 24 megapixels are under way for seconds; meanwhile the main loop goes on."""
    big = session.folder / "photos" / "large.png"
    if not big.exists():
        small = Image.open(photos / "damaged.png")
        small.resize((6000, 4000), Image.Resampling.BICUBIC).save(big, compress_level=1)
    runtime = session.folder / "run-cancel"
    runtime.mkdir(mode=0o700)

    def script(photo):
        import time

        from krita_tools import closed, desk, done, find, history, opened, rows, said, tree

        doc = yield from opened(photo)
        desk().set_view("pixel")
        desk().find()
        yield lambda: desk().state.phase == "working" and desk().state.doing
        yield 1.5
        assert not done()
        began = time.monotonic()
        desk().cancel()
        yield done
        seconds = time.monotonic() - began
        message, names, steps = said(), tree(doc), history()
        desk().set_view("screen")
        found = yield from find()
        count = len(rows())
        yield from closed(doc)
        return seconds, message, names, steps, len(found), count

    krita = krita_in(runtime)
    add_tools(krita)
    with krita.window(screen) as window:
        seconds, message, names, steps, found, _ = window.run(script, photo=str(big), timeout=240)
    assert seconds < 2
    assert message["text"] == "Cancelled."
    assert len(names) == 1
    assert steps == []
    assert found > 0


def test_an_engine_killed_in_the_middle_is_started_again_and_the_photo_is_judged(
    krita_in, screen, session, photos
):
    runtime = session.folder / "run-krita-killed"
    runtime.mkdir(mode=0o700)

    def script(photo, folder):
        import json
        import os
        import signal

        from krita_tools import closed, desk, done, find, opened, rows, said, tree

        doc = yield from opened(photo)
        first = [row.key for row in (yield from find())]
        before = tree(doc)
        photo_pixels = bytes(doc.topLevelNodes()[0].pixelData(0, 0, doc.width(), doc.height()))
        pids = []

        def living():
            with open(os.path.join(folder, "engine.json"), encoding="utf-8") as file:
                return json.load(file)["pid"]

        for wait in (0.0, 0.05, 0.4):
            desk().find(True)
            # What was killed last may still stand in the file until somebody needs an engine.
            yield lambda: living() not in pids
            yield wait
            pids.append(living())
            os.kill(pids[-1], signal.SIGKILL)
            yield done
            yield 0.2
        again = [row.key for row in rows()]
        message = said()
        same = photo_pixels == bytes(
            doc.topLevelNodes()[0].pixelData(0, 0, doc.width(), doc.height())
        )
        names = tree(doc)
        yield from closed(doc)
        return first, again, before == names, message, same, pids

    krita = krita_in(runtime)
    add_tools(krita)
    with krita.window(screen) as window:
        first, again, unchanged, message, same, pids = window.run(
            script, photo=str(photos / "damaged.png"), folder=str(runtime), timeout=240
        )
    assert len(set(pids)) == 3
    assert again == first
    assert message["kind"] == "info"
    assert unchanged
    assert same


def test_without_an_engine_there_is_a_sentence_and_the_diagnostics(
    krita_in, screen, session, photos
):
    runtime = session.folder / "run-none"
    runtime.mkdir(mode=0o700)

    def script(photo):
        from krita_tools import QtWidgets, app, closed, desk, done, opened, said, tree

        doc = yield from opened(photo)
        desk().find()
        yield done
        message = said()
        state = desk().state
        app().copy_diagnostics()
        copied = QtWidgets.QApplication.clipboard().text()
        names = tree(doc)
        yield from closed(doc)
        return message, state.message.action, state.message.hint, copied, names

    krita = krita_in(runtime)
    add_tools(krita)
    installed = krita.pykrita / "flawmap/installation.json"
    said = json.loads(installed.read_text("utf-8"))
    said["engine_command"] = ["/nonexistent/python", "-m", "flawmap_engine"]
    installed.write_text(json.dumps(said), "utf-8")
    with krita.window(screen) as window:
        message, action, hint, copied, names = window.run(
            script, photo=str(photos / "clean.png"), timeout=120
        )
    assert message["kind"] == "error"
    assert action == "copy_diagnostics"
    assert hint
    assert "/nonexistent/python" in copied
    assert "Krita" in copied
    assert len(names) == 1


def test_the_docker_draws_what_the_desk_knows_and_is_used_with_the_keyboard(krita_window, photos):
    def script(photo):
        from krita_tools import QtCore, QtGui, QtWidgets, app, closed, desk, done, find, opened

        doc = yield from opened(photo)
        app().show_docker()
        docker = app().docker()
        yield lambda: docker.widget() is not None and docker.isVisible()
        rows = yield from find()
        panel = docker.widget()
        panel.setMaximumWidth(200)
        yield 0.3
        listed = panel.findChildren(QtWidgets.QTreeWidget)[0]
        titles = [listed.topLevelItem(at).text(1) for at in range(listed.topLevelItemCount())]
        width = panel.width()
        panel.setMaximumWidth(16777215)

        def press(widget, key):
            kinds = QtCore.QEvent.Type
            none = QtCore.Qt.KeyboardModifier.NoModifier
            for kind in (kinds.KeyPress, kinds.KeyRelease):
                event = QtGui.QKeyEvent(kind, int(key), none)
                QtWidgets.QApplication.sendEvent(widget, event)

        keys = QtCore.Qt.Key
        listed.setCurrentItem(listed.topLevelItem(0))
        press(listed, keys.Key_Down)
        press(listed, keys.Key_Return)
        yield done
        selected = desk().state.selected
        press(listed, keys.Key_Space)
        hidden = [row.key for row in desk().state.rows if not row.visible]
        kinds = (QtWidgets.QAbstractButton, QtWidgets.QAbstractSlider, QtWidgets.QComboBox)
        nameless = [
            type(widget).__name__
            for kind in (*kinds, QtWidgets.QAbstractItemView)
            for widget in panel.findChildren(kind)
            if widget.isVisible()
            and not widget.accessibleName()
            and widget.parent() is not listed
            and not isinstance(widget, QtWidgets.QScrollBar)
        ]
        yield from closed(doc)
        return [row.title for row in rows], titles, selected, rows[1].key, hidden, width, nameless

    rows, titles, selected, second, hidden, width, nameless = krita_window.run(
        script, photo=str(photos / "damaged.png")
    )
    assert titles == rows
    assert selected == second
    assert hidden == [second]
    assert width <= 200
    assert nameless == []


def test_every_action_is_known_to_krita_and_can_have_a_shortcut(krita_window):
    def script():
        from krita_tools import krita

        from flawmap_krita.actions import ACTIONS

        return [
            [one.name, krita.action(one.name) is not None and krita.action(one.name).text()]
            for one in ACTIONS
        ]

    actions = krita_window.run(script)
    assert all(text for _, text in actions)
    vendor = krita_window.editor.pykrita / "flawmap/vendor/flawmap_krita"
    offered = (vendor / "flawmap.action").read_text("utf-8")
    for name, _ in actions:
        assert f'<Action name="{name}">' in offered


def test_the_language_can_be_changed(krita_window):
    def script():
        from krita_tools import QtWidgets, app, desk

        app().show_docker()
        docker = app().docker()
        yield lambda: docker.widget() is not None

        def labels():
            buttons = docker.widget().findChildren(QtWidgets.QPushButton)
            return [button.text() for button in buttons]

        before = labels()
        desk().change_settings(language="de")
        yield 0.3
        german = labels()
        desk().change_settings(language="auto")
        yield 0.3
        return before, german, labels()

    before, german, after = krita_window.run(script)
    assert "Find flaws" in before
    assert "Fehler suchen" in german
    assert after == before


def test_a_photo_that_was_handed_over_is_opened_and_looked_at(krita_window, runtime, photos):
    wish = {"path": str(photos / "damaged.png"), "created": time.time()}
    draft = runtime / "handoff.draft"
    draft.write_text(json.dumps(wish))
    draft.rename(runtime / "handoff.json")

    def script():
        from krita_tools import closed, desk, krita, rows

        yield lambda: krita.activeDocument() is not None
        yield lambda: desk().state.phase == "found"
        doc = krita.activeDocument()
        name, count = doc.fileName(), len(rows())
        yield from closed(doc)
        return name, count

    name, count = krita_window.run(script, timeout=120)
    assert Path(name).name == "damaged.png"
    assert count > 0
    assert not (runtime / "handoff.json").exists()
    stale = {"path": str(photos / "clean.png"), "created": time.time() - 3600}
    (runtime / "handoff.json").write_text(json.dumps(stale))

    def nothing(path):
        import os

        from krita_tools import krita

        yield lambda: not os.path.exists(path)
        yield 0.5
        return [document.fileName() for document in krita.documents()]

    assert krita_window.run(nothing, path=str(runtime / "handoff.json")) == []


def add_tools(krita):
    shutil.copy(Path(__file__).with_name("krita_tools.py"), krita.pykrita)
