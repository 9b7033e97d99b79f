"""An import contract of our own: some modules of a feature may be imported by that feature only."""

from __future__ import annotations

from typing import Any

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output


class PrivateToFeatureContract(Contract):
    """Keeps `private_modules` of every package under `features` private to it, also of packages added later.

    The contract type `protected` of import-linter does the same for modules that it is given by name and that exist.
    """

    type_name = "private_to_feature"

    features = fields.StringField()
    private_modules = fields.ListField(subfield=fields.StringField())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """Collect every direct import of a private module, or of what is in it, from outside its feature."""
        features = str(self.features)
        names = [str(name) for name in self.private_modules]  # type: ignore[attr-defined]  # a field becomes its value
        if features not in graph.modules:
            return ContractCheck(kept=True)
        found: list[tuple[str, str, int]] = []
        for feature in sorted(graph.find_children(features)):
            output.verbose_print(verbose, f"Searching for imports of what is private to {feature}...")
            for private in (f"{feature}.{name}" for name in names):
                if private in graph.modules:
                    found += _imports_from_outside(graph, feature, private)
        return ContractCheck(kept=not found, metadata={"imports": found})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Print one line an import."""
        imports: list[tuple[str, str, Any]] = check.metadata["imports"]
        for importer, imported, line in imports:
            output.print_error(
                f"{importer} may not import {imported} (line {line}): call the feature's rules", bold=False
            )


def _imports_from_outside(graph: ImportGraph, feature: str, private: str) -> list[tuple[str, str, int]]:
    found = []
    for module in sorted({private, *graph.find_descendants(private)}):
        for importer in sorted(graph.find_modules_that_directly_import(module)):
            if importer == feature or importer.startswith(f"{feature}."):
                continue
            lines = [detail["line_number"] for detail in graph.get_import_details(importer=importer, imported=module)]
            found.append((importer, module, min(lines, default=0)))
    return found
