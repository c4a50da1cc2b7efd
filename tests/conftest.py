"""What every test may ask for: where data lies, how long a proof is, and no engine of the user's.

Rooms have a `conftest.py` of their own for what only they need.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from hypothesis import settings

from flawmap_api import FlawmapError, connect

REPOSITORY = Path(__file__).resolve().parents[1]

# A property that holds late still holds; how long a test may take is pytest-timeout's business.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")

#: The user and group that own nothing.
_NOBODY = 65534

# The training room has an environment of its own (`make test-train`): a newcomer does not wait for
# torch, and its absence is no failure. The real editors have a task of their own, too
# (`make test-hosts`); what is named on the command line is run all the same.
collect_ignore = ["hosts"] if importlib.util.find_spec("torch") else ["hosts", "train"]


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of the checkout."""
    return REPOSITORY


@pytest.fixture(scope="session")
def data() -> Path:
    """`tests/data`: small files that may be given on."""
    return REPOSITORY / "tests" / "data"


@pytest.fixture(scope="session")
def research_data() -> Path:
    """Photo sets that may not be given on; tests that need them are skipped without.

    `FLAWMAP_DATA` names the folder, else it is `../data`, beside the checkout.
    """
    place = Path(os.environ.get("FLAWMAP_DATA") or REPOSITORY.parent / "data")
    if not (place / "photos" / "photos.csv").is_file():
        pytest.skip("the research sets are not here; FLAWMAP_DATA names their folder")
    return place


@pytest.fixture(scope="session")
def long_form() -> bool:
    """Whether proofs run at their full length (`make proofs`) or as a seeded sample."""
    return os.environ.get("FLAWMAP_PROOFS") == "long"


@pytest.fixture
def plain_user() -> Iterator[Callable[[], AbstractContextManager[Path]]]:
    """`with plain_user() as folder`: for that long the process may not do everything.

    Root reads and writes what modes forbid; what tells a person of that is tried as nobody, in a
    folder of nobody's. Modules that are loaded late may be out of nobody's reach: load them before.
    """
    if not hasattr(os, "seteuid"):
        pytest.skip("modes and owners are POSIX's")
    folder = Path(tempfile.mkdtemp(prefix="fm-plain-"))

    @contextlib.contextmanager
    def limited() -> Iterator[Path]:
        if os.geteuid() != 0:
            yield folder
            return
        os.chown(folder, _NOBODY, _NOBODY)
        os.seteuid(_NOBODY)
        try:
            yield folder
        finally:
            os.seteuid(0)

    yield limited
    for made in folder.rglob("*"):
        if made.is_dir() and not made.is_symlink():
            made.chmod(0o700)
    shutil.rmtree(folder)


@pytest.fixture(scope="session", autouse=True)
def _away_from_the_user() -> Iterator[None]:
    """Give the tests runtime, cache, settings and data folders of their own.

    No test may meet, stop or fill the engine of the person who runs it. Not pytest's own temporary
    folders: their parents may be readable by others, and names there grow long.
    """
    root = Path(tempfile.mkdtemp(prefix="fm-tests-"))
    with pytest.MonkeyPatch.context() as patch:
        for name in ("CACHE", "CONFIG", "DATA", "STATE"):
            patch.setenv(f"XDG_{name}_HOME", str(root / name.lower()))
        patch.setenv("FLAWMAP_RUNTIME_DIR", str(root / "run"))
        patch.setenv("FLAWMAP_STATE_DIR", str(root / "marks"))
        patch.delenv("FLAWMAP_ENGINE", raising=False)
        yield
        # An engine that some test's command started, and that would wait for half an hour.
        with contextlib.suppress(FlawmapError), connect(start=False) as engine:
            engine.shutdown()
    shutil.rmtree(root, ignore_errors=True)


# ---------------------------------------------------------------------------- the real engine
# A session-wide engine of the tests' own belongs here (`launch(private=True, …)`), for tests that
# only ask and never harm it; those that kill or starve engines start theirs in their own room.
