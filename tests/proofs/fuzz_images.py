"""Image fuzzing: damaged files of every format give a photo or a sentence; no crash, hang or leak.

Run it as a command for the long form::

    python tests/proofs/fuzz_images.py --count 6000 --seed 1

A child process opens the damaged files one after another. It is watched from outside: a file that
takes more than 30 seconds, ends the process, or takes it over 2 GB, an error that is not one of
Flawmap's, and any line on stderr (a warning that leaked) are failures. Only LibRaw's lines pass,
where rawpy is installed: it has no switch for them. Ends with 0 or 1.
"""

from __future__ import annotations

import argparse
import json
import os
import queue
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["Outcome", "damage", "fuzz", "main"]

REPOSITORY = Path(__file__).resolve().parents[2]
ZOO = REPOSITORY / "tests" / "data" / "formats"
HANG_SECONDS = 30.0
MEMORY_LIMIT = 2_000_000_000
_LIBRAW = "unknown file: "


@dataclass
class Outcome:
    """What came of a run."""

    opened: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    slowest: tuple[float, str] = (0.0, "")
    peak_bytes: int = 0

    @property
    def files(self) -> int:
        """Files looked at."""
        return self.opened + self.refused.total() + len(self.failures)


def originals(folders: list[Path]) -> list[Path]:
    """Picture files to damage, in a stable order."""
    return sorted(
        path
        for folder in folders
        for path in folder.iterdir()
        if path.is_file() and path.suffix not in (".csv", ".md")
    )


def damage(data: bytes, rng: random.Random) -> bytes:
    """Damage a file in one to three ways that files get damaged, or are by malice."""
    out = bytearray(data)
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        if not out:
            break
        rng.choice(_WAYS)(out, rng)
    return bytes(out)


def _near_the_start(out: bytearray, rng: random.Random) -> int:
    """Headers are where the interesting damage is."""
    return rng.randrange(min(len(out), rng.choice((32, 256, 4096, len(out)))))


def _change_bytes(out: bytearray, rng: random.Random) -> None:
    for _ in range(rng.choice((1, 2, 8, 30))):
        out[_near_the_start(out, rng)] = rng.randrange(256)


def _flip_bits(out: bytearray, rng: random.Random) -> None:
    for _ in range(rng.choice((1, 4, 16))):
        out[_near_the_start(out, rng)] ^= 1 << rng.randrange(8)


def _cut(out: bytearray, rng: random.Random) -> None:
    del out[rng.randrange(len(out)) :]


def _cut_out(out: bytearray, rng: random.Random) -> None:
    at = _near_the_start(out, rng)
    del out[at : at + rng.choice((1, 2, 7, 100, 5000))]


def _repeat(out: bytearray, rng: random.Random) -> None:
    at = _near_the_start(out, rng)
    piece = out[at : at + rng.choice((4, 50, 3000))]
    out[at:at] = piece * rng.choice((1, 2, 20))


def _blank(out: bytearray, rng: random.Random) -> None:
    at, length = _near_the_start(out, rng), rng.choice((2, 16, 600))
    length = min(length, len(out) - at)
    out[at : at + length] = bytes([rng.choice((0, 255))]) * length


def _huge_number(out: bytearray, rng: random.Random) -> None:
    at = _near_the_start(out, rng)
    number = rng.choice((b"\xff\xff\xff\x7f", b"\x7f\xff\xff\xff", b"\0\0\xff\xff", b"\xff\xff"))
    out[at : at + len(number)] = number


def _insert_noise(out: bytearray, rng: random.Random) -> None:
    at = _near_the_start(out, rng)
    out[at:at] = rng.randbytes(rng.choice((1, 3, 64, 2000)))


