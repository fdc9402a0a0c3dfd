"""Files as broken disks, broken transfers and people with bad intentions leave them."""

from __future__ import annotations

import numpy as np


def damaged(content: bytes, random: np.random.Generator) -> bytes:
    """Give the bytes of a file with bits flipped, bytes replaced, or a piece cut out, doubled, moved or zeroed."""
    n = len(content)
    start, stop = sorted(int(bound) for bound in random.integers(n + 1, size=2))
    at = int(random.integers(n + 1))
    kind = int(random.integers(7))
    if kind <= 1:
        changed = bytearray(content)
        for position in random.integers(n, size=int(random.integers(1, 5))):
            changed[position] = (
                changed[position] ^ (1 << int(random.integers(8))) if kind else int(random.integers(256))
            )
        return bytes(changed)
    piece, rest = content[start:stop], content[:start] + content[stop:]
    if kind == 2:
        return rest
    if kind == 3:
        return content[:at] + piece + content[at:]
    if kind == 4:
        return rest[:at] + piece + rest[at:]
    if kind == 5:
        return content[:start] + bytes(stop - start) + content[stop:]
    return content[:at] + random.bytes(8) + content[at:]
