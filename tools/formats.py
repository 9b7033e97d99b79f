"""Bytes are a promise: a golden example and a hash over many generated records for each type that is ever encoded.

`python -m tools.formats` compares the machine's formats with `tests/vectors/formats.json` and names what changed;
`--declare` writes the file anew, which is the explicit approval of a new format and shows in review.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from yuzhong.catalogue import FEATURES
from yuzhong.ledger import kernels
from yuzhong.ledger.feature import MACHINE_TABLES
from yuzhong.ledger.genesis import genesis_shape
from yuzhong.ledger.header import App, Header
from yuzhong.ledger.receipts import Verdict, receipt_shape
from yuzhong.ledger.shapes import Shape, record_shape
from yuzhong.ledger.transactions import Batch, body_shape

CASES = 256
FILE = Path(__file__).parent.parent / "tests" / "vectors" / "formats.json"


class Stream:
    """Numbers from a seed: the same on every Python version."""

    def __init__(self, seed: str) -> None:
        self.seed = seed
        self.drawn = 0

    def below(self, limit: int) -> int:
        self.drawn += 1
        return int.from_bytes(hashlib.sha256(f"{self.seed}/{self.drawn}".encode()).digest(), "big") % limit


def sample(shape: Shape, stream: Stream) -> Any:
    """A record of this shape; its bounds come up often."""
    kind = shape[0]
    if kind == "int":
        low, high = shape[1], shape[2]
        return (low, high, low + stream.below(high - low + 1), low + stream.below(min(high - low + 1, 1000)))[
            stream.below(4)
        ]
    if kind == "bytes":
        length = shape[1] + stream.below(min(shape[2] - shape[1], 64) + 1)
        return bytes(stream.below(256) for _ in range(length))
    if kind == "text":
        return "渝a中z9"[: stream.below(min(shape[1] // 3, 5) + 1)]
    if kind == "bool":
        return bool(stream.below(2))
    if kind == "enum":
        return shape[2][sorted(shape[2])[stream.below(len(shape[2]))]]
    if kind == "optional":
        return None if stream.below(3) == 0 else sample(shape[1], stream)
    if kind == "list":
        return tuple(sample(shape[1], stream) for _ in range(stream.below(min(shape[2], 4) + 1)))
    if kind == "union":
        return sample(shape[1][sorted(shape[1])[stream.below(len(shape[1]))]], stream)
    return shape[1](*(sample(inner, stream) for _, inner in shape[3]))


def shapes() -> Iterator[tuple[str, Shape]]:
    """Every type that is encoded on its own, by name."""
    contents = tuple(cls for feature in FEATURES for cls in feature.rules)
    events = tuple(cls for feature in FEATURES for cls in feature.events)
    yield "ledger.Body", body_shape(contents)
    yield "ledger.Genesis", genesis_shape(contents)
    yield "ledger.Receipt", receipt_shape(events)
    for cls in (Batch, Header, App, Verdict):
        yield f"ledger.{cls.__name__}", record_shape(cls)
    for table in MACHINE_TABLES:
        yield f"ledger.table.{table.name}", record_shape(table.row)
    for feature in FEATURES:
        for cls in (*feature.rules, *feature.events):
            yield f"{feature.name}.{cls.__name__}", record_shape(cls)
        for table in feature.tables:
            yield f"{feature.name}.table.{table.name}", record_shape(table.row)


def formats(chosen: kernels.Kernels) -> dict[str, dict[str, str]]:
    """For each type a golden example in hex and the hash over all generated cases."""
    found = {}
    for name, shape in shapes():
        codec, stream, digest = chosen.codec(shape), Stream(name), hashlib.sha256()
        for _ in range(CASES):
            encoded = codec.encode(sample(shape, stream))
            digest.update(len(encoded).to_bytes(4, "big") + encoded)
        first = codec.encode(sample(shape, Stream(f"{name}/golden")))
        found[name] = {"golden": first.hex(), "hash": digest.hexdigest()}
    return found


def main(arguments: list[str]) -> int:
    now = formats(kernels.python())
    if arguments == ["--declare"]:
        FILE.write_text(json.dumps(now, indent=1, sort_keys=True) + "\n")
        return 0
    declared = json.loads(FILE.read_text())
    changed = sorted(name for name in now.keys() | declared.keys() if now.get(name) != declared.get(name))
    for name in changed:
        print(f"format of {name} is not what tests/vectors/formats.json declares; if that is meant: make formats")
    return 1 if changed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
