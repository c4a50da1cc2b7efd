"""Editors are found wherever they were installed, with their version and their folder."""

from __future__ import annotations

import plistlib

import pytest

METAINFO = '<component><releases><release version="5.2.6"/><release version="5.2.9"/></releases>'


def described(machine, host):
    return [
        (place.folder.relative_to(machine.root), [p.kind for p in place.programs], place.name)
        for place in machine.places(host)
    ]


def at(path, kind, name):
    from pathlib import Path

    return [(Path(path), [kind], name)]


def test_an_empty_machine_has_none(machine):
    assert machine.places() == []


@pytest.mark.parametrize(
    ("version", "folder"), [("3.0.4", "3.0"), ("3.2.6", "3.2"), ("3.1.4", "3.1")]
)
def test_a_gimp_of_the_system(machine, version, folder):
    machine.gimp(version)
    assert described(machine, "gimp") == at(
        f"home/.config/GIMP/{folder}/plug-ins", "system", f"GIMP {version}"
    )


def test_one_gimp_with_three_names_is_one(machine):
    machine.gimp()
    for name in ("gimp-3.0", "gimp-3"):
        (machine.bin / name).symlink_to("gimp")
    assert len(machine.place("gimp").programs) == 1


def test_two_versions_of_gimp_have_two_places(machine):
    machine.gimp("3.0.4")
    machine.program("gimp-3.2", "GNU Image Manipulation Program version 3.2.6")
    assert [place.folder.parent.name for place in machine.places("gimp")] == ["3.2", "3.0"]


def test_a_krita_of_the_system_says_its_version_without_a_screen(machine):
    machine.krita()
    assert described(machine, "krita") == at(
        "home/.local/share/krita/pykrita", "system", "Krita 5.2.9"
    )
    assert machine.place("krita").settings == machine.home / ".config/kritarc"


def test_a_krita_without_its_runner_is_described_by_its_package(machine):
    machine.program("krita", code=1)
    share = machine.root / "usr/share/metainfo"
    share.mkdir(parents=True)
    (share / "org.kde.krita.appdata.xml").write_text(METAINFO)
    assert machine.place("krita").name == "Krita 5.2.9"


def test_folders_follow_the_variables_of_the_desktop(machine):
    machine.gimp()
    machine.krita()
    machine.variables |= {
        "XDG_CONFIG_HOME": str(machine.root / "config"),
        "XDG_DATA_HOME": str(machine.root / "data"),
    }
    assert [place.folder for place in machine.places()] == [
        machine.root / "config/GIMP/3.0/plug-ins",
        machine.root / "data/krita/pykrita",
    ]
    machine.variables["GIMP3_DIRECTORY"] = str(machine.root / "elsewhere")
    assert machine.place("gimp").folder == machine.root / "elsewhere/plug-ins"


def test_flatpaks_have_folders_of_their_own(machine):
    for name in ("org.gimp.GIMP", "org.kde.krita"):
        share = machine.root / f"var/lib/flatpak/app/{name}/current/active/files/share/metainfo"
        share.mkdir(parents=True)
        version = "3.0.6" if "GIMP" in name else "5.2.9"
        (share / f"{name}.metainfo.xml").write_text(f'<release version="{version}"/>')
    assert described(machine, "gimp") == at(
        "home/.var/app/org.gimp.GIMP/config/GIMP/3.0/plug-ins", "flatpak", "GIMP 3.0.6 (Flatpak)"
    )
    assert described(machine, "krita") == at(
        "home/.var/app/org.kde.krita/data/krita/pykrita", "flatpak", "Krita 5.2.9 (Flatpak)"
    )
    # Flathub's GIMP takes the usual folder where there is one.
    (machine.home / ".config/GIMP").mkdir(parents=True)
    assert machine.place("gimp").folder == machine.home / ".config/GIMP/3.0/plug-ins"


def test_an_appimage_reads_the_usual_folder_and_names_its_version(machine):
    machine.program("krita-5.3.0-x86_64.AppImage", folder=machine.home / "Applications")
    assert described(machine, "krita") == at(
        "home/.local/share/krita/pykrita", "appimage", "Krita 5.3.0"
    )
    machine.krita()
    assert [p.kind for p in machine.place("krita").programs] == ["system", "appimage"]


def test_windows(machine_of, tmp_path):
    base = tmp_path / "machine"
    machine = machine_of(
        "win32",
        APPDATA=str(base / "Roaming"),
        LOCALAPPDATA=str(base / "Local"),
        ProgramFiles=str(base / "Program Files"),
    )
    said = "GNU Image Manipulation Program version 3.0.4"
    folder = base / "Program Files/GIMP 3/bin"
    for name in ("gimp-3.exe", "gimp-3.0.exe", "gimp-console-3.0.exe", "gimp-console-3.exe"):
        machine.program(name, said, folder=folder)
    machine.program("krita.exe", folder=base / "Program Files/Krita (x64)/bin")
    assert [(place.folder, place.settings) for place in machine.places()] == [
        (base / "Roaming/GIMP/3.0/plug-ins", base / "Roaming/GIMP/3.0"),
        (base / "Roaming/krita/pykrita", base / "Local/kritarc"),
    ]
    assert machine.place("gimp").name == "GIMP 3.0.4"


def test_macos(machine_of, tmp_path):
    machine = machine_of("darwin")
    for name, version in (("GIMP.app", "3.0.4"), ("krita.app", "5.2.9")):
        contents = machine.root / "Applications" / name / "Contents"
        contents.mkdir(parents=True)
        (contents / "Info.plist").write_bytes(
            plistlib.dumps({"CFBundleShortVersionString": version})
        )
    library = machine.home / "Library"
    assert [(place.name, place.folder) for place in machine.places()] == [
        ("GIMP 3.0.4", library / "Application Support/GIMP/3.0/plug-ins"),
        ("Krita 5.2.9", library / "Application Support/krita/pykrita"),
    ]
    assert machine.place("krita").settings == library / "Preferences/kritarc"


@pytest.mark.parametrize(("host", "version"), [("gimp", "2.10.38"), ("krita", "5.1.5")])
def test_one_that_is_too_old_is_told_apart(machine, host, version):
    getattr(machine, host)(version)
    assert version in machine.place(host).problem
    assert "too old" in machine.place(host).problem


def test_a_program_that_says_nothing_of_itself_is_taken_as_it_is(machine):
    machine.program("gimp", "", code=3)
    place = machine.place("gimp")
    assert place.name == "GIMP" and place.problem == ""
