"""ECDSA verification over P-256 with SHA-256, in plain integers. Source: FIPS 186-5, 6.4.2, and SP 800-186, 3.2.1.3."""

from __future__ import annotations

import hashlib

P = 2**256 - 2**224 + 2**192 + 2**96 - 1
"""Prime of the field."""
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""Order of the group."""
B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
"""The curve is y^2 = x^3 - 3x + B."""

Point = tuple[int, int] | None
"""Coordinates; None is the point at infinity."""

BASE: Point = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)


def verify(key: tuple[int, int], signature: bytes, message: bytes) -> bool:
    """Whether the 64 bytes r||s sign `message` under the point `key`; either of the two s is taken."""
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    if not (0 < r < N and 0 < s < N):
        return False
    digest = int.from_bytes(hashlib.sha256(message).digest(), "big")
    inverse = pow(s, N - 2, N)
    point = add(multiply(digest * inverse % N, BASE), multiply(r * inverse % N, key))
    return point is not None and point[0] % N == r


def has_low_s(signature: bytes) -> bool:
    """Whether s is at most half of the order: of the two valid s for a message, a third party can compute either."""
    return 2 * int.from_bytes(signature[32:], "big") <= N


def decode_point(encoding: bytes) -> tuple[int, int] | None:
    """The point of 33 bytes, 02 or 03 (even or odd y) and x; None if there is none (SEC 1, 2.3.4)."""
    x = int.from_bytes(encoding[1:], "big")
    square = (pow(x, 3, P) - 3 * x + B) % P
    y = pow(square, (P + 1) // 4, P)
    if encoding[0] not in (2, 3) or x >= P or y * y % P != square:
        return None
    return x, y if y & 1 == encoding[0] & 1 else P - y


def add(first: Point, second: Point) -> Point:
    """The sum of two points."""
    if first is None:
        return second
    if second is None:
        return first
    (x1, y1), (x2, y2) = first, second
    if x1 == x2 and (y1 + y2) % P == 0:
        return None
    above, below = (3 * x1 * x1 - 3, 2 * y1) if x1 == x2 else (y2 - y1, x2 - x1)
    slope = above * pow(below, P - 2, P) % P
    x3 = (slope * slope - x1 - x2) % P
    return x3, (slope * (x1 - x3) - y1) % P


def multiply(times: int, point: Point) -> Point:
    """`point` added to itself `times` times."""
    result: Point = None
    while times:
        if times & 1:
            result = add(result, point)
        point = add(point, point)
        times >>= 1
    return result
