"""A node as a process: it starts, answers, stops in good order, comes back, and says plainly what is wrong."""

from __future__ import annotations

import signal
import socket
import time
from pathlib import Path

import pytest

from tests.http.process import command, start
from tests.http.support import admit
from yuzhong.client import Client, SigningKey, Unreachable
from yuzhong.client.signing import to_batch


def batch_head(length: int) -> bytes:
    """The head of a request whose body has that length."""
    fields = f"host: x\r\ncontent-type: application/cbor\r\ncontent-length: {length}"
    return f"POST /v1/batches HTTP/1.1\r\n{fields}\r\n\r\n".encode()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_the_node_in_good_order_and_it_goes_on_where_it_was(tmp_path: Path, how: int) -> None:
    data = tmp_path / "data"
    with start(data) as first:
        with Client(first.url) as client:
            operator = client.signer(SigningKey.load(first.key_file), party=1)
            receipt = client.submit(operator.sign(admit(2)))
            assert receipt.is_accepted
            status = client.status()
        assert first.stop(how) == 0
        assert "stopped" in str(first.logged()[-1]["message"])
    assert list((data / "snapshots").iterdir())
    with start(data) as second:
        with Client(second.url) as client:
            assert client.status()["state_root"] == status["state_root"]
            assert client.status()["chain_id"] == status["chain_id"]
            assert client.receipt(receipt.identity) is not None
            operator = client.signer(SigningKey.load(second.key_file), party=1)
            assert operator.next_sequence == 2
        assert second.stop() == 0
    with pytest.raises(Unreachable), Client(second.url) as client:
        client.status()


def test_what_was_under_way_when_the_signal_came_is_answered(tmp_path: Path) -> None:
    with start(tmp_path / "data") as node:
        with Client(node.url) as client:
            operator = client.signer(SigningKey.load(node.key_file), party=1)
            acts = [operator.sign(admit(party)) for party in range(2, 1_002)]
            data = to_batch(client.machine.batch, acts)
        host, port = node.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=30) as connection:
            connection.sendall(batch_head(len(data)) + data)
            time.sleep(0.02)
            node.popen.send_signal(signal.SIGTERM)
            with connection.makefile("rb") as answer:
                assert answer.readline().startswith(b"HTTP/1.1 200")
        assert node.popen.wait(30) == 0


def test_a_head_that_does_not_arrive_is_not_waited_for(tmp_path: Path) -> None:
    with start(tmp_path / "data", YUZHONG_REQUEST_S="1") as node:
        host, port = node.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=10) as silent:
            with socket.create_connection((host, int(port)), timeout=10) as slow:
                slow.sendall(b"GET /health HTTP/1.1\r\nhost")
                assert slow.recv(100) == b""
            assert silent.recv(100) == b""
        with socket.create_connection((host, int(port)), timeout=10) as half:
            half.sendall(b"POST /v1/batches HTTP/1.1\r\nhost: x\r\ncontent-type: application/cbor\r\n")
            half.sendall(b"content-length: 99\r\n\r\nabc")
            assert half.recv(1_000).startswith(b"HTTP/1.1 408")
        assert node.stop() == 0


def test_what_is_no_http_and_one_connection_too_many_are_problems_too(tmp_path: Path) -> None:
    with start(tmp_path / "data", YUZHONG_CONNECTIONS="2") as node:
        host, port = node.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=10) as garbage:
            garbage.sendall(b"\x16\x03\x01 no HTTP\r\n\r\n")
            answer = read_all(garbage)
            assert answer.startswith(b"HTTP/1.1 400")
            assert b'"code":"malformed"' in answer
        opened = [socket.create_connection((host, int(port)), timeout=10) for _ in range(3)]
        time.sleep(0.2)
        opened[2].sendall(b"GET /health HTTP/1.1\r\nhost: x\r\n\r\n")
        answer = read_all(opened[2])
        assert answer.startswith(b"HTTP/1.1 503")
        assert b'"code":"too-many-connections"' in answer
        for connection in opened:
            connection.close()
        with Client(node.url) as client:
            assert client.status()["height"] == 0
        assert node.stop() == 0


def read_all(connection: socket.socket) -> bytes:
    """Everything until the other side closes."""
    with connection.makefile("rb") as answer:
        return answer.read()


def test_logs_are_one_json_object_a_line(tmp_path: Path) -> None:
    with start(tmp_path / "data") as node:
        assert node.stop() == 0
        lines = node.logged()
        assert len(lines) == len(node.log.read_text(encoding="utf-8").splitlines())
        for line in lines:
            assert {"time", "level", "logger", "message"} <= set(line)


def test_a_key_file_and_a_data_folder_are_for_their_owner_only(tmp_path: Path) -> None:
    with start(tmp_path / "data") as node:
        assert node.key_file.stat().st_mode & 0o777 == 0o600
        assert node.data.stat().st_mode & 0o777 == 0o700
        assert SigningKey.load(node.key_file).public == node.operator
        secret = node.key_file.read_text(encoding="utf-8").splitlines()[1]
        assert node.stop() == 0
        assert secret not in node.log.read_text(encoding="utf-8")


def test_a_folder_has_one_owner_and_a_port_one_listener(tmp_path: Path) -> None:
    with start(tmp_path / "data") as node:
        second = command("node", "--data", str(tmp_path / "data"), "--listen", "127.0.0.1:0")
        assert (second.returncode, second.stderr.count("\n")) == (1, 1)
        assert "belongs to a running node" in second.stderr
        taken = node.url.removeprefix("http://")
        third = command("node", "--data", str(tmp_path / "other"), "--listen", taken)
        assert (third.returncode, third.stderr) == (1, f"yuzhong: cannot listen on {taken}: Address already in use\n")
        assert not (tmp_path / "other").exists()


def test_wrong_configuration_is_one_line_and_exit_code_1(tmp_path: Path) -> None:
    path = tmp_path / "node.toml"
    path.write_text("snapshot_block = 5\n", encoding="utf-8")
    done = command("node", "--data", str(tmp_path / "data"), "--config", str(path))
    assert done.returncode == 1
    assert done.stderr.startswith(f"yuzhong: {path}: unknown key snapshot_block (did you mean 'snapshot_blocks'?)")
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "data").exists()
