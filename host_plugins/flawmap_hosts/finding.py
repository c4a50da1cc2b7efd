"""Finding: the GIMPs and Kritas of a machine, however they were installed, and their versions.

Each is a triple of kind (`system`, `flatpak`, `appimage`, `app`), the command that starts it, and
its version, empty where nobody says.
"""

from __future__ import annotations

import plistlib
import re
from collections.abc import Iterator
from pathlib import Path

from .system import System, version_in

__all__ = ["Found", "gimp_programs", "krita_programs", "numbers"]

Found = tuple[str, tuple[str, ...], str]

_GIMPS = ("gimp-3.2", "gimp-3.0", "gimp-3", "gimp")


def numbers(version: str) -> tuple[int, int] | None:
    """Major and minor number of a version; None if it has none."""
    parts = re.match(r"(\d+)\.(\d+)", version)
    return (int(parts[1]), int(parts[2])) if parts else None


def gimp_programs(system: System) -> Iterator[Found]:
    """Every GIMP; of several names of one program the first."""
    seen = set()
    for name in _GIMPS:
        program = system.which(name)
        if program is not None and program.resolve() not in seen:
            seen.add(program.resolve())
            yield "system", (str(program),), version_in(system.said_by([program, "--version"]))
    yield from _flatpak(system, "org.gimp.GIMP")
    yield from _appimages(system, "gimp")
    if system.platform == "win32":
        for folder in _program_files(system, "GIMP*"):
            for program in sorted((folder / "bin").glob("gimp-3*.exe")):
                if not re.fullmatch(r"gimp-3(\.\d+)?\.exe", program.name):
                    continue
                console = program.with_name(program.name.replace("gimp-", "gimp-console-"))
                said = system.said_by([console if console.exists() else program, "--version"])
                yield "app", (str(program),), version_in(said)
                break
    if system.platform == "darwin":
        yield from _bundles(system, "GIMP*.app", "gimp")


def krita_programs(system: System) -> Iterator[Found]:
    """Every Krita."""
    program = system.which("krita")
    if program is not None:
        yield "system", (str(program),), _krita_version(system, program)
    yield from _flatpak(system, "org.kde.krita")
    yield from _appimages(system, "krita")
    if system.platform == "win32":
        for folder in _program_files(system, "Krita*"):
            program = folder / "bin" / "krita.exe"
            if program.exists():
                yield "app", (str(program),), version_in(_text(folder / "VERSION"))
    if system.platform == "darwin":
        yield from _bundles(system, "krita*.app", "krita")


def _krita_version(system: System, program: Path) -> str:
    # Krita itself answers on a screen only; its runner needs none.
    runner = program.with_name("kritarunner")
    if runner.exists():
        said = system.said_by([runner, "--version"], QT_QPA_PLATFORM="offscreen")
        if version := version_in(said):
            return version
    share = program.resolve().parent.parent / "share" / "metainfo"
    return _released(share / "org.kde.krita.appdata.xml")


def _flatpak(system: System, name: str) -> Iterator[Found]:
    for base in (
        system.folder("XDG_DATA_HOME", ".local", "share") / "flatpak",
        system.below("var", "lib", "flatpak"),
    ):
        active = base / "app" / name / "current" / "active"
        if active.is_dir():
            version = ""
            for file in sorted((active / "files" / "share").glob("*/*.xml")):
                if file.parent.name in ("metainfo", "appdata") and file.name.startswith(name):
                    version = version or _released(file)
            yield "flatpak", ("flatpak", "run", name), version
            return


def _appimages(system: System, name: str) -> Iterator[Found]:
    if system.platform != "linux":
        return
    pattern = re.compile(rf"{name}.*\.appimage", re.IGNORECASE)
    folders = ["Applications", "Apps", "AppImages", "Downloads", "Desktop", ".local/bin", "bin"]
    for folder in (*(system.home / each for each in folders), system.below("opt")):
        try:
            files = sorted(folder.iterdir())
        except OSError:
            continue
        for file in files:
            if pattern.fullmatch(file.name):
                yield "appimage", (str(file),), version_in(file.name)


def _program_files(system: System, pattern: str) -> Iterator[Path]:
    for variable in ("ProgramFiles", "ProgramFiles(x86)"):
        if base := system.variable(variable) or system.variable(variable.upper()):
            yield from sorted(Path(base).glob(pattern), reverse=True)
    local = system.folder("LOCALAPPDATA", "AppData", "Local") / "Programs"
    yield from sorted(local.glob(pattern), reverse=True)


def _bundles(system: System, pattern: str, name: str) -> Iterator[Found]:
    for base in (system.below("Applications"), system.home / "Applications"):
        for bundle in sorted(base.glob(pattern)):
            version = ""
            try:
                said = plistlib.loads((bundle / "Contents" / "Info.plist").read_bytes())
                version = version_in(str(said.get("CFBundleShortVersionString", "")))
            except (OSError, ValueError, plistlib.InvalidFileException):
                pass
            yield "app", (str(bundle / "Contents" / "MacOS" / name),), version


def _released(file: Path) -> str:
    """The newest version that a program's description names."""
    versions = re.findall(r"<release\b[^>]*\bversion=\"([\d.]+)\"", _text(file))
    return max(versions, key=lambda v: [int(n) for n in v.split(".") if n], default="")


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8", "replace")
    except OSError:
        return ""
