"""The ground that this room's tests stand on: the tree, the editors in it, and its end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.hosts.editors import EditorFailed, Gimp, Krita, Screen

ROOT = Path(__file__).resolve().parents[2]


def test_the_tree_cannot_be_written_and_a_folder_has_one_path_on_both_sides(session):
    assert session.run("touch", "/usr/here", check=False).returncode
    (session.folder / "note").write_text("from outside")
    assert session.run("cat", session.folder / "note").stdout == "from outside"


def test_a_killed_run_leaves_no_mount_no_process_and_no_folder(session):
    program = (
        "from tests.hosts.chroot import Session; import time;"
        "s = Session(); p = s.start('sleep', '1000');"
        "print(s.folder, s._keeper._process.pid, p.pid, flush=True); time.sleep(1000)"
    )
    run = subprocess.Popen(
        [sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    folder, *pids = run.stdout.readline().split()
    assert Path(folder).is_dir()
    waiting = [os.pidfd_open(int(pid)) for pid in pids]
    run.send_signal(signal.SIGKILL)
    run.wait()
    run.stdout.close()
    for descriptor in waiting:
        # Readable once the process has ended; the test's own time limit ends a wait in vain.
        import select

        select.select([descriptor], [], [])
        os.close(descriptor)
    assert not Path(folder).exists()
    assert folder not in Path("/proc/self/mounts").read_text()


def test_gimp_runs_scripts_and_tells_of_their_errors(gimp: Gimp, photos):
    def size(photo):
        from gi.repository import Gimp, Gio

        image = Gimp.file_load(Gimp.RunMode.NONINTERACTIVE, Gio.File.new_for_path(photo))
        yield 0.1
        return [image.get_width(), image.get_height()]

    assert gimp.console(size, photo=str(photos / "clean.png")) == [1200, 800]
    with pytest.raises(EditorFailed, match="ZeroDivisionError"):
        gimp.console("1 / 0")


def test_gimp_runs_scripts_in_its_window(gimp: Gimp, screen: Screen, photos):
    with gimp.window(screen, photos / "clean.png") as window:
        assert window.run("answer([i.get_name() for i in Gimp.get_images()])") == [
            "[clean] (imported)"
        ]


def test_krita_runs_scripts_in_its_window(krita: Krita, screen: Screen, photos):
    with krita.window(screen, photos / "clean.png") as window:
        assert window.run("answer(krita.activeDocument().width())") == 1200
