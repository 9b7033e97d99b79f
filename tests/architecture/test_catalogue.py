"""What a feature's folder defines, its table of contents lists: an event or a rejection left out would be lost."""

from __future__ import annotations

import dataclasses
import importlib
from enum import IntEnum
from types import ModuleType

import pytest

from yuzhong.catalogue import FEATURES
from yuzhong.ledger.feature import Feature


def module(feature: Feature, name: str) -> ModuleType:
    return importlib.import_module(f"yuzhong.features.{feature.name}.{name}")


def defined(of: ModuleType) -> list[type]:
    return [thing for thing in vars(of).values() if isinstance(thing, type) and thing.__module__ == of.__name__]


@pytest.mark.parametrize("feature", FEATURES, ids=lambda feature: feature.name)
def test_every_event_and_rejection_of_a_feature_is_listed(feature: Feature) -> None:
    things = defined(module(feature, "outcomes"))
    assert [thing for thing in things if dataclasses.is_dataclass(thing)] == list(feature.events)
    assert [thing for thing in things if issubclass(thing, IntEnum)] == list(feature.rejections)


@pytest.mark.parametrize("feature", FEATURES, ids=lambda feature: feature.name)
def test_every_transaction_has_its_rule_by_name_and_its_rejections(feature: Feature) -> None:
    transactions = [thing for thing in defined(module(feature, "transactions")) if dataclasses.is_dataclass(thing)]
    assert transactions == list(feature.rules)
    assert [kind.__name__ for kind in feature.rejections] == [f"{kind.__name__}Rejection" for kind in transactions]
    for kind, rule in feature.rules.items():
        snake = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in kind.__name__)[1:]
        assert rule.__name__ == snake
