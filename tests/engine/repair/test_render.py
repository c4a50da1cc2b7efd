"""Rendering repairs: what must hold for every method, document kind and strength."""

from __future__ import annotations

import itertools
import threading

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from flawmap_api.errors import Cancelled
from flawmap_api.geometry import Box
from flawmap_api.messages import CHANNELS, REPAIR_METHODS
from flawmap_engine.imaging.colour import to_srgb
from flawmap_engine.imaging.matrix_profile import parse_matrix_profile
from flawmap_engine.repair import MARGINS, Encoding, Part, propose, render

SETTINGS = {
    "denoise": {"sigma": 8.0},
    "deblock": {"sigma": 4.0},
    "deconvolve": {"radius": 1.2, "sigma": 0.5},
    "sharpen": {"radius": 1.5, "amount": 0.6},
    "lighten": {"stops": 1.0},
    "darken": {"stops": 1.0},
    "dehaze": {"black": 0.2, "white": 0.8},
    "colour": {"gain_r": 1.2, "gain_g": 1.0, "gain_b": 0.85, "saturation": 1.1},
    "none": {},
}
WORKING = [method for method in REPAIR_METHODS if method != "none"]
TYPES = {"u8": np.uint8, "u16": np.uint16, "f16": np.float16, "f32": np.float32}
INNER = Box(33, 34, 97, 90)


