"""Whose process called: both of the kernel's answers say the same, and none is invented."""

import os
import socket
from collections.abc import Iterator

import pytest

from portal.relay import peer

WAYS = [peer.asked, peer.listed, peer.account_of]


@pytest.fixture
def server() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as found:
        yield found


@pytest.mark.parametrize("way", WAYS)
def test_a_connection_is_of_the_account_that_made_it(server: socket.socket, way) -> None:
    with socket.create_connection(server.getsockname()) as client, server.accept()[0] as accepted:
        assert way(accepted.getpeername(), accepted.getsockname()) == os.getuid()
        assert peer.is_own(accepted)
        assert client.getsockname() == accepted.getpeername()


@pytest.mark.parametrize("way", WAYS)
def test_an_ipv6_socket_that_speaks_to_an_ipv4_address_is_found(server: socket.socket, way) -> None:
    with socket.socket(socket.AF_INET6) as client:
        try:
            client.connect((f"::ffff:{server.getsockname()[0]}", server.getsockname()[1]))
        except OSError:
            pytest.skip("needs IPv6: sysctl net.ipv6.conf.all.disable_ipv6=0")
        with server.accept()[0] as accepted:
            assert way(accepted.getpeername(), accepted.getsockname()) == os.getuid()


@pytest.mark.parametrize("way", WAYS)
def test_a_connection_that_nobody_holds_is_nobody_s(server: socket.socket, way) -> None:
    client = socket.create_connection(server.getsockname())
    with server.accept()[0] as accepted:
        ends = accepted.getpeername(), accepted.getsockname()
        client.close()

        assert way(*ends) is None
    assert way(("127.0.0.1", 1), ("127.0.0.1", 2)) is None


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.skipif(os.getuid() != 0, reason="needs root, to become somebody else: sudo make test")
def test_a_connection_of_another_account_is_that_account_s(server: socket.socket, way) -> None:
    told, tell = os.pipe()
    child = os.fork()
    if child == 0:
        os.setuid(65534)
        held = socket.create_connection(server.getsockname())
        os.read(told, 1)
        held.close()
        os._exit(0)
    with server.accept()[0] as accepted:
        found = way(accepted.getpeername(), accepted.getsockname())
        own = peer.is_own(accepted)
    os.write(tell, b"x")
    os.waitpid(child, 0)
    for end in (told, tell):
        os.close(end)

    assert found == 65534
    assert not own


def test_where_the_kernel_is_not_asked_its_table_is_read(
    server: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise peer.Unasked

    monkeypatch.setattr(peer, "asked", refuse)
    with socket.create_connection(server.getsockname()), server.accept()[0] as accepted:
        assert peer.is_own(accepted)
