"""Settings: defaults, clear faults, and no secret in any of them."""

import os
import stat
from pathlib import Path

import pytest

from bot.config import Settings, load_settings
from bot.errors import ConfigError

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.startswith("DRAGOMAN_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def test_nothing_has_to_be_set() -> None:
    settings = load_settings()
    assert (settings.host, settings.port, settings.telegram_token) == ("127.0.0.1", 8080, None)
    assert settings.store_url == "sqlite:///data/dragoman.db"
    assert (settings.knowledge_dir / "topics.yaml").is_file()
    assert (settings.locales_dir / "bot.pot").is_file()


def test_environment_and_file_are_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("DRAGOMAN_PORT=1234\nDRAGOMAN_LOG_LEVEL=ERROR\n")
    monkeypatch.setenv("DRAGOMAN_PORT", "4321")
    settings = load_settings()
    assert (settings.port, settings.log_level) == (4321, "ERROR")


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("PORT", "many", "DRAGOMAN_PORT"),
        ("PORT", "70000", "DRAGOMAN_PORT"),
        ("SECRET_KEY", "abc", "64 hexadecimal digits"),
        ("SECRET_KEY", "zz" * 32, "64 hexadecimal digits"),
        ("PUBLIC_URL", "chat.example.org", "https://"),
        ("TELEGRAM_MODE", "pigeon", "DRAGOMAN_TELEGRAM_MODE"),
        ("LOG_LEVEL", "LOUD", "DRAGOMAN_LOG_LEVEL"),
        ("SMTP_HOST", "mail.example.org", "SMTP_HOST needs SMTP_FROM"),
        ("SMTP_PORT", "0", "DRAGOMAN_SMTP_PORT"),
        ("SMTP_TLS", "maybe", "DRAGOMAN_SMTP_TLS"),
        ("TRANSLATE_URL", "translate.example.org", "https://"),
        ("RETENTION_DAYS", "0", "DRAGOMAN_RETENTION_DAYS"),
        ("WAKE_AFTER_S", "-1", "DRAGOMAN_WAKE_AFTER_S"),
    ],
)
def test_a_wrong_setting_is_named_without_its_value(monkeypatch: pytest.MonkeyPatch, name: str, value: str, told: str) -> None:
    monkeypatch.setenv(f"DRAGOMAN_{name}", value)
    with pytest.raises(ConfigError) as caught:
        load_settings()
    assert told in str(caught.value)
    if name == "SECRET_KEY":
        assert value not in str(caught.value)


def test_secrets_may_lie_in_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    folder.mkdir()
    (folder / "DRAGOMAN_SECRET_KEY").write_text("ab" * 32 + "\n")
    (folder / "dragoman_port").write_text("1111")
    (folder / "other").write_text("not ours")
    (folder / "DRAGOMAN_TELEGRAM_TOKEN").write_text("")
    monkeypatch.setenv("DRAGOMAN_SMTP_USER", "")
    monkeypatch.setenv("DRAGOMAN_SECRETS_DIR", str(folder))
    settings = load_settings()
    assert settings.secret_key is not None
    assert (settings.secret_key.get_secret_value(), settings.port) == ("ab" * 32, 1111)
    assert (settings.telegram_token, settings.smtp_user) == (None, None)
    monkeypatch.setenv("DRAGOMAN_PORT", "2222")
    assert load_settings().port == 2222
    monkeypatch.setenv("DRAGOMAN_SECRETS_DIR", str(tmp_path / "none"))
    assert load_settings().secret_key is None


def test_webhook_needs_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRAGOMAN_TELEGRAM_MODE", "webhook")
    monkeypatch.setenv("DRAGOMAN_TELEGRAM_TOKEN", "123:abc")
    with pytest.raises(ConfigError, match="needs PUBLIC_URL"):
        load_settings()


def test_secrets_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRAGOMAN_TELEGRAM_TOKEN", "123456:very-secret")
    monkeypatch.setenv("DRAGOMAN_SECRET_KEY", "ab" * 32)
    shown = repr(load_settings())
    assert "very-secret" not in shown
    assert "abab" not in shown


def test_the_example_names_real_settings_only() -> None:
    lines = (ROOT / "deploy" / "env.example").read_text().splitlines()
    named = {line.lstrip("#").partition("=")[0] for line in lines if "=" in line and line.lstrip("#").startswith("DRAGOMAN_")}
    assert named
    assert named <= {f"DRAGOMAN_{name.upper()}" for name in Settings.model_fields}


def test_every_setting_has_a_reason() -> None:
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []


def test_a_key_made_on_first_start_is_private(tmp_path: Path) -> None:
    from bot.app import secret_of

    settings = load_settings(data_dir=tmp_path / "data")
    key = secret_of(settings)
    assert (len(key), secret_of(settings)) == (32, key)
    assert stat.S_IMODE((tmp_path / "data" / "secret.key").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("given", "root"),
    [
        ({}, "http://127.0.0.1:8080"),
        ({"PORT": "8123", "HOST": "::1"}, "http://[::1]:8123"),
        ({"PUBLIC_URL": "https://chat.example.org/"}, "https://chat.example.org"),
    ],
)
def test_our_pages_have_an_address(monkeypatch: pytest.MonkeyPatch, given: dict[str, str], root: str) -> None:
    for name, value in given.items():
        monkeypatch.setenv(f"DRAGOMAN_{name}", value)
    assert load_settings().root_url == root


def test_passwords_and_keys_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRAGOMAN_SMTP_PASSWORD", "hush-1")
    monkeypatch.setenv("DRAGOMAN_TRANSLATE_KEY", "hush-2")
    settings = load_settings()
    assert settings.smtp_password is not None
    assert settings.smtp_password.get_secret_value() == "hush-1"
    assert "hush" not in repr(settings)


def test_the_password_of_the_database_shows_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRAGOMAN_DATABASE_URL", "postgresql://dragoman:geheim@db/dragoman")
    settings = load_settings()
    assert (settings.is_shared, settings.store_url) == (True, "postgresql://dragoman:geheim@db/dragoman")
    assert "geheim" not in repr(settings) + str(settings.model_dump())
