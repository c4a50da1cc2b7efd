"""A Debian 13 with the real GIMP and Krita inside, for the tests of this room.

Two things are kept in a cache folder (`FLAWMAP_HOSTS_CACHE`, default `~/.cache/flawmap-hosts`),
never in the checkout, and made anew when what they are made of changes: the *tree* (debootstrap and
apt) and the *environment* (a Python environment of the tree's own Python that holds Flawmap's
dependencies, without Flawmap). Both are only ever read by tests.

A `Session` puts them together in a mount namespace of its own: the tree read-only, over it a folder
of the session's for everything that is written. The namespace, and with it every mount, ends with
its last process, however the tests end; a keeper process outlives even a killed pytest by a moment,
ends what still runs inside and removes the session's folder.

    python tests/hosts/chroot.py build          # what `make test-hosts` does first
    python tests/hosts/chroot.py shell          # look around inside
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

__all__ = ["Session", "Unavailable", "build_environment", "build_tree", "why_not"]

ROOT = Path(__file__).resolve().parents[2]

SUITE = "trixie"
PACKAGES = [
    # the editors, and the Python that Krita only recommends
    *("gimp", "krita", "python3-pyqt5", "python3-venv"),
    # a screen without a screen
    *("xvfb", "openbox", "xauth", "x11-utils", "xdotool", "imagemagick", "scrot"),
    *("dbus", "dbus-x11", "procps"),
    # what both want to be there
    *("adwaita-icon-theme", "fonts-dejavu-core", "ghostscript", "iso-codes", "libgl1-mesa-dri"),
]
APT_CONF = """\
APT::Install-Recommends "false";
Acquire::Languages "none";
Acquire::Retries "3";
"""
#: Where the environment lies inside; the same for every session, since its programs name it.
ENVIRONMENT = "/opt/flawmap"
#: A change of this file's steps that the package list does not show.
_EDITION = 1


class Unavailable(Exception):
    """The tree cannot be had here; the text says why."""


def why_not() -> str | None:
    """What this machine lacks for a tree with editors, as a sentence; None if nothing."""
    if sys.platform != "linux":
        return "GIMP and Krita are tried in a Linux tree, and this is no Linux."
    if os.geteuid() != 0:
        return "only root can build and enter a tree with GIMP and Krita."
    lacking = [name for name in ("debootstrap", "unshare", "nsenter") if not shutil.which(name)]
    if lacking:
        return f"{' and '.join(lacking)} must be installed: apt install debootstrap util-linux."
    tried = subprocess.run(
        ["unshare", "--mount", "--propagation", "private", "true"], capture_output=True, check=False
    )
    if tried.returncode:
        return "this root may not mount anything (a container?)."
    return None


def cache_folder() -> Path:
    """Where trees and environments are kept."""
    chosen = os.environ.get("FLAWMAP_HOSTS_CACHE")
    folder = Path(chosen) if chosen else Path.home() / ".cache" / "flawmap-hosts"
    folder = folder.absolute()
    if folder == ROOT or ROOT in folder.parents:
        raise Unavailable(f"{folder} lies in the checkout; FLAWMAP_HOSTS_CACHE must lie elsewhere.")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


# ---------------------------------------------------------------------------- building


def build_tree() -> Path:
    """The tree with the editors; built if it is not there yet (three minutes, 1.6 GB).

    Raises
    ------
    Unavailable
        If this machine cannot build it, with the last lines of what debootstrap or apt said.
    """
    if reason := why_not():
        raise Unavailable(reason)
    cache = cache_folder()
    stamp = _stamp(SUITE, *PACKAGES, APT_CONF, str(_EDITION))
    tree = cache / f"tree-{stamp}"
    with _locked(cache / "lock"):
        if (tree / ".complete").is_file():
            return tree
        # Stamps change and interrupted builds stay behind: one tree is enough.
        _remove_old(cache, "tree-*")
        _tell(f"Building a Debian tree with GIMP and Krita in {tree} …")
        began = time.monotonic()
        mirror = [m] if (m := os.environ.get("FLAWMAP_HOSTS_MIRROR")) else []
        # debootstrap mounts things too: in a namespace they go with it, even if it is killed.
        base = ["unshare", "--mount", "--propagation", "private", "debootstrap"]
        base += ["--variant=minbase", "--include=ca-certificates"]
        _step([*base, SUITE, str(tree), *mirror], cache)
        (tree / "etc/apt/apt.conf.d/90lean").write_text(APT_CONF)
        for name in ("resolv.conf", "hosts"):
            if Path("/etc", name).is_file():
                shutil.copyfile(Path("/etc", name), tree / "etc" / name)
        (tree / "usr/sbin/policy-rc.d").write_text("#!/bin/sh\nexit 101\n")
        (tree / "usr/sbin/policy-rc.d").chmod(0o755)
        with _building(tree) as run:
            run("apt-get", "update", "-q")
            run("apt-get", "install", "-qy", *PACKAGES)
            run("apt-get", "clean")
        (tree / "opt/flawmap").mkdir(parents=True, exist_ok=True)
        (tree / ".complete").write_text(f"{stamp}\n")
        _tell(f"The tree is there ({time.monotonic() - began:.0f} s).")
    return tree


def build_environment(tree: Path) -> Path:
    """An environment of the tree's Python with all that Flawmap depends on, but not Flawmap.

    It works at `ENVIRONMENT` inside the tree only.
    """
    cache = cache_folder()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["cpu"]]
    constraints = (ROOT / "constraints.txt").read_text("utf-8")
    stamp = _stamp(tree.name, *wanted, constraints, str(_EDITION))
    folder = cache / f"environment-{stamp}"
    with _locked(cache / "lock"):
        if (folder / ".complete").is_file():
            return folder
        _remove_old(cache, "environment-*")
        folder.mkdir()
        _tell(f"Installing Flawmap's dependencies for the tree's Python into {folder} …")
        with _building(tree, {folder: ENVIRONMENT}) as run:
            run("python3", "-m", "venv", ENVIRONMENT)
            (folder / "constraints.txt").write_text(constraints)
            pip = [f"{ENVIRONMENT}/bin/python", "-m", "pip", "install", "--quiet"]
            run(*pip, "-c", f"{ENVIRONMENT}/constraints.txt", *wanted)
        (folder / ".complete").write_text(f"{stamp}\n")
    return folder


@contextlib.contextmanager
def _building(tree: Path, binds: Mapping[Path, str] | None = None) -> Iterator[_Run]:
    """Commands inside the writable tree, with the network and pip's settings of outside."""
    with tempfile.TemporaryDirectory(prefix="fmh-build-") as scratch:
        keeper = _Keeper(tree, Path(scratch), binds or {}, writable=True)
        try:
            passed = {
                name: value
                for name, value in os.environ.items()
                if name.lower().endswith("_proxy")
                or (name.startswith("PIP_") and name != "PIP_FIND_LINKS")
            }
            environment = {**_environment(), **passed, "DEBIAN_FRONTEND": "noninteractive"}

            def run(*command: str) -> None:
                _step(keeper.enter(command, environment), tree.parent)

            yield run
        finally:
            keeper.end()