def picture(height: int = 128, width: int = 128, *, noise: float = 0.03, seed: int = 1):
    """A soft colour picture with an edge and noise, float32 0..1, RGB."""
    dice = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width].astype(np.float32)
    base = 0.45 + 0.2 * np.sin(x / 17) * np.cos(y / 23)
    base[:, width // 2 :] += 0.15
    rgb = base[..., None] * np.array([1.0, 0.9, 0.8], np.float32)
    rgb = cv2.GaussianBlur(rgb, (0, 0), 0.8) + dice.normal(0, noise, rgb.shape)
    return np.clip(rgb, 0.02, 0.98).astype(np.float32)


def document(dtype: str, channels: str, rgb=None):
    """The picture in a document's own numbers."""
    rgb = picture() if rgb is None else rgb
    grey = rgb.mean(axis=2, keepdims=True)
    alpha = np.tile(np.linspace(0, 1, rgb.shape[1], dtype=np.float32), (rgb.shape[0], 1))[..., None]
    if channels == "CMYK":
        black = 0.5 * (1 - rgb.max(axis=2, keepdims=True))
        planes = [1 - rgb / (1 - black), black]
    elif channels.startswith("Y"):
        planes = [grey]
    else:
        planes = [rgb if channels.startswith("RGB") else rgb[..., ::-1]]
    if channels.endswith("A"):
        planes.append(alpha)
    floats = np.concatenate(planes, axis=2)
    kind = TYPES[dtype]
    if dtype in ("u8", "u16"):
        floats = np.rint(floats * (255 if dtype == "u8" else 65535))
    samples = np.ascontiguousarray(floats.astype(kind))
    return samples[..., 0] if channels == "Y" else samples


def repaired(samples, channels: str, method: str, **options):
    options = {"strength": 1.0, "settings": SETTINGS[method], "box": INNER, **options}
    encoding = options.pop("encoding", Encoding(channels))
    return render(samples, encoding, options.pop("box"), method=method, **options)


def inner(samples, box: Box = INNER):
    return samples[box.y0 : box.y1, box.x0 : box.x1]


@pytest.mark.parametrize("method", REPAIR_METHODS)
@pytest.mark.parametrize("dtype", TYPES)
def test_strength_0_gives_the_same_bytes_back(method, dtype):
    samples = document(dtype, "RGBA")
    result = repaired(samples, "RGBA", method, strength=0.0)
    assert result.tobytes() == inner(samples).tobytes()


@pytest.mark.parametrize("channels", CHANNELS)
@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("linear", [False, True], ids=["curved", "linear"])
def test_every_kind_of_document_keeps_its_kind_and_its_alpha(channels, dtype, linear):
    samples = document(dtype, channels)
    result = repaired(samples, channels, "denoise", encoding=Encoding(channels, linear))
    before = inner(samples)
    assert (result.dtype, result.shape) == (before.dtype, before.shape)
    assert not np.array_equal(result, before)
    if channels.endswith("A"):
        assert result[..., -1].tobytes() == before[..., -1].tobytes()


@pytest.mark.parametrize("method", WORKING)
@pytest.mark.parametrize("channels", CHANNELS)
def test_every_method_does_the_same_to_every_layout(method, channels):
    grey = channels.startswith("Y")
    rgb = np.repeat(picture().mean(axis=2, keepdims=True), 3, axis=2) if grey else picture()
    result = repaired(document("f32", channels, rgb), channels, method)
    if grey and method == "colour":
        # Grey has no colour to correct.
        assert np.array_equal(result, inner(document("f32", channels, rgb)))
        return
    wanted = repaired(document("f32", "RGB", rgb), "RGB", method)
    if channels == "CMYK":
        seen = (1 - result[..., :3]) * (1 - result[..., 3:])
    elif grey:
        plane = result if result.ndim == 2 else result[..., 0]
        seen = np.repeat(plane[..., None], 3, axis=2)
    else:
        seen = result[..., :3] if channels.startswith("RGB") else result[..., 2::-1]
    assert np.abs(np.clip(seen, 0, 1) - np.clip(wanted, 0, 1)).max() < 2e-3


@pytest.mark.parametrize("method", WORKING)
def test_deep_documents_get_what_shallow_ones_get(method):
    shallow = repaired(document("u8", "RGB"), "RGB", method).astype(np.float64) / 255
    for dtype, top in (("u16", 65535), ("f16", 1), ("f32", 1)):
        deep = repaired(document(dtype, "RGB"), "RGB", method).astype(np.float64) / top
        assert np.abs(deep - shallow).max() < 6 / 255


@pytest.mark.parametrize("method", WORKING)
def test_a_stronger_repair_goes_further_and_never_turns_back(method):
    samples = document("f32", "RGB")
    before = inner(samples)
    moved = [
        np.abs(repaired(samples, "RGB", method, strength=strength) - before).mean()
        for strength in (0.0, 0.25, 0.5, 0.75, 1.0)
    ]
    assert moved[0] == 0
    assert all(a < b for a, b in itertools.pairwise(moved))


@pytest.mark.parametrize("method", ["lighten", "darken", "dehaze", "denoise", "deconvolve"])
@pytest.mark.parametrize("linear", [False, True], ids=["curved", "linear"])
def test_a_16_bit_ramp_keeps_its_steps(method, linear):
    ramp = np.linspace(6000, 60000, 3000).astype(np.uint16)
    samples = np.repeat(np.tile(ramp, (64, 1))[..., None], 3, axis=2)
    box = Box(40, 20, 2960, 44)
    quiet = {**SETTINGS[method], "sigma": 1.0}
    result = repaired(
        samples, "RGB", method, box=box, settings=quiet, encoding=Encoding("RGB", linear)
    )
    row = result[12, :, 0].astype(np.int64)
    assert len(np.unique(row)) > 1000
    assert (np.diff(row) >= 0).mean() > 0.999


@pytest.mark.parametrize("method", ["lighten", "darken", "dehaze"])
@settings(max_examples=30, deadline=None)
@given(amount=st.floats(0.1, 3.0), linear=st.booleans())
def test_tones_never_change_places(method, amount, linear):
    ramp = np.linspace(0, 1.2, 1000, dtype=np.float32)
    samples = np.tile(ramp, (4, 1))
    after = render(
        samples,
        Encoding("Y", linear),
        Box(0, 0, 1000, 4),
        method=method,
        strength=1.0,
        settings={"stops": amount, "black": 0.1 * amount, "white": 1 - 0.1 * amount},
    )
    assert np.diff(after[0]).min() > -1e-6
    assert np.isfinite(after).all()


def test_lightening_leaves_black_and_white_where_they_are():
    samples = np.array([[0, 255] * 8] * 16, np.uint8)
    result = render(
        samples,
        Encoding("Y"),
        Box(0, 0, 16, 16),
        method="lighten",
        strength=1,
        settings={"stops": 2},
    )
    assert result.tobytes() == samples.tobytes()


def test_lightening_by_a_stop_doubles_the_light_of_shadows():
    samples = np.full((8, 8, 3), 0.01, np.float32)
    result = render(
        samples,
        Encoding("RGB", linear=True),
        Box(0, 0, 8, 8),
        method="lighten",
        strength=1,
        settings={"stops": 1},
    )
    assert result == pytest.approx(0.02, rel=0.02)


def test_values_over_white_survive_a_repair():
    samples = document("f32", "RGB") * 4
    for method in ("denoise", "lighten", "deconvolve"):
        result = repaired(samples, "RGB", method, encoding=Encoding("RGB", linear=True))
        assert result.max() > 2


@pytest.mark.parametrize("method", ["denoise", "deconvolve", "sharpen", "lighten"])
def test_tiles_and_threads_leave_no_seam(method, monkeypatch):
    from flawmap_engine.repair import rendering as module

    samples = document("f32", "RGB", picture(300, 200))
    box = Box(41, 43, 160, 261)
    whole = repaired(samples, "RGB", method, box=box)
    monkeypatch.setattr(module, "_TILE_PIXELS", 1)
    monkeypatch.setattr(module, "_TILE_WIDTH", 48)
    tiles = repaired(samples, "RGB", method, box=box, threads=3)
    assert np.abs(tiles - whole).max() < (1e-3 if method == "deconvolve" else 1e-6)


@pytest.mark.parametrize("method", ["denoise", "deconvolve", "sharpen", "lighten"])
def test_the_margin_is_all_that_a_repair_has_to_see(method):
    samples = document("f32", "RGB", picture(300, 300))
    box, margin = Box(130, 132, 170, 168), MARGINS[method]
    whole = repaired(samples, "RGB", method, box=box)
    around = samples[132 - margin : 168 + margin, 130 - margin : 170 + margin]
    cut = Box(margin, margin, margin + 40, margin + 36)
    assert np.abs(repaired(around, "RGB", method, box=cut) - whole).max() < 2e-3


def test_a_repair_ends_at_the_next_tile_once_it_is_cancelled(monkeypatch):
    from flawmap_engine.repair import rendering as module

    monkeypatch.setattr(module, "_TILE_PIXELS", 1)
    samples = document("f32", "RGB", picture(640, 128))
    stop, seen = threading.Event(), []

    def progress(done: int, total: int) -> None:
        seen.append((done, total))
        stop.set()

    def check() -> None:
        if stop.is_set():
            raise Cancelled("The request was cancelled.")

    with pytest.raises(Cancelled):
        repaired(
            samples,
            "RGB",
            "denoise",
            box=Box(0, 0, 128, 640),
            on_progress=progress,
            check_cancelled=check,
        )
    assert len(seen) < seen[0][1] == 10


def test_progress_ends_at_its_total():
    seen = []
    repaired(document("u8", "RGB"), "RGB", "lighten", on_progress=lambda *at: seen.append(at))
    assert seen[-1][0] == seen[-1][1]


@settings(max_examples=40, deadline=None)
@given(
    method=st.sampled_from(REPAIR_METHODS),
    values=st.dictionaries(
        st.sampled_from(
            [
                "sigma",
                "radius",
                "stops",
                "black",
                "white",
                "gain_r",
                "saturation",
                "luma_0",
                "amount",
            ]
        ),
        st.floats(-1e6, 1e6),
    ),
    strength=st.floats(0, 1),
)
def test_no_settings_make_a_repair_fail(method, values, strength):
    samples = document("u16", "RGB", picture(40, 48))
    result = render(
        samples,
        Encoding("RGB"),
        Box(8, 8, 40, 32),
        method=method,
        strength=strength,
        settings=values,
    )
    assert result.shape == (24, 32, 3)


def test_a_picture_smaller_than_a_block_is_repaired_too():
    samples = document("u8", "RGB", picture(5, 3))
    for method in WORKING:
        result = repaired(samples, "RGB", method, box=Box(0, 0, 3, 5))
        assert result.shape == (5, 3, 3)


@pytest.fixture(scope="module")
def prophoto(data) -> bytes:
    """A wide profile whose tone curve is not sRGB's."""
    with Image.open(data / "formats" / "jpeg_icc_prophoto.jpg") as image:
        return image.info["icc_profile"]


def test_srgb_named_by_its_profile_is_srgb():
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    samples = document("f32", "RGB")
    plain = repaired(samples, "RGB", "lighten")
    named = repaired(samples, "RGB", "lighten", encoding=Encoding("RGB", icc=srgb))
    assert np.abs(plain - named).max() < 2e-3


def test_a_profiles_own_tone_curve_is_honoured(prophoto):
    """A stop is twice the light, whatever numbers stand for it."""
    samples = np.full((8, 8, 3), 0.05, np.float32)
    result = render(
        samples,
        Encoding("RGB", icc=prophoto),
        Box(0, 0, 8, 8),
        method="lighten",
        strength=1,
        settings={"stops": 1},
    )
    curve = parse_matrix_profile(prophoto).curves[0]
    before, after = curve[[round(0.05 * 65535), round(float(result[0, 0, 0]) * 65535)]]
    assert after / before == pytest.approx(2, rel=0.03)


@pytest.mark.parametrize("linear", [False, True], ids=["curved", "linear"])
def test_noise_that_was_measured_in_srgb_is_taken_out_of_a_wide_document(prophoto, linear):
    grey = np.repeat(picture(256, 256, noise=0).mean(axis=2, keepdims=True), 3, axis=2)
    dice = np.random.default_rng(8)
    noisy = np.clip(grey + dice.normal(0, 0.05, grey.shape), 0, 1)
    samples = [np.rint(x * 65535).astype(np.uint16) for x in (grey, noisy)]
    seen, _ = to_srgb(samples[1], "RGB", prophoto, linear=linear)
    plan = propose(Part.of(seen, Box(0, 0, 256, 256)), "noise", 0.75)
    assert plan.method == "denoise"
    result = render(
        samples[1],
        Encoding("RGB", linear, prophoto),
        Box(0, 0, 256, 256),
        method="denoise",
        strength=1,
        settings=plan.settings,
    )
    error = [float(np.abs(x.astype(float) - samples[0]).mean()) for x in (samples[1], result)]
    assert error[1] < 0.4 * error[0]
