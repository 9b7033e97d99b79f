"""Places that may break a rule of `tools/determinism_rules.py`, each with its reason; one that is not needed fails."""

from __future__ import annotations

# (path of the module, name of the rule) -> why the result is the same on every machine all the same
EXCEPTIONS: dict[tuple[str, str], str] = {
    ("src/yuzhong/ledger/shapes.py", "import"): "sys.modules only finds the names that annotations use",
}
