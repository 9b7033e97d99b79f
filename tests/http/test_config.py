"""Configuration: where each value comes from, and what a wrong one is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from yuzhong.node.config import KEYS, Config, ConfigError, load
from yuzhong.node.founding import genesis_from_file
from yuzhong.node.options import Options
from yuzhong.node.server import open_node


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "node.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_without_anything_the_defaults_hold() -> None:
    config = load(environment={})
    assert config == Config()
    assert config.address == ("127.0.0.1", 8765)
    assert config.options == Options()


def test_the_environment_goes_before_the_file_and_the_command_line_before_both(tmp_path: Path) -> None:
    path = write(tmp_path, 'listen = "127.0.0.1:1"\nkernels = "python"\nrate = 5\nwatch_invariants = true\n')
    environment = {"YUZHONG_LISTEN": "127.0.0.1:2", "YUZHONG_RATE": "6", "HOME": "/"}
    config = load(path, environment, {"listen": "127.0.0.1:3", "data": None})
    assert (config.listen, config.rate, config.kernels, config.watch_invariants) == ("127.0.0.1:3", 6, "python", True)
    assert config.data == Path("data")


def test_what_concerns_the_node_reaches_its_options() -> None:
    assert load(overrides={"queue_transactions": 7}, environment={}).options.queue_transactions == 7


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("listn = 1", "unknown key listn (did you mean 'listen'?)"),
        ("[http]\nlisten = 1", "unknown key http"),
        ("rate = -1", "rate = -1: a whole number from 0 to 1000000 is needed"),
        ('rate = "fast"', "rate = 'fast': a whole number"),
        ("rate = true", "rate = True: a whole number"),
        ("rate = 1.5", "rate = 1.5: a whole number"),
        ('kernels = "go"', "kernels = 'go': one of rust, python, both is needed"),
        ('listen = "8765"', "listen = '8765': address and port"),
        ('listen = "127.0.0.1:99999"', "address and port"),
        ('watch_invariants = "perhaps"', "true or false is needed"),
        ("snapshots_kept = 1", "a whole number from 2 to 100"),
        ('name = ""', "a name of 1 to 40 bytes"),
        ("data = 5", "data = 5: a path is needed"),
        ("rate = ", "node.toml: "),
    ],
)
def test_a_wrong_file_is_told_which_key_and_what_it_takes(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError) as refused:
        load(write(tmp_path, text), {})
    assert said in str(refused.value)
    assert "node.toml" in str(refused.value)


def test_an_unknown_variable_is_refused_by_its_name() -> None:
    with pytest.raises(ConfigError, match=r"environment: unknown key YUZHONG_LISTN \(did you mean 'listen'\?\)"):
        load(environment={"YUZHONG_LISTN": "x"})


def test_a_missing_file_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        load(tmp_path / "none.toml", {})


def test_every_key_has_a_default_that_its_own_check_accepts() -> None:
    for name, key in KEYS.items():
        if key.default is not None:
            assert key.metadata["check"](key.default) == key.default, name


PARTY = (
    '[[acts]]\ntype = "AdmitParty"\nparty = 1\nkind = "ORGANISATION"\nname = "Operator"\n'
    f'digest = "{bytes(32).hex()}"\nroles = ["OPERATOR", "REGISTRAR"]\nkey = "operator"\n'
)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f'name = "{"n" * 41}"\n' + PARTY, "a name of 1 to 40 bytes is needed"),
        ("name = 5\n" + PARTY, "name = 5: a name of 1 to 40 bytes is needed"),
        ('name = ""\n' + PARTY, "name = '': a name of 1 to 40 bytes is needed"),
        ('name = "a\\nb"\n' + PARTY, "a name of 1 to 40 bytes is needed"),
        (PARTY + PARTY.replace("Operator", "n" * 5_000), "act 2, "),
        (PARTY.replace('"AdmitParty"', "[1]"), "act 1: type = [1]; types: "),
        (PARTY + PARTY, "AdmitParty is refused: PARTY_MUST_BE_NEW"),
        ("act = 1", "unknown key act (did you mean 'acts'?)"),
        ('clock = "sundial"', "clock = 'sundial': system or driven"),
        ("", "acts: 1 to"),
        ('[[acts]]\ntype = "AdmitPary"', "act 1: type = 'AdmitPary' (did you mean 'AdmitParty'?)"),
        ('[[acts]]\ntype = "AddKey"\nkey = "operator"\nrole = "BOSS"', "act 1, AddKey.role: no 'BOSS'"),
        ('[[acts]]\ntype = "AddKey"\nrole = "OWNER"', "act 1, AddKey: field 'key' is missing"),
        ('time = -1\n[[acts]]\ntype = "RevokeKey"\nkey = "operator"', "time = -1"),
    ],
)
def test_a_wrong_genesis_file_is_told_which_act_and_field(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError) as refused:
        genesis_from_file(write(tmp_path, text), "name")
    assert said in str(refused.value)
    assert "node.toml" in str(refused.value)


def test_a_wrong_genesis_file_leaves_no_data_folder(tmp_path: Path) -> None:
    genesis = write(tmp_path, f'name = "{"n" * 41}"\n' + PARTY)
    with pytest.raises(ConfigError, match="a name of 1 to 40 bytes"):
        open_node(load(overrides={"data": tmp_path / "data", "genesis": genesis}, environment={}))
    assert not (tmp_path / "data").exists()


def test_one_address_may_send_more_than_a_node_takes_in_but_not_without_end() -> None:
    assert Config().rate == 20_000
