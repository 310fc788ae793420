from __future__ import annotations

import json
from pathlib import Path

import grpc
import pytest
from certificates import Identity, make_identity
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from plugin_process import COOKIE, NAMED, PluginProcess, eventually, run, started, target, unary

ECHO = "/test.Echo/Echo"

# What a host takes for the cause, if the plugin ends later.
FAILURES = ("error", "module", "missing", "fail", "cannot", "not ")


@pytest.fixture(scope="module")
def host() -> Identity:
    return make_identity()


def refusal(channel: grpc.Channel) -> grpc.StatusCode:
    with channel, pytest.raises(grpc.RpcError) as error:
        unary(channel, ECHO, b"hello")
    return error.value.code()


def secure_channel(
    plugin: PluginProcess, credentials: grpc.ChannelCredentials, address: str | None = None
) -> grpc.Channel:
    where = target(plugin.fields[2], address or plugin.address)
    return grpc.secure_channel(where, credentials, NAMED)


def test_it_announces_its_certificate_and_answers_the_host(host: Identity) -> None:
    with started("echo.py", host=host) as plugin:
        assert plugin.certificate
        certificate = x509.load_pem_x509_certificate(plugin.certificate)
        assert certificate.subject.rfc4514_string() == "CN=localhost,O=Espalier plugin"
        assert "=" not in plugin.fields[5]
        assert plugin.call(ECHO, b"hello") == b"hello"
        assert plugin.shut_down() == 0
        assert plugin.stderr.whole() == b""


@pytest.mark.parametrize("plugin_name", ["echo.py", "requires_mtls.py"])
def test_a_host_may_have_a_p384_key(plugin_name: str) -> None:
    with started(plugin_name, host=make_identity(ec.SECP384R1())) as plugin:
        assert plugin.certificate
        assert plugin.call(ECHO, b"hello") == b"hello"


def test_it_says_that_grpc_may_refuse_a_p521_key() -> None:
    with started("echo.py", make_identity(ec.SECP521R1()).env) as plugin:
        assert plugin.certificate
        record = json.loads(eventually(lambda: plugin.stderr.so_far().partition(b"\n")[0]))
        assert record["@level"] == "warn"
        assert "P-521" in record["@message"]


def test_another_certificate_is_refused(host: Identity) -> None:
    with started("echo.py", host=host) as plugin:
        assert plugin.certificate
        stranger = make_identity().channel_credentials(plugin.certificate)
        assert refusal(secure_channel(plugin, stranger)) is grpc.StatusCode.UNAVAILABLE
        assert plugin.call(ECHO, b"hello") == b"hello"


def test_a_client_without_a_certificate_is_refused(host: Identity) -> None:
    with started("echo.py", host=host) as plugin:
        nobody = grpc.ssl_channel_credentials(plugin.certificate)
        assert refusal(secure_channel(plugin, nobody)) is grpc.StatusCode.UNAVAILABLE


def test_a_client_in_the_clear_is_refused(host: Identity) -> None:
    with started("echo.py", host=host) as plugin:
        clear = grpc.insecure_channel(target("unix", plugin.address))
        assert refusal(clear) is grpc.StatusCode.UNAVAILABLE


@pytest.mark.parametrize("plugin", ["echo.py", "requires_mtls.py"])
@pytest.mark.parametrize("text", ["nonsense", "-----BEGIN CERTIFICATE-----\n", "\udcff"])
def test_an_unreadable_certificate_of_the_host_is_told_instead_of_served(
    plugin: str, text: str
) -> None:
    result = run(plugin, {**COOKIE, "PLUGIN_CLIENT_CERT": text})
    assert (result.returncode, result.stdout) == (1, b"")
    assert b"PLUGIN_CLIENT_CERT is no certificate" in result.stderr
    assert b"Traceback" not in result.stderr


def test_an_empty_certificate_is_none() -> None:
    with started("echo.py", {"PLUGIN_CLIENT_CERT": ""}) as plugin:
        assert plugin.fields[5] == ""
        assert plugin.call(ECHO, b"hello") == b"hello"


@pytest.mark.parametrize("text", [make_identity().certificate.decode(), "nonsense"])
def test_switched_off_it_does_not_look_at_the_hosts_certificate(text: str) -> None:
    with started("never_mtls.py", {"PLUGIN_CLIENT_CERT": text}) as plugin:
        assert plugin.fields[5] == ""
        assert plugin.call(ECHO, b"hello") == b"hello"
        assert plugin.shut_down() == 0
        assert plugin.stderr.whole() == b""


def test_without_cryptography_it_serves_in_the_clear_and_says_so_once(host: Identity) -> None:
    with started("without_cryptography.py", host=host) as plugin:
        assert plugin.fields[5] == ""
        assert plugin.call(ECHO, b"hello") == b"hello"
        assert plugin.shut_down() == 0
        record = json.loads(plugin.stderr.whole())
        assert record["@level"] == "info"
        assert "in the clear" in record["@message"]
        assert not any(word in record["@message"].lower() for word in FAILURES)
        assert "espalier-plugin[mtls]" in record["@message"]


def test_a_broken_cryptography_is_a_warning(host: Identity) -> None:
    with started("broken_cryptography.py", host=host) as plugin:
        assert plugin.fields[5] == ""
        assert plugin.shut_down() == 0
        record = json.loads(plugin.stderr.whole())
        assert record["@level"] == "warn"
        assert "undefined symbol" in record["@message"]


def test_without_cryptography_and_without_such_a_host_it_says_nothing() -> None:
    with started("without_cryptography.py") as plugin:
        assert plugin.call(ECHO, b"hello") == b"hello"
        assert plugin.shut_down() == 0
        assert plugin.stderr.whole() == b""


def test_what_requires_tls_is_not_served_without_cryptography(host: Identity) -> None:
    result = run("requires_mtls_without_cryptography.py", {**COOKIE, **host.env})
    assert (result.returncode, result.stdout) == (1, b"")
    assert b"espalier-plugin[mtls]" in result.stderr
    assert b"Traceback" not in result.stderr


def test_what_requires_tls_is_not_served_to_a_host_that_does_not_offer_it(
    socket_dir: Path,
) -> None:
    result = run("requires_mtls.py", {**COOKIE, "PLUGIN_UNIX_SOCKET_DIR": str(socket_dir)})
    assert (result.returncode, result.stdout) == (1, b"")
    assert b"PLUGIN_CLIENT_CERT is not set" in result.stderr
    assert list(socket_dir.iterdir()) == []


def test_an_unknown_choice_is_told() -> None:
    result = run("unknown_mtls.py", COOKIE)
    assert (result.returncode, result.stdout) == (1, b"")
    assert b"Unknown mtls 'on'" in result.stderr


def test_it_speaks_tls_on_a_port_as_well(host: Identity) -> None:
    with started("on_tcp.py", host=host) as plugin:
        assert plugin.fields[2] == "tcp"
        assert plugin.call(ECHO, b"hello") == b"hello"
