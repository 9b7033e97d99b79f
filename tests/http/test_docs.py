"""The pages about HTTP, configuration and genesis say what the program does, no less and no more."""

from __future__ import annotations

import re
from pathlib import Path

from starlette.routing import Route

from tests.http.support import Served, serve
from yuzhong.node import problems
from yuzhong.node.config import KEYS
from yuzhong.node.http import make_app

DOCS = Path(__file__).resolve().parents[2] / "docs"
HTTP = (DOCS / "reference" / "http.md").read_text(encoding="utf-8")
GUIDE = (DOCS / "guides" / "running-a-node.md").read_text(encoding="utf-8")


def test_every_route_is_documented_and_no_other(served: Served) -> None:
    application = make_app(served.node)
    served_routes = {
        (next(iter((route.methods or set()) - {"HEAD"})), route.path.replace(":path", ""))
        for route in application.routes
        if isinstance(route, Route)
    }
    documented = set(re.findall(r"`(GET|POST) (/[^`]*)`", HTTP))
    assert documented == served_routes


def test_every_problem_is_documented_with_its_status_and_no_other() -> None:
    documented = set(re.findall(r"^\| `([a-z-]+)` \| (\d{3}) \|", HTTP, re.MULTILINE))
    assert documented == {(kind.code, str(kind.status)) for kind in problems.KINDS}
    assert len({kind.code for kind in problems.KINDS}) == len(problems.KINDS)


def test_every_configuration_key_is_documented_with_its_default_and_no_other() -> None:
    documented = dict(re.findall(r"^\| `([a-z_]+)` \| (.+?) \|", GUIDE, re.MULTILINE))
    shown = {"None": "none", "True": "true", "False": "false"}
    defaults = {name: str(key.default) for name, key in KEYS.items()}
    assert {name: value.strip("`") for name, value in documented.items()} == {
        name: shown.get(default, default) for name, default in defaults.items()
    }


def test_the_genesis_of_the_guide_founds_a_ledger(tmp_path: Path) -> None:
    text = GUIDE.split("## A genesis of one's own\n")[1].split("\nActs are")[0]
    path = tmp_path / "genesis.toml"
    path.write_text("\n".join(line.strip() for line in text.splitlines()), encoding="utf-8")
    with serve(tmp_path, genesis=path) as served:
        status = served.client.status()
        assert (status["clock"], status["time"]) == ("driven", 1_795_395_600_000)
        assert status["chain_id"].startswith("training-")
        assert served.client.row("parties", 1)["row"]["name"] == "Operator"
