"""Golden bytes: no type's format changes unless it is declared, and both codecs agree on every one of them."""

from __future__ import annotations

import json

import pytest

from tools import formats
from yuzhong.ledger import kernels
from yuzhong.ledger.shapes import Shape

DECLARED = json.loads(formats.FILE.read_text())


@pytest.mark.parametrize("name", ["python", "rust"])
def test_every_format_is_as_declared(name: str) -> None:
    assert formats.formats(kernels.choose(name)) == DECLARED


@pytest.mark.parametrize(
    ("name", "shape"), list(formats.shapes()), ids=lambda value: value if isinstance(value, str) else ""
)
def test_golden_bytes_decode_to_the_record_that_made_them(name: str, shape: Shape) -> None:
    golden = bytes.fromhex(DECLARED[name]["golden"])
    expected = formats.sample(shape, formats.Stream(f"{name}/golden"))
    for chosen in (kernels.python(), kernels.rust()):
        assert chosen.codec(shape).decode(golden) == expected
