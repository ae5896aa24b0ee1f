"""Doctor finds what peers' users tripped over, and says the remedy."""

import pytest

from bot import cli
from tests.support.system import System


@pytest.fixture
def system(deploy) -> System:
    return deploy("web")


def doctor(system: System, capsys: pytest.CaptureFixture[str], **environment: str) -> tuple[int, str]:
    file = system.folder / f"config-{system.webs[0]}.toml"
    status = cli.main(["doctor", "--config", str(file)])
    return status, capsys.readouterr().out


def test_a_system_that_is_well_is_called_well(system, capsys, monkeypatch):
    monkeypatch.setenv("YIZHAN_SERVER_PUBLIC_URL", f"http://127.0.0.1:{system.webs[0]}")

    status, report = doctor(system, capsys)

    assert status == 0, report
    assert "✗" not in report
    for line in (
        "head: signature, plain: understood",
        "head: signature, safe: understood",
        "head: token: accepted",
    ):
        assert f"✓ {line}" in report
    assert "✓ head: URL check" in report
    assert "✓ head: customer service (客服): granted" in report


def test_a_wrong_secret_and_a_closed_ip_list_are_told_apart(system, capsys):
    system.sim("PUT", f"accounts/{system.app_id}", app_secret="another" * 4)
    _, secret = doctor(system, capsys)
    system.sim("PUT", f"accounts/{system.app_id}", app_secret="s" * 32, ip_whitelist=["203.0.113.9"])
    status, address = doctor(system, capsys)

    assert status == 1
    assert "✗ head: token" in secret
    assert "app_secret" in secret
    assert secret.count("✗") == 1
    assert "✗ head: token" in address
    assert "whitelist" in address.lower() or "白名单" in address


def test_an_account_without_rights_is_advised_and_not_called_broken(system, capsys):
    system.sim("PUT", f"accounts/{system.app_id}", verified=False)

    status, report = doctor(system, capsys)

    assert status == 0, report
    assert "! head: tags (标签): not granted (48001)" in report
    assert "微信认证" in report


def test_a_public_address_that_is_another_server_is_noticed(system, capsys, monkeypatch):
    monkeypatch.setenv("YIZHAN_SERVER_PUBLIC_URL", system.platform.url)

    status, report = doctor(system, capsys)

    assert status == 1
    assert "✗ head: URL check" in report
    assert "/wechat/" in report


def test_a_redis_that_is_away_is_noticed(system, capsys):
    system.redis.kill()

    status, report = doctor(system, capsys)

    assert status == 1
    assert "✗ redis" in report
