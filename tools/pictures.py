"""Makes a picture of a page small: a PNG in at most 256 colours, which a screen hardly shows and a file feels much.

Pages have few colours but soft edges of letters, so that a browser's PNG is several times as large as it need be.
Nothing but the standard library and NumPy is needed.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

__all__ = ["in_few_colours", "pixels_of"]

SIGNATURE = b"\x89PNG\r\n\x1a\n"
RGB, RGBA = 2, 6
COLOURS = 256
AS_THEY_ARE = 96
Pixels = npt.NDArray[np.uint8]


def in_few_colours(png: bytes) -> bytes:
    """Return the same picture as a PNG with a palette."""
    pixels = pixels_of(png)
    height, width, _ = pixels.shape
    palette, places = _palette(pixels)
    rows = np.hstack([np.zeros((height, 1), np.uint8), places.reshape(height, width)])
    head = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    parts = ((b"IHDR", head), (b"PLTE", palette.tobytes()), (b"IDAT", zlib.compress(rows.tobytes(), 9)), (b"IEND", b""))
    return SIGNATURE + b"".join(_chunk(kind, held) for kind, held in parts)


def pixels_of(png: bytes) -> Pixels:
    """Return the pixels of a PNG as browsers write it: eight bits a channel, not interlaced; transparency is dropped.

    Raises ValueError for any other.
    """
    chunks = dict(_joined(png))
    width, height, bits, kind, _, _, interlaced = struct.unpack(">IIBBBBB", chunks[b"IHDR"])
    if bits != 8 or kind not in (RGB, RGBA) or interlaced:
        message = f"bits {bits}, kind {kind}, interlaced {interlaced}: not a picture as browsers write it"
        raise ValueError(message)
    channels = 3 if kind == RGB else 4
    rows = np.frombuffer(zlib.decompress(chunks[b"IDAT"]), np.uint8).reshape(height, 1 + width * channels)
    above, found = bytearray(width * channels), []
    for row in rows:
        above = _unfiltered(int(row[0]), bytearray(row[1:].tobytes()), above, channels)
        found.append(bytes(above))
    return np.frombuffer(b"".join(found), np.uint8).reshape(height, width, channels)[:, :, :3]


def _chunk(kind: bytes, held: bytes) -> bytes:
    return struct.pack(">I", len(held)) + kind + held + struct.pack(">I", zlib.crc32(kind + held))


def _joined(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield each kind of chunk with what all its chunks hold together."""
    if not png.startswith(SIGNATURE):
        message = "not a PNG"
        raise ValueError(message)
    held: dict[bytes, bytes] = {}
    at = len(SIGNATURE)
    while at < len(png):
        length, kind = struct.unpack(">I4s", png[at : at + 8])
        held[kind] = held.get(kind, b"") + png[at + 8 : at + 8 + length]
        at += 12 + length
    yield from held.items()


def _unfiltered(kind: int, row: bytearray, above: bytearray, step: int) -> bytearray:
    """Return a row without the filter it was written with (PNG, section 9)."""
    if kind == 2:
        return bytearray((np.frombuffer(row, np.uint8) + np.frombuffer(above, np.uint8)).tobytes())
    for i in range(len(row)):
        left = row[i - step] if i >= step else 0
        corner = above[i - step] if i >= step else 0
        guess = (0, left, above[i], (left + above[i]) >> 1, _paeth(left, above[i], corner))[kind]
        row[i] = (row[i] + guess) & 255
    return row


def _paeth(left: int, above: int, corner: int) -> int:
    guess = left + above - corner
    return min((left, above, corner), key=lambda one: abs(guess - one))


def _palette(pixels: Pixels) -> tuple[Pixels, Pixels]:
    """Return the colours that are most there, and for each pixel the nearest of them."""
    flat = pixels.reshape(-1, 3).astype(np.uint32)
    known, places, counts = np.unique(
        flat[:, 0] << 16 | flat[:, 1] << 8 | flat[:, 2], return_inverse=True, return_counts=True
    )
    colours = np.stack([known >> 16, known >> 8 & 255, known & 255], axis=1).astype(np.int32)
    chosen = colours[_spread(colours, counts)]
    nearest = np.concatenate([
        np.argmin(((some[:, None, :] - chosen[None, :, :]) ** 2).sum(axis=2), axis=1)
        for some in np.array_split(colours, max(1, len(colours) // 2048))
    ])  # fmt: skip
    return chosen.astype(np.uint8), nearest[places].astype(np.uint8)


def _spread(colours: npt.NDArray[np.int32], counts: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
    """Return which colours to keep: those of large areas as they are, then the fullest of small cubes of colours."""
    order = np.argsort(-counts, kind="stable")
    _cube, first, inside = np.unique(colours[order] >> 4, axis=0, return_index=True, return_inverse=True)
    weight = np.bincount(inside.ravel(), weights=counts[order])
    fullest = order[first[np.argsort(-weight, kind="stable")]]
    kept = dict.fromkeys([*order[:AS_THEY_ARE].tolist(), *fullest.tolist()])
    return np.array(list(kept)[:COLOURS])