def _swap_halves(out: bytearray, rng: random.Random) -> None:
    at = rng.randrange(len(out))
    out[:] = out[at:] + out[:at] if rng.random() < 0.2 else out[: at // 2] + out[at:]


_WAYS = (
    _change_bytes,
    _change_bytes,
    _flip_bits,
    _cut,
    _cut_out,
    _repeat,
    _blank,
    _huge_number,
    _insert_noise,
    _swap_halves,
)


def fuzz(count: int, seed: int, folders: list[Path] | None = None) -> Outcome:
    """Open `count` damaged files in a watched child process."""
    sources = originals(folders or [ZOO])
    outcome = Outcome()
    with tempfile.TemporaryDirectory(prefix="fm-fuzz-") as folder:
        pending = _prepare(sources, count, seed, Path(folder))
        while pending:
            pending = _watch(pending, outcome)
    return outcome


def _prepare(sources: list[Path], count: int, seed: int, folder: Path) -> list[tuple[str, str]]:
    """Recipes (source, seed of the damage); a child makes each file just before opening it."""
    rng = random.Random(seed)
    order = sources * (count // len(sources)) + rng.sample(sources, count % len(sources))
    return [(str(source), f"{seed}:{number}:{folder}") for number, source in enumerate(order)]


def _watch(pending: list[tuple[str, str]], outcome: Outcome) -> list[tuple[str, str]]:
    """Run a child over the files; returns what is left after it died or had to be killed."""
    child = subprocess.Popen(
        [sys.executable, "-W", "error", "-X", "faulthandler", __file__, "--child"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(REPOSITORY / "engine"), *sys.path])},
    )
    lines: queue.Queue[str] = queue.Queue()
    errors: list[str] = []
    readers = [
        threading.Thread(target=_forward, args=(child.stdout, lines.put), daemon=True),
        threading.Thread(target=_forward, args=(child.stderr, errors.append), daemon=True),
    ]
    for reader in readers:
        reader.start()
    finished = False
    try:
        for done, (source, recipe) in enumerate(pending):
            name = f"{Path(source).name} ({recipe.rsplit(':', 1)[0]})"
            began = time.monotonic()
            try:
                child.stdin.write(json.dumps([source, recipe]) + "\n")
                child.stdin.flush()
                answer = json.loads(_next_line(lines, child))
            except (OSError, EOFError, queue.Empty) as error:
                what = "hangs" if isinstance(error, queue.Empty) else "ends the process"
                outcome.failures.append(f"{name} {what}: {''.join(errors)[-400:]}")
                return pending[done + 1 :]
            outcome.slowest = max(outcome.slowest, (time.monotonic() - began, name))
            outcome.peak_bytes = max(outcome.peak_bytes, answer["peak"])
            if answer["peak"] > MEMORY_LIMIT:
                outcome.failures.append(f"{name} takes {answer['peak'] / 1e6:.0f} MB")
                return pending[done + 1 :]
            if errors:
                outcome.failures.append(f"{name} writes to stderr: {''.join(errors)[-400:]}")
                errors.clear()
            elif answer["result"] == "open":
                outcome.opened += 1
            elif answer["result"].startswith("!"):
                outcome.failures.append(f"{name}: {answer['result'][1:]}")
            else:
                outcome.refused[answer["result"]] += 1
        finished = True
        return []
    finally:
        child.stdin.close()
        if not finished:
            child.kill()
        child.wait(HANG_SECONDS)
        for reader in readers:
            reader.join(5)
        child.stdout.close()
        child.stderr.close()


def _forward(stream: Iterable[str], put: Callable[[str], None]) -> None:
    for line in stream:
        if not line.startswith(_LIBRAW):
            put(line)


def _next_line(lines: queue.Queue[str], child: subprocess.Popen[str]) -> str:
    until = time.monotonic() + HANG_SECONDS
    while True:
        try:
            return lines.get(timeout=0.2)
        except queue.Empty:
            if child.poll() is not None and lines.empty():
                raise EOFError(f"exit code {child.returncode}") from None
            if time.monotonic() > until:
                raise


def _child() -> None:
    """Read recipes, make each file, open it, answer with a line."""
    from flawmap_api.errors import FlawmapError
    from flawmap_engine.imaging import open_photo

    for line in sys.stdin:
        source, recipe = json.loads(line)
        numbers, folder = recipe.rsplit(":", 1)
        rng = random.Random(numbers)
        target = Path(folder) / f"damaged{Path(source).suffix}"
        target.write_bytes(damage(Path(source).read_bytes(), rng))
        try:
            photo = open_photo(target, allow_truncated=rng.random() < 0.5)
            result = "open" if len(photo.photo_id) == 64 else "!no photo id"
        except FlawmapError as error:
            sentence = str(error)
            result = (
                type(error).__name__
                if sentence.endswith(".") or '"' in sentence
                else "!" + sentence
            )
        except BaseException as error:
            result = f"!{type(error).__module__}.{type(error).__qualname__}: {error}"
        print(json.dumps({"result": result, "peak": _peak_bytes()}), flush=True)


def _peak_bytes() -> int:
    """The most memory this process ever had; 0 where the system does not say."""
    try:
        import resource
    except ImportError:
        return 0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def main(arguments: list[str] | None = None) -> int:
    """The command; see the head of this file."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--count", type=int, default=6000, help="damaged files (default 6000)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--data", type=Path, action="append", help="more folders of pictures")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.child:
        _child()
        return 0
    began = time.monotonic()
    outcome = fuzz(options.count, options.seed, [ZOO, *(options.data or [])])
    refused = ", ".join(f"{name} {count}" for name, count in sorted(outcome.refused.items()))
    print(f"{outcome.files} damaged files, seed {options.seed}: {outcome.opened} open, {refused}")
    print(f"slowest {outcome.slowest[0]:.2f} s: {outcome.slowest[1]}")
    print(f"peak memory {outcome.peak_bytes / 1e6:.0f} MB; {time.monotonic() - began:.0f} s in all")
    for failure in outcome.failures:
        print(f"FAILED {failure}")
    return 1 if outcome.failures else 0


if __name__ == "__main__":
    sys.exit(main())
