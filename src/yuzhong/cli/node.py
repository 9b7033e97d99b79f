"""`yuzhong node`: run a node on a data folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from yuzhong.cli.output import fail, print_json
from yuzhong.ledger.failures import InvalidBlock, Stop
from yuzhong.node import logs, server
from yuzhong.node.config import Config, load
from yuzhong.node.errors import NodeError
from yuzhong.node.keyfile import KEY_FILE
from yuzhong.node.records import OtherFormat
from yuzhong.node.solo import Node


def node(
    *,
    data: Annotated[Path | None, Parameter(help="The data folder; made on first use.")] = None,
    config: Annotated[
        Path | None, Parameter(help="A TOML file; YUZHONG_<KEY> in the environment goes before it.")
    ] = None,
    listen: Annotated[str | None, Parameter(help="Address and port; port 0 takes a free one.")] = None,
    kernels: Annotated[Literal["rust", "python", "both"] | None, Parameter(help="Which implementations run.")] = None,
    genesis: Annotated[Path | None, Parameter(help="A TOML file with the first state, on first use.")] = None,
    json: Annotated[bool, Parameter(help="Say where the node listens as one JSON object.")] = False,
) -> int:
    """Run a node until SIGTERM or Ctrl-C. On first use it founds a ledger whose operator is party 1.

    Settings come from the file, then from YUZHONG_<KEY> in the environment, then from here. Logs go to standard
    error, one JSON object a line.
    """
    try:
        settings = load(config, overrides={"data": data, "listen": listen, "kernels": kernels, "genesis": genesis})
        logs.set_up(settings.log_level)
        return server.run(settings, lambda running, url: _say_ready(running, url, settings, json=json))
    except (NodeError, Stop, InvalidBlock, OtherFormat, OSError, ImportError) as error:
        fail(error)


def _say_ready(running: Node, url: str, settings: Config, *, json: bool) -> None:
    key_file = settings.data / KEY_FILE
    if json:
        print_json(
            {
                "url": url,
                "chain_id": running.chain_id,
                "height": running.head.height,
                "data": str(settings.data),
                "operator_key_file": str(key_file),
                "operator_public_key": running.key.public.hex(),
            }
        )
        return
    print(f"ledger     {running.chain_id}, height {running.head.height}, in {settings.data}")
    print(f"operator   party 1; key file {key_file} (keep it secret and safe), public key {running.key.public.hex()}")
    print(f"listening  {url} (try: yuzhong status --node {url})", flush=True)
