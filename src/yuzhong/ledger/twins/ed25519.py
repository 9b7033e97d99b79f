"""Ed25519 verification as ZIP-215 has it, in plain integers.

Any encoding that decodes to a point is a key or an R, s is below the order, and the equation is multiplied by the
cofactor. Source: https://zips.z.cash/zip-0215 and RFC 8032.
"""

from __future__ import annotations

import hashlib

P = 2**255 - 19
"""Prime of the field."""
L = 2**252 + 27742317777372353535851937790883648493
"""Order of the base point."""
D = -121665 * pow(121666, P - 2, P) % P
"""The curve is -x^2 + y^2 = 1 + D x^2 y^2."""
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)

Point = tuple[int, int, int, int]
"""Extended coordinates (X, Y, Z, T): x = X over Z, y = Y over Z, x times y = T over Z."""

NEUTRAL: Point = (0, 1, 1, 0)


def verify(key: bytes, signature: bytes, message: bytes) -> bool:
    """Whether the 64 bytes `signature` sign `message` under the 32-byte `key`: [8][s]B = [8]R + [8][k]A."""
    key_point, r_point = decode_point(key), decode_point(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if key_point is None or r_point is None or s >= L:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % L
    left = multiply(8 * s, BASE)
    right = multiply(8, add(r_point, multiply(k, key_point)))
    return equal(left, right)


def decode_point(encoding: bytes) -> Point | None:
    """The point of 32 bytes, or None if y belongs to no point.

    As ZIP-215 wants, y may be P or above, and x = 0 may come with either sign.
    """
    number = int.from_bytes(encoding, "little")
    sign, y = number >> 255, number % 2**255 % P
    above, below = (y * y - 1) % P, (D * y * y + 1) % P
    # A square root of above/below, if there is one (RFC 8032, 5.1.3).
    x = above * pow(below, 3, P) * pow(above * pow(below, 7, P), (P - 5) // 8, P) % P
    if below * x * x % P == -above % P:
        x = x * ROOT_OF_MINUS_ONE % P
    if below * x * x % P != above:
        return None
    if x & 1 != sign:
        x = -x % P
    return x, y, 1, x * y % P


def add(first: Point, second: Point) -> Point:
    """The sum of two points (RFC 8032, 5.1.4); holds for any two."""
    x1, y1, z1, t1 = first
    x2, y2, z2, t2 = second
    a = (y1 - x1) * (y2 - x2) % P
    b = (y1 + x1) * (y2 + x2) % P
    c = 2 * D * t1 * t2 % P
    d = 2 * z1 * z2 % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def multiply(times: int, point: Point) -> Point:
    """`point` added to itself `times` times."""
    result = NEUTRAL
    while times:
        if times & 1:
            result = add(result, point)
        point = add(point, point)
        times >>= 1
    return result


def equal(first: Point, second: Point) -> bool:
    """Whether two points are the same; their coordinates may differ by a factor."""
    return (first[0] * second[2] - second[0] * first[2]) % P == 0 and (
        first[1] * second[2] - second[1] * first[2]
    ) % P == 0


def _base_point() -> Point:
    y = 4 * pow(5, P - 2, P) % P
    point = decode_point(y.to_bytes(32, "little"))
    return NEUTRAL if point is None else point


BASE = _base_point()
"""The point with y = 4/5 and even x."""
