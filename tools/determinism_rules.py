"""What the machine and the rules may not write, as a list that can be read: name, look, what to do instead."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

Parents = dict[ast.AST, ast.AST]


@dataclass(frozen=True)
class Rule:
    """A kind of syntax that is refused."""

    name: str
    breaks: Callable[[ast.AST, Parents], bool]
    instead: str


UNICODE_METHODS = frozenset(
    "capitalize casefold isalnum isalpha isdecimal isdigit isidentifier islower isnumeric isprintable isspace istitle "
    "isupper lower swapcase title upper splitlines".split()
)
SPACE_METHODS = frozenset({"split", "rsplit", "strip", "lstrip", "rstrip"})
AMBIENT_CALLS = frozenset("open print input eval exec compile breakpoint globals locals vars __import__".split())
SET_VIEWS = frozenset({"keys", "items"})
FLOAT_FORMAT = re.compile(r"[eEfFgGn%]$")
FLOAT_FIELD = re.compile(r"\{[^{}]*:[^{}]*[eEfFgG%]\}|%[-+ #0-9.]*[eEfFgG](?![a-zA-Z])")

STANDARD_MODULES = frozenset(
    "__future__ abc bisect collections contextlib copy dataclasses enum functools hashlib heapq inspect itertools "
    "operator struct types typing".split()
)
OWN_PACKAGES = ("yuzhong.ledger", "yuzhong.features", "yuzhong._kernels")
OWN_OUTSIDES = frozenset({"api", "commands", "feature", "views", "web", "tests"})


def _calls(node: ast.AST, names: frozenset[str]) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names


def _method(node: ast.AST) -> str | None:
    return node.func.attr if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) else None


def _uses(node: ast.AST, names: frozenset[str]) -> bool:
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in names


def _float_literal(node: ast.AST, _: Parents) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, float | complex)


def _true_division(node: ast.AST, _: Parents) -> bool:
    return isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div)


def _float_name(node: ast.AST, _: Parents) -> bool:
    return _uses(node, frozenset({"float", "complex", "round"}))


def _negative_power(node: ast.AST, _: Parents) -> bool:
    exponent = node.right if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow) else None
    return isinstance(exponent, ast.UnaryOp) and isinstance(exponent.op, ast.USub)


def _set(node: ast.AST, _: Parents) -> bool:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitAnd | ast.BitOr | ast.BitXor | ast.Sub):
        return _method(node.left) in SET_VIEWS or _method(node.right) in SET_VIEWS
    return isinstance(node, ast.Set | ast.SetComp) or _uses(node, frozenset({"set", "frozenset"}))


def _address(node: ast.AST, _: Parents) -> bool:
    if isinstance(node, ast.keyword) and isinstance(node.value, ast.Name):
        return node.arg == "key" and node.value.id in {"hash", "id"}
    return _calls(node, frozenset({"hash", "id"}))


def _unicode(node: ast.AST, _: Parents) -> bool:
    return _method(node) in UNICODE_METHODS


def _unicode_space(node: ast.AST, _: Parents) -> bool:
    return isinstance(node, ast.Call) and _method(node) in SPACE_METHODS and not node.args and not node.keywords


def _ambient(node: ast.AST, _: Parents) -> bool:
    return _calls(node, AMBIENT_CALLS) or (isinstance(node, ast.Attribute) and node.attr == "environ")


def _float_format(node: ast.AST, _: Parents) -> bool:
    if isinstance(node, ast.FormattedValue) and isinstance(node.format_spec, ast.JoinedStr):
        last = node.format_spec.values[-1] if node.format_spec.values else None
        return isinstance(last, ast.Constant) and bool(FLOAT_FORMAT.search(str(last.value)))
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
        template: ast.AST = node.left
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format":
        template = node.func.value
    else:
        return False
    return (
        isinstance(template, ast.Constant)
        and isinstance(template.value, str)
        and bool(FLOAT_FIELD.search(template.value))
    )


def _exception_text(node: ast.AST, parents: Parents) -> bool:
    if not isinstance(node, ast.Name) or not isinstance(node.ctx, ast.Load):
        return False
    parent = parents.get(node)
    as_text = (
        isinstance(parent, ast.FormattedValue)
        or (parent is not None and _calls(parent, frozenset({"str", "repr", "format"})))
        or (isinstance(parent, ast.Attribute) and parent.attr == "args")
    )
    around = list(_around(node, parents))
    caught = any(isinstance(outer, ast.ExceptHandler) and outer.name == node.id for outer in around)
    return as_text and caught and not any(isinstance(outer, ast.Raise) for outer in around)


def _around(node: ast.AST, parents: Parents) -> Iterator[ast.AST]:
    while node in parents:
        node = parents[node]
        yield node


def _broad_except(node: ast.AST, _: Parents) -> bool:
    if not isinstance(node, ast.ExceptHandler):
        return False
    kinds = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
    broad = {"BaseException", "Exception", "MemoryError", "RecursionError", "OSError"}
    return any(kind is None or (isinstance(kind, ast.Name) and kind.id in broad) for kind in kinds)


def _import(node: ast.AST, _: Parents) -> bool:
    if isinstance(node, ast.Import):
        return any(not _may_import(alias.name) for alias in node.names)
    if not isinstance(node, ast.ImportFrom):
        return False
    module = node.module or ""
    if node.level:
        return True
    if module == "yuzhong" or module.startswith("yuzhong."):
        return any(not _may_import(f"{module}.{alias.name}") for alias in node.names)
    return not _may_import(module)


def _may_import(name: str) -> bool:
    if not name.startswith("yuzhong"):
        return name.partition(".")[0] in STANDARD_MODULES
    inside = any(name == package or name.startswith(f"{package}.") for package in OWN_PACKAGES)
    face = name.split(".")[3:4] if name.startswith("yuzhong.features.") else []
    return inside and not any(part in OWN_OUTSIDES for part in face)


RULES = (
    Rule("float-literal", _float_literal, "count in integers of the smallest unit"),
    Rule("true-division", _true_division, "use // in a named function that says where the remainder goes"),
    Rule("float-name", _float_name, "keep integers; rounding is a named function of ledger/numbers.py"),
    Rule("negative-power", _negative_power, "a negative power is a float: divide by the positive power with //"),
    Rule("set", _set, "use a tuple, or a dict with values None: a set has no order that may reach a result"),
    Rule("address-or-hash", _address, "hash() and id() differ by process: use SHA-256 of the bytes, or the key itself"),
    Rule(
        "unicode-table",
        _unicode,
        "Unicode tables differ between Python versions: compare bytes, or list what is allowed",
    ),
    Rule(
        "unicode-space", _unicode_space, "name the characters to strip or split at: the default follows Unicode tables"
    ),
    Rule("popitem", lambda node, _: _method(node) == "popitem", "take the key that you mean"),
    Rule("ambient", _ambient, "no file, console, environment or code from text: the shell in node/ does that"),
    Rule("float-format", _float_format, "format integers only (:d, :x); the reader places the decimal point"),
    Rule("exception-text", _exception_text, "texts of exceptions differ between versions: use a numbered code"),
    Rule(
        "broad-except", _broad_except, "memory, recursion and files are a stop, never an outcome: catch what you expect"
    ),
    Rule(
        "global", lambda node, _: isinstance(node, ast.Global | ast.Nonlocal), "pass state in, return it or write a row"
    ),
    Rule("assert", lambda node, _: isinstance(node, ast.Assert), "-O drops it: return a rejection, or raise Stop"),
    Rule("async", lambda node, _: isinstance(node, ast.AsyncFunctionDef | ast.Await), "rules are plain functions"),
    Rule("automatic-number", lambda node, _: _calls(node, frozenset({"auto"})), "numbers are promises: write them out"),
)
imports_allowed = Rule(
    "import", _import, "only yuzhong.ledger, lower features' rules and words, and STANDARD_MODULES of determinism_rules"
)
