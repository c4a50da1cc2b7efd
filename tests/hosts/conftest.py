"""The real editors, in a tree of their own, with the built wheel installed there.

Without root, debootstrap or a network these tests are skipped and say why; where `CI` is set a skip
is a failure, so that nobody believes in a run that did not happen.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.hosts.chroot import ENVIRONMENT, Session, Unavailable
from tests.hosts.editors import Gimp, Krita, KritaWindow, Screen

from flawmap_api import EngineClient, connect

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent

#: An editor starts in seconds, on a busy machine in a minute; what hangs ends all the same.
_SECONDS_A_TEST = 300

# What would stop an unattended GIMP: a greeting, and a question on profiles.
GIMPRC = """\
(show-welcome-dialog no)
(config-version "3.0.4")
(color-profile-policy keep)
(check-updates no)
(save-session-info no)
(edit-non-visible yes)
"""
KRITARC = """\
[python]
enable_flawmap_driver=true

[theme]
Theme=Krita dark
"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(_SECONDS_A_TEST))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    report = yield
    if report.skipped and os.environ.get("CI") and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped where CI is set: {report.longrepr[-1]}"
    return report


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package as it is published, built from this checkout."""
    out = tmp_path_factory.mktemp("dist")
    done = subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", out, ROOT],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = out.glob("*.whl")
    return built


@pytest.fixture(scope="session")
def session(request: pytest.FixtureRequest) -> Iterator[Session]:
    """The tree, with the wheel installed into the environment inside."""
    try:
        inside = Session()
    except Unavailable as reason:
        pytest.skip(str(reason))
    try:
        wheel = request.getfixturevalue("wheel")
        shutil.copy(wheel, inside.folder)
        pip = (f"{ENVIRONMENT}/bin/python", "-m", "pip", "install", "--quiet", "--no-index")
        inside.run(*pip, "--no-deps", inside.folder / wheel.name)
        yield inside
    finally:
        inside.close()


@pytest.fixture(scope="session")
def screen(session: Session) -> Iterator[Screen]:
    """A screen with a window manager, for all tests that open windows."""
    shown = Screen(session)
    yield shown
    shown.close()


@pytest.fixture(scope="session")
def runtime(session: Session) -> Path:
    """The engine's runtime folder: the same path inside the tree and outside."""
    folder = session.folder / "run"
    folder.mkdir(mode=0o700)
    return folder


@pytest.fixture(scope="session")
def engine(runtime: Path) -> Iterator[EngineClient]:
    """A client of the real engine that runs outside, and that the editors inside find.

    For tests that only ask it; one that kills or starves engines gives its editor a folder without
    one (`gimp_in(folder)`, `krita_in(folder)`), where the plug-in starts one inside.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FLAWMAP_STATE_DIR", str(runtime.parent / "state"))
        with connect(private=True, runtime_dir=runtime) as client:
            yield client


def _variables(runtime: Path) -> dict[str, str]:
    return {
        "FLAWMAP_RUNTIME_DIR": str(runtime),
        "FLAWMAP_STATE_DIR": str(runtime.parent / f"{runtime.name}-state"),
    }


@pytest.fixture(scope="session")
def gimp_home(session: Session, runtime: Path) -> Path:
    """A home in which GIMP has run once and Flawmap's plug-in is installed; tests copy it."""
    home = session.folder / "home-gimp"
    home.mkdir()
    settings = home / ".config/GIMP/3.0"
    settings.mkdir(parents=True)
    (settings / "gimprc").write_text(GIMPRC)
    gimp = Gimp(session, home, _variables(runtime))
    gimp.console("answer(Gimp.version())")
    gimp.flawmap("plugins", "install", "gimp")
    # GIMP asks a new plug-in what it offers, once.
    gimp.console("answer(Gimp.version())")
    shutil.rmtree(gimp.work)
    return home


@pytest.fixture(scope="session")
def krita_home(session: Session, screen: Screen, runtime: Path) -> Path:
    """A home in which Krita has run once and Flawmap's plug-in is installed; tests copy it."""
    home = session.folder / "home-krita"
    home.mkdir()
    krita = Krita(session, home, _variables(runtime))
    krita.kritarc.parent.mkdir(parents=True)
    krita.kritarc.write_text(KRITARC)
    krita.add_driver()
    with krita.window(screen) as window:
        window.run("answer(krita.version())")
    krita.flawmap("plugins", "install", "krita")
    shutil.rmtree(krita.work)
    return home


@pytest.fixture
def gimp_in(
    session: Session, gimp_home: Path, copied: Callable[[Path], Path]
) -> Callable[[Path], Gimp]:
    """`gimp_in(runtime_folder)`: a GIMP of its own that looks for the engine there."""
    return lambda runtime: Gimp(session, copied(gimp_home), _variables(runtime))


@pytest.fixture
def krita_in(
    session: Session, krita_home: Path, copied: Callable[[Path], Path]
) -> Callable[[Path], Krita]:
    """`krita_in(runtime_folder)`: a Krita of its own that looks for the engine there."""
    return lambda runtime: Krita(session, copied(krita_home), _variables(runtime))


@pytest.fixture
def gimp(gimp_in: Callable[[Path], Gimp], engine: EngineClient, runtime: Path) -> Gimp:
    """GIMP with the plug-in, in a home of this test's own, beside the living engine."""
    return gimp_in(runtime)


@pytest.fixture
def krita(krita_in: Callable[[Path], Krita], engine: EngineClient, runtime: Path) -> Krita:
    """Krita with the plug-in, in a home of this test's own, beside the living engine."""
    return krita_in(runtime)


@pytest.fixture(scope="module")
def krita_window(
    session: Session, krita_home: Path, screen: Screen, engine: EngineClient, runtime: Path
) -> Iterator[KritaWindow]:
    """One running Krita for the tests of a module, each of which opens and closes its documents.

    Its scripts can import `krita_tools`.
    """
    with tempfile.TemporaryDirectory(prefix="krita-", dir=session.folder) as folder:
        home = Path(folder, "home")
        subprocess.run(["cp", "-a", krita_home, home], check=True)
        krita = Krita(session, home, _variables(runtime))
        shutil.copy(HERE / "krita_tools.py", krita.pykrita)
        with krita.window(screen) as window:
            yield window


@pytest.fixture(scope="session")
def photos(session: Session) -> Path:
    """A folder that both sides see: `clean.png`, and `damaged.png` with flaws in known places."""
    from PIL import Image

    from flawmap_cli.demo import demo_photo, plant

    folder = session.folder / "photos"
    folder.mkdir()
    clean = demo_photo()
    damaged, _, _ = plant(clean)
    # Written without any chunk but the pixels: an editor asks about profiles it does not know.
    Image.fromarray(clean).save(folder / "clean.png")
    Image.fromarray(damaged).save(folder / "damaged.png")
    return folder


@pytest.fixture(scope="session")
def tools(session: Session) -> str:
    """The folder that GIMP's scripts import `gimp_tools` from."""
    folder = session.folder / "tools"
    folder.mkdir()
    shutil.copy(HERE / "gimp_tools.py", folder)
    return str(folder)


@pytest.fixture
def copied(session: Session) -> Iterator[Callable[[Path], Path]]:
    """Homes that are gone after the test; the templates stay as they are."""
    with tempfile.TemporaryDirectory(prefix="home-", dir=session.folder) as folder:

        def copy(template: Path) -> Path:
            home = Path(folder, f"{len(os.listdir(folder))}")
            # Links and times stay: an editor looks at both to see whether its caches still fit.
            subprocess.run(["cp", "-a", template, home], check=True)
            return home

        yield copy
