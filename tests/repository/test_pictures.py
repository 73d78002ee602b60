"""Pictures of pages for the guides: small, in few colours, and still the same picture."""

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest

from tools.pictures import SIGNATURE, in_few_colours, pixels_of

IMAGES = Path(__file__).parents[2] / "docs" / "images"


def png(pixels, *, kind=2, filters=None):
    """Write pixels as a browser may: each row with a filter of its own."""
    height, width, step = pixels.shape
    rows, above = [], np.zeros(width * step, np.int64)
    for n, row in enumerate(pixels.reshape(height, -1).astype(np.int64)):
        how = filters[n % len(filters)] if filters else 0
        left = np.concatenate([np.zeros(step, np.int64), row[:-step]])
        corner = np.concatenate([np.zeros(step, np.int64), above[:-step]])
        near = [np.abs(left + above - corner - one) for one in (left, above, corner)]
        paeth = np.where((near[0] <= near[1]) & (near[0] <= near[2]), left, np.where(near[1] <= near[2], above, corner))
        guess = (np.zeros_like(row), left, above, (left + above) // 2, paeth)[how]
        rows.append(bytes([how]) + ((row - guess) % 256).astype(np.uint8).tobytes())
        above = row
    head = struct.pack(">IIBBBBB", width, height, 8, kind, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(b"".join(rows))), (b"IEND", b""))
    return SIGNATURE + b"".join(
        struct.pack(">I", len(held)) + name + held + struct.pack(">I", zlib.crc32(name + held)) for name, held in parts
    )


@pytest.mark.parametrize("step", [3, 4])
def test_every_way_of_writing_a_row_is_read(step):
    drawn = np.random.default_rng(7).integers(0, 256, (10, 9, step), dtype=np.uint8)
    read = pixels_of(png(drawn, kind={3: 2, 4: 6}[step], filters=[0, 1, 2, 3, 4]))
    assert np.array_equal(read, drawn[:, :, :3])


def test_a_picture_of_few_colours_comes_back_as_it_was():
    colours = np.array([[255, 255, 255], [29, 39, 51], [31, 95, 139]], np.uint8)
    drawn = colours[np.random.default_rng(7).integers(0, 3, (20, 30))]
    made = in_few_colours(png(drawn))
    head = struct.unpack(">IIBBBBB", made[16:29])
    assert head[:4] == (30, 20, 8, 3)
    palette = made[made.index(b"PLTE") + 4 :][: struct.unpack(">I", made[made.index(b"PLTE") - 4 :][:4])[0]]
    places = zlib.decompress(made[made.index(b"IDAT") + 4 : made.index(b"IEND") - 8])
    rows = np.frombuffer(places, np.uint8).reshape(20, 31)[:, 1:]
    assert np.array_equal(np.frombuffer(palette, np.uint8).reshape(-1, 3)[rows], drawn)


def test_what_is_no_picture_of_a_browser_is_refused():
    with pytest.raises(ValueError, match="not a PNG"):
        pixels_of(b"GIF89a")
    with pytest.raises(ValueError, match="kind 0"):
        pixels_of(png(np.zeros((2, 2, 3), np.uint8), kind=0))


@pytest.mark.parametrize("path", sorted(IMAGES.glob("demo-*.png")), ids=lambda path: path.name)
def test_the_pictures_of_the_demonstration_are_small_and_have_a_palette(path):
    content = path.read_bytes()
    assert len(content) < 120_000
    assert content[25] == 3