class _Run:
    """What `_building` gives; here for its type alone."""

    def __call__(self, *command: str) -> None: ...


def _step(command: Sequence[str], cache: Path) -> None:
    log = cache / "build.log"
    with log.open("ab") as out:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, check=False
        )
    if done.returncode:
        last = log.read_text("utf-8", "replace").strip().splitlines()[-5:]
        said = "\n  ".join(last)
        raise Unavailable(f"building the tree failed ({log} has all of it):\n  {said}")


def _stamp(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]


def _remove_old(cache: Path, pattern: str) -> None:
    """Remove what another edition of this file has built, or only begun to, unless it is in use."""
    with (cache / "use").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            unfinished = [old for old in cache.glob(pattern) if not (old / ".complete").exists()]
        else:
            unfinished = list(cache.glob(pattern))
        for old in unfinished:
            _remove(old)


def _remove(folder: Path) -> None:
    # What is mounted below would be emptied with it; mounts live in namespaces, so none should be.
    mounted = Path("/proc/self/mounts").read_text("utf-8", "replace")
    if any(line.split()[1].startswith(f"{folder}/") for line in mounted.splitlines()):
        raise Unavailable(f"something is mounted below {folder}; unmount it first.")
    shutil.rmtree(folder)


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _tell("Another run is building the tree; waiting for it …")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _tell(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


# ---------------------------------------------------------------------------- being inside


class Session:
    """The tree as one run of the tests sees it. Ends with `close`, or with the process.

    Attributes
    ----------
    folder : Path
        The session's own folder; it has the same path inside and outside, so homes, photos and
        the engine's runtime folder live here.
    """

    def __init__(self) -> None:
        self._use = (cache_folder() / "use").open("w")
        while True:
            tree = build_tree()
            environment = build_environment(tree)
            # As long as this is held nobody removes them; before, somebody might have.
            fcntl.flock(self._use, fcntl.LOCK_SH)
            if (environment / ".complete").is_file() and (tree / ".complete").is_file():
                break
            fcntl.flock(self._use, fcntl.LOCK_UN)
        # Under /tmp: sockets have short names, and the tree has the same folder.
        self.folder = Path(tempfile.mkdtemp(prefix="fmh-", dir="/tmp"))
        own = self.folder / "environment"
        subprocess.run(["cp", "-a", "--reflink=auto", environment, own], check=True)
        try:
            self._keeper = _Keeper(tree, self.folder, {own: ENVIRONMENT}, writable=False)
        except BaseException:
            shutil.rmtree(self.folder)
            self._use.close()
            raise

    def command(
        self, words: Sequence[str | Path], environment: Mapping[str, str] | None = None
    ) -> list[str]:
        """The command line that runs `words` inside, in an environment that names all it holds."""
        return self._keeper.enter([str(word) for word in words], _environment(environment))

    def start(
        self,
        *words: str | Path,
        environment: Mapping[str, str] | None = None,
        log: Path | None = None,
    ) -> subprocess.Popen[bytes]:
        """Start a program inside; what it says goes to `log`."""
        with (log or Path(os.devnull)).open("ab") as out:
            return subprocess.Popen(
                self.command(words, environment), stdin=subprocess.DEVNULL, stdout=out, stderr=out
            )

    def run(
        self,
        *words: str | Path,
        environment: Mapping[str, str] | None = None,
        timeout: float = 120,
        check: bool = True,
    ) -> subprocess.CompletedProcess[str]:
        """Run a program inside to its end; with `check`, its failure raises what it said."""
        done = subprocess.run(
            self.command(words, environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=timeout,
            check=False,
        )
        if check and done.returncode:
            said = f"{done.stdout}\n{done.stderr}".strip()[-4000:]
            raise RuntimeError(f"{words[0]} ended with {done.returncode}:\n{said}")
        return done

    def pids(self, name: str | None = None) -> list[int]:
        """The processes that run inside, or those of a name (the program's file name)."""
        return self._keeper.pids(name)

    def close(self) -> None:
        """End all that runs inside, unmount, and remove the session's folder."""
        self._keeper.end()
        shutil.rmtree(self.folder, ignore_errors=True)
        self._use.close()


def _environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    return {
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "HOME": "/root",
        "LANG": "C.UTF-8",
        **(more or {}),
    }


class _Keeper:
    """The process that holds the mount namespace; `hold` below is what it runs."""

    def __init__(
        self, tree: Path, folder: Path, binds: Mapping[Path, str], *, writable: bool
    ) -> None:
        self._tree = tree
        command = ["unshare", "--mount", "--propagation", "private", sys.executable, __file__]
        command += ["hold", str(tree), str(folder), "rw" if writable else "ro"]
        command += [f"{source}={target}" for source, target in binds.items()]
        # A session of its own: Ctrl-C must not reach it before pytest has ended what it started.
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
        )
        if self._process.stdout is None or self._process.stdout.readline() != b"ready\n":
            self.end()
            raise Unavailable("the tree could not be mounted.")
        self._namespace = os.readlink(f"/proc/{self._process.pid}/ns/mnt")

    def enter(self, words: Sequence[str], environment: Mapping[str, str]) -> list[str]:
        """The command line that runs `words` in the tree, seen from outside."""
        return [
            "nsenter",
            f"--mount=/proc/{self._process.pid}/ns/mnt",
            "chroot",
            str(self._tree),
            "env",
            "-i",
            *(f"{name}={value}" for name, value in environment.items()),
            *words,
        ]

    def pids(self, name: str | None = None) -> list[int]:
        """Living processes of the namespace but the keeper."""
        return [
            pid
            for pid in _processes_of(self._namespace)
            if pid != self._process.pid and (name is None or _name(pid) == name)
        ]

    def end(self) -> None:
        """Close the keeper's input: it ends everything inside, then itself."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        # Removing a session's homes takes its time on some disks.
        self._process.wait(120)
        if self._process.stdout is not None:
            self._process.stdout.close()


def _processes_of(namespace: str) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                if os.readlink(entry / "ns/mnt") == namespace:
                    found.append(int(entry.name))
    return found


def _name(pid: int) -> str:
    with contextlib.suppress(OSError):
        return Path(os.readlink(f"/proc/{pid}/exe")).name
    return ""


def _hold(tree: Path, folder: Path, mode: str, binds: Sequence[str]) -> None:
    """Mount, say `ready`, wait for the end of input, end what runs here. Runs in the namespace."""
    if mode == "ro":
        _mount("--bind", tree, tree)
        _mount("-o", "remount,ro,bind", tree)
        for name in ("tmp", "root", "run", "var/tmp"):
            own = folder / "inside" / name
            own.mkdir(parents=True)
            _mount("--bind", own, tree / name)
        same = folder / "inside" / "tmp" / folder.name
        same.mkdir()
        _mount("--bind", folder, tree / "tmp" / folder.name)
    _mount("-t", "proc", "proc", tree / "proc")
    for name in ("dev", "sys"):
        _mount("--rbind", f"/{name}", tree / name)
    for bind in binds:
        source, _, target = bind.partition("=")
        # The mount point is in the tree: made while the tree is built.
        _mount("--bind", source, f"{tree}{target}")
    if mode == "rw":
        # pip is to find packages and trust their server as it does outside.
        certificates = Path("/etc/ssl/certs/ca-certificates.crt")
        for setting in (Path("/etc/pip.conf"), certificates):
            _mount_file(setting, Path(f"{tree}{setting}"))
        _mount_file(Path.home() / ".config/pip/pip.conf", tree / "root/.config/pip/pip.conf")
    os.write(1, b"ready\n")
    while os.read(0, 4096):
        pass
    _end_all_here()
    os.chdir("/")
    if mode == "ro":
        # The namespace's mounts lie below; what is under them is the session's own.
        subprocess.run(["umount", "-l", "-R", str(tree)], check=False)
        shutil.rmtree(folder, ignore_errors=True)


def _mount(*words: str | Path) -> None:
    subprocess.run(["mount", *map(str, words)], check=True)


def _mount_file(source: Path, target: Path) -> None:
    if source.is_file():
        target.parent.mkdir(parents=True, exist_ok=True)
        target.touch()
        _mount("--bind", source, target)


def _end_all_here() -> None:
    """End every other process of this mount namespace, politely, then not."""
    here = os.readlink("/proc/self/ns/mnt")
    for sign in (signal.SIGTERM, signal.SIGKILL):
        for pid in _processes_of(here):
            if pid != os.getpid():
                with contextlib.suppress(OSError):
                    os.kill(pid, sign)
        deadline = time.monotonic() + 3
        while _processes_of(here) != [os.getpid()] and time.monotonic() < deadline:
            time.sleep(0.05)


def _main(words: Sequence[str]) -> int:
    try:
        if words[:1] == ["hold"]:
            _hold(Path(words[1]), Path(words[2]), words[3], words[4:])
        elif words == ["build"]:
            tree = build_tree()
            build_environment(tree)
            sys.stdout.write(f"{tree}\n")
        elif words == ["shell"]:
            session = Session()
            try:
                subprocess.run(session.command(["bash", "-i"], {"TERM": "xterm"}), check=False)
            finally:
                session.close()
        else:
            sys.stderr.write("usage: python tests/hosts/chroot.py build | shell\n")
            return 2
    except Unavailable as error:
        sys.stderr.write(f"No tree with GIMP and Krita: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1:]))
