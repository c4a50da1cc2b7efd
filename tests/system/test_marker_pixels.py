"""Proof 5: a flaw at known pixels is found at the same place, however the photo came in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from flawmap_api import EngineClient
from flawmap_api.geometry import Box

pytestmark = pytest.mark.proof

Photo = NDArray[np.uint8]
PLACE = (slice(288, 416), slice(80, 240))


def found(engine: EngineClient, source: object, plane: str = "mask") -> Photo:
    photo = engine.open(source)
    engine.analyze(photo)
    (layer,) = engine.layers(photo, plane, distortions=["noise"])
    return np.asarray(layer)


def agreement(mask: Photo, place: tuple[slice, slice]) -> float:
    truth = np.zeros(mask.shape[:2], bool)
    truth[place] = True
    inside = mask > 127
    return float((inside & truth).sum() / (inside | truth).sum())


def test_in_the_mask(engine: EngineClient, marked: Photo) -> None:
    assert agreement(found(engine, marked), PLACE) > 0.6


def exif_turned(marked: Photo, path: Path, orientation: int) -> None:
    """Store the photo so that the EXIF turn makes it upright again."""
    undo = {
        1: lambda p: p,
        2: lambda p: p[:, ::-1],
        3: lambda p: p[::-1, ::-1],
        4: lambda p: p[::-1],
        5: lambda p: p.transpose(1, 0, 2),
        6: lambda p: np.rot90(p, 1),
        7: lambda p: p[::-1, ::-1].transpose(1, 0, 2),
        8: lambda p: np.rot90(p, -1),
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(np.ascontiguousarray(undo(marked))).save(path, exif=exif)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_through_an_exif_turn_to_the_pixel(
    engine: EngineClient, marked: Photo, tmp_path: Path, orientation: int
) -> None:
    path = tmp_path / "turned.png"
    exif_turned(marked, path, orientation)
    np.testing.assert_array_equal(found(engine, path), found(engine, marked))


def as_16_bit(photo: Photo, path: Path) -> None:
    cv2.imwrite(str(path), photo[..., ::-1].astype(np.uint16) * 257)


def as_float(photo: Photo, path: Path) -> None:
    cv2.imwrite(str(path), photo[..., ::-1].astype(np.float32) / 255)


def with_alpha(photo: Photo, path: Path) -> None:
    Image.fromarray(photo).convert("RGBA").save(path)


@pytest.mark.parametrize(
    ("write", "suffix"), [(as_16_bit, "png"), (as_float, "tiff"), (with_alpha, "png")]
)
def test_through_other_number_formats(
    engine: EngineClient,
    marked: Photo,
    tmp_path: Path,
    write: Callable[[Photo, Path], None],
    suffix: str,
) -> None:
    path = tmp_path / f"photo.{suffix}"
    write(marked, path)
    seen = np.asarray(engine.pixels(engine.open(path)))
    assert np.abs(seen.astype(int) - marked).max() <= 1
    assert agreement(found(engine, path), PLACE) > 0.6


def grey_pixels(photo: Photo, folder: Path) -> object:
    return np.asarray(Image.fromarray(photo).convert("L"))


def indexed_picture(photo: Photo, folder: Path) -> object:
    return Image.fromarray(photo).quantize(256)


def indexed_file(photo: Photo, folder: Path) -> object:
    path = folder / "indexed.png"
    Image.fromarray(photo).quantize(256).save(path)
    return path


def grey_16_bit_file(photo: Photo, folder: Path) -> object:
    path = folder / "grey.png"
    grey = np.asarray(Image.fromarray(photo).convert("L"))
    cv2.imwrite(str(path), grey.astype(np.uint16) * 257)
    return path


@pytest.mark.parametrize("make", [grey_pixels, indexed_picture, indexed_file, grey_16_bit_file])
def test_in_grey_and_indexed_documents(
    engine: EngineClient,
    marked: Photo,
    clean: Photo,
    tmp_path: Path,
    make: Callable[[Photo, Path], object],
) -> None:
    source = make(marked, tmp_path)
    seen = np.asarray(engine.pixels(engine.open(source)))
    assert seen.shape == marked.shape
    if make in (grey_pixels, grey_16_bit_file):
        grey = np.asarray(Image.fromarray(marked).convert("L"))
        assert np.abs(seen.astype(int) - grey[..., None]).max() <= 1
    # Against the clean photo: in grey the network also takes fine foliage for noise.
    before = found(engine, make(clean, tmp_path))
    added = np.where(before > 127, 0, found(engine, make(marked, tmp_path))).astype(np.uint8)
    assert agreement(added, PLACE) > 0.6


def test_a_place_that_was_painted_later_is_found_where_it_was_painted(
    engine: EngineClient, clean: Photo, marked: Photo
) -> None:
    photo = engine.open(clean)
    engine.analyze(photo)
    rows, cols = PLACE
    box = Box(cols.start, rows.start, cols.stop, rows.stop)
    changed = engine.update(photo, box, np.ascontiguousarray(marked[PLACE]))
    engine.analyze(changed)
    (layer,) = engine.layers(changed, "mask", distortions=["noise"])
    np.testing.assert_array_equal(np.asarray(layer), found(engine, marked))


def test_a_file_and_its_pixels_are_the_same_photo(
    engine: EngineClient, marked: Photo, tmp_path: Path
) -> None:
    path = tmp_path / "photo.png"
    Image.fromarray(marked).save(path)
    assert engine.open(path).photo_id == engine.open(marked).photo_id
    assert engine.open(Image.fromarray(marked)).photo_id == engine.open(path).photo_id


def test_transparent_pixels_are_unknown_and_never_flawed(
    engine: EngineClient, marked: Photo, tmp_path: Path
) -> None:
    picture = np.dstack([marked, np.full(marked.shape[:2], 255, np.uint8)])
    picture[:, :320, 3] = 0
    mask = found(engine, picture)
    unknown = found(engine, picture, "unknown")
    # Half a grid cell of blur at the border belongs to the bilinear planes.
    assert not mask[:, :312].any()
    assert (unknown[:, :312] >= 128).all()


def test_a_crop_shows_the_same_place_where_the_crop_has_it(
    engine: EngineClient, marked: Photo
) -> None:
    crop = np.ascontiguousarray(marked[64:, 32:])
    place = (slice(288 - 64, 416 - 64), slice(80 - 32, 240 - 32))
    assert agreement(found(engine, crop), place) > 0.6


def test_region_coverage_and_tint_lie_where_the_mask_lies(
    engine: EngineClient, marked: Photo
) -> None:
    photo = engine.open(marked)
    report = engine.analyze(photo)
    mask = found(engine, marked) > 127
    ids = [r.id for r in report.regions if r.distortion == "noise"]
    assert ids
    together = np.zeros(mask.shape, bool)
    for kind in ("coverage", "tint"):
        for layer in engine.layers(photo, kind, regions=ids):
            alpha = np.asarray(layer) if kind == "coverage" else np.asarray(layer)[..., 3]
            box = layer.box
            inside = mask[box.y0 : box.y1, box.x0 : box.x1]
            assert alpha.shape == inside.shape
            together[box.y0 : box.y1, box.x0 : box.x1] |= alpha > 0
    # Pieces under 0.002 of the photo are in the mask and in no region.
    assert (mask & ~together).mean() < 0.01
    assert agreement(np.where(together, 255, 0).astype(np.uint8), PLACE) > 0.5


def test_a_part_of_the_photo_is_scored_where_it_is(engine: EngineClient, marked: Photo) -> None:
    photo = engine.open(marked)
    engine.analyze(photo)
    inside = engine.roi_score(photo, box=Box(96, 304, 224, 400))
    outside = engine.roi_score(photo, box=Box(400, 64, 600, 240))
    name = "noise"
    assert inside.distortions[name].severity > outside.distortions[name].severity + 0.2
    mask = np.zeros(marked.shape[:2], np.uint8)
    mask[304:400, 96:224] = 255
    assert engine.roi_score(photo, mask=mask).distortions[name].severity > 0.2
