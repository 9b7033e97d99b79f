"""`yuzhong doctor`: what is installed, missing or wrong on this machine, and what to do about it."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from yuzhong.cli.checkup import MISSING, examine
from yuzhong.cli.output import print_json, print_table


def doctor(
    *,
    data: Annotated[Path, Parameter(help="Where the node's data will be.")] = Path("data"),
    json: Annotated[bool, Parameter(help="Print one JSON object.")] = False,
) -> int:
    """Look at this machine. Exit code 1 where something that a node needs is missing."""
    findings = examine(data)
    is_well = all(finding.state != MISSING for finding in findings)
    if json:
        print_json({"well": is_well, "findings": [asdict(finding) for finding in findings]})
        return 0 if is_well else 1
    print_table(("", "what", "found"), [(finding.state, finding.what, finding.found) for finding in findings])
    for finding in findings:
        if finding.advice:
            print(f"\n{finding.what}: {finding.advice}")
    return 0 if is_well else 1
