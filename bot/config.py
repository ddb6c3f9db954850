"""Every setting, in one class: environment variables DRAGOMAN_<NAME> or a file .env beside the place where the program is started."""

from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SecretsSettingsSource, SettingsConfigDict

import bot
from bot.errors import ConfigError

_PACKAGE = Path(bot.__file__).resolve().parent


def _shipped(name: str) -> Path:
    """Find a folder that travels with the program: inside the installed package, or beside it in a checkout."""
    inside = _PACKAGE / "data" / name
    return inside if inside.is_dir() else _PACKAGE.parent / name


class _Secrets(SecretsSettingsSource):
    """Settings in files; an empty one sets nothing."""

    def __call__(self) -> dict[str, Any]:
        return {name: value for name, value in super().__call__().items() if value != ""}


class Settings(BaseSettings):
    """What can be set, with default, unit and reason."""

    model_config = SettingsConfigDict(
        env_prefix="DRAGOMAN_",
        env_file=".env",
        env_file_encoding="utf-8",
        env_ignore_empty=True,  # a variable or file that is there and empty sets nothing
        extra="ignore",
        frozen=True,
    )

    secrets_dir: Path = Field(
        Path("/run/secrets"),
        description="folder whose files hold settings, each named like its variable (Docker, systemd); what is set otherwise wins",
    )
    data_dir: Path = Field(Path("data"), description="folder of the database, the keys and the lock file; made on first start")
    database_url: SecretStr | None = Field(
        None,
        description="where conversations are kept: SQLite in DATA_DIR by default, or postgresql://user:password@host/name",
    )
    database_connections: int = Field(
        8, ge=1, le=100, description="connections of one process to PostgreSQL, and so units of work at once; one more listens"
    )
    knowledge_dir: Path = Field(default_factory=lambda: _shipped("knowledge"), description="the FAQ files; watched while running")
    locales_dir: Path = Field(default_factory=lambda: _shipped("locales"), description="the translations of the bot's own sentences")
    secret_key: SecretStr | None = Field(
        None, description="64 hexadecimal digits; default: made on first start in DATA_DIR/secret.key (0600)"
    )

    secret_key_previous: SecretStr | None = Field(
        None, description="the key in force before SECRET_KEY, while it is being changed; the next start wraps everything anew"
    )
    secret_key_file: Path | None = Field(
        None, description="file of the master key where SECRET_KEY is not set; default DATA_DIR/secret.key"
    )

    backup_dir: Path | None = Field(None, description="where backups are written; its key file then forgets at once what is erased")
    backup_days: int = Field(30, ge=1, le=3650, description="days backups are kept, and the keyed hashes of what was erased meanwhile")

    cache_dir: Path | None = Field(None, description="what was learnt from the knowledge, to start quickly; default DATA_DIR/cache")

    semantic: Literal["auto", "off"] = Field(
        "auto", description="compare questions by meaning, too, where the extra dragoman[semantic] is installed; off without removing it"
    )

    host: str = Field("127.0.0.1", description="address the web server listens on; keep it local and put a TLS proxy in front")
    port: int = Field(8080, ge=0, le=65535, description="port of the web server")
    public_url: str | None = Field(None, description="https address people and platforms reach us at, such as https://chat.example.org")
    trusted_proxies: str = Field("", description="addresses, separated by commas, whose X-Forwarded-* headers are believed; default none")
    leave_url: str = Field("https://www.wikipedia.org/", description="neutral page that 'leave quickly' goes to")

    telegram_token: SecretStr | None = Field(None, description="token of the bot from @BotFather; without it Telegram stays off")
    telegram_api_url: str = Field("https://api.telegram.org", description="root of a Bot API server, also a self-hosted one")
    telegram_mode: Literal["polling", "webhook"] = Field("polling", description="polling works everywhere; webhook needs PUBLIC_URL")

    telegram_bot_name: str | None = Field(None, description="name of the bot, without @, for links that bring staff to it; default: asked")

    whatsapp_token: SecretStr | None = Field(None, description="permanent token of a system user at Meta; without it WhatsApp stays off")
    whatsapp_phone_id: str | None = Field(None, description="Meta's id of the telephone number (not the number itself)")
    whatsapp_app_secret: SecretStr | None = Field(None, description="secret of the app at Meta, which signs what is posted to us")
    whatsapp_verify_token: SecretStr | None = Field(
        None, min_length=8, description="a word of your own, entered at Meta together with PUBLIC_URL/whatsapp/webhook"
    )
    whatsapp_number: str | None = Field(None, description="the number people write to, with the country code, for links; default: asked")
    whatsapp_template: str = Field(
        "", description="approved template without placeholders that says an answer waits, for whoever last wrote a day ago; default: none"
    )
    whatsapp_api_url: str = Field("https://graph.facebook.com/v25.0", description="root of the Cloud API with its version")

    smtp_host: str | None = Field(None, description="mail server that wakes staff by e-mail; without it e-mail stays off")
    smtp_port: int = Field(587, ge=1, le=65535, description="port of the mail server: 587 with starttls, 465 with tls")
    smtp_user: str | None = Field(None, description="name to log in with; default: no login")
    smtp_password: SecretStr | None = Field(None, description="password to log in with")
    smtp_from: str | None = Field(None, description='sender of the mails, such as "Desk <desk@example.org>"; needed with SMTP_HOST')
    smtp_tls: Literal["starttls", "tls", "none"] = Field("starttls", description="encryption; none only for a server on this machine")

    translate_url: str | None = Field(None, description="root of a LibreTranslate server; without it people read originals")
    translate_key: SecretStr | None = Field(None, description="its API key, where it wants one")

    retention_days: int = Field(30, ge=1, le=3650, description="days a case is kept after it was closed; the sentence people read says so")
    wake_after_s: int = Field(300, ge=0, description="seconds an ordinary case waits before somebody is woken; urgent ones wake at once")
    lead_after_s: int = Field(900, ge=0, description="seconds a case waits before the leads of the desk are told")
    answer_within_s: int = Field(1800, ge=60, description="seconds a contact waits for who has the case, before it goes back to the queue")

    require_checked: bool = Field(False, description="answer only from entries that a person of the city has confirmed")
    max_waiting: int = Field(10_000, ge=1, description="events waiting to be handled before new ones are refused (503, later again)")
    contact_burst: int = Field(30, ge=1, description="messages one contact may write at once before the rest waits its turn")
    contact_per_s: float = Field(1.0, gt=0, le=1000, description="messages a second of one contact after that; nobody else waits for them")
    metrics_port: int | None = Field(None, ge=0, le=65535, description="port of /metrics and detailed health; default: off")
    metrics_host: str = Field("127.0.0.1", description="address of METRICS_PORT; another one only where nobody else can reach it")
    metrics_token: SecretStr | None = Field(
        None, min_length=16, description="whoever sends it as a bearer token may read both at PORT, too; default: nobody"
    )
    alert_email: str | None = Field(
        None, description="address that is mailed when something is wrong, even with the database away; needs SMTP_HOST"
    )
    alert_queue_s: int = Field(60, ge=1, description="seconds the oldest message may wait to be handled before the admins are told")
    alert_outbox_s: int = Field(600, ge=1, description="seconds the oldest answer may wait to be sent before the admins are told")
    alert_disk_mb: int = Field(500, ge=0, description="MiB that must be free in DATA_DIR, or the admins are told")

    log_format: Literal["plain", "json"] = Field("plain", description="a line of the log to read, or as JSON with named fields; in UTC")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="how much is logged; never texts, names or numbers")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read secrets from the folder the other sources name."""
        folder = Path({**dotenv_settings(), **env_settings()}.get("secrets_dir", cls.model_fields["secrets_dir"].default))
        secrets = (_Secrets(settings_cls, secrets_dir=folder),) if folder.is_dir() else ()
        return init_settings, env_settings, dotenv_settings, *secrets

    @field_validator("public_url", "telegram_api_url", "translate_url", "whatsapp_api_url")
    @classmethod
    def _address(cls, value: str | None) -> str | None:
        if value and not value.startswith(("https://", "http://")):
            raise ValueError("must begin with https:// or http://")
        return value.rstrip("/") if value else None

    @field_validator("secret_key", "secret_key_previous")
    @classmethod
    def _key(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            try:
                right = len(bytes.fromhex(value.get_secret_value())) == 32
            except ValueError:
                right = False
            if not right:
                raise ValueError("must be 64 hexadecimal digits")
        return value

    @model_validator(mode="after")
    def _webhook_needs_an_address(self) -> "Settings":
        if self.telegram_mode == "webhook" and self.telegram_token and not self.public_url:
            raise ValueError("TELEGRAM_MODE=webhook needs PUBLIC_URL")
        return self

    @field_validator("whatsapp_number")
    @classmethod
    def _number(cls, value: str | None) -> str | None:
        digits = "".join(filter(str.isdecimal, value or ""))
        if value and not (digits.isascii() and 7 <= len(digits) <= 15):
            raise ValueError("must be a telephone number with its country code")
        return digits or None

    @model_validator(mode="after")
    def _whatsapp_needs_all(self) -> "Settings":
        needed = {
            "WHATSAPP_PHONE_ID": self.whatsapp_phone_id,
            "WHATSAPP_APP_SECRET": self.whatsapp_app_secret,
            "WHATSAPP_VERIFY_TOKEN": self.whatsapp_verify_token,
        }
        missing = [name for name, value in needed.items() if not value]
        if self.whatsapp_token and missing:
            raise ValueError(f"WHATSAPP_TOKEN needs {', '.join(missing)}")
        return self

    @model_validator(mode="after")
    def _mail_needs_a_sender(self) -> "Settings":
        if self.smtp_host and "@" not in (self.smtp_from or ""):
            raise ValueError("SMTP_HOST needs SMTP_FROM, the address mails come from")
        return self

    @model_validator(mode="after")
    def _alerts_need_a_server(self) -> "Settings":
        if self.alert_email and not self.smtp_host:
            raise ValueError("ALERT_EMAIL needs SMTP_HOST")
        return self

    @property
    def secret_path(self) -> Path:
        """Return where the master key lies when it is not set."""
        return self.secret_key_file or self.data_dir / "secret.key"

    @property
    def root_url(self) -> str:
        """Return the address our pages are reached at, without a stroke at the end."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return self.public_url or f"http://{host}:{self.port}"

    @property
    def linked_number(self) -> str:
        """Return the number for links to WhatsApp; empty without WhatsApp, or where it is to be asked."""
        return (self.whatsapp_number or "") if self.whatsapp_token else ""

    @property
    def shelf_dir(self) -> Path:
        """Return the folder for what was learnt from the knowledge."""
        return self.cache_dir or self.data_dir / "cache"

    @property
    def is_https(self) -> bool:
        """Tell whether people reach us over https, so that cookies may be marked secure."""
        return (self.public_url or "").startswith("https://")

    @property
    def store_url(self) -> str:
        """Return the database address that is in force."""
        return self.database_url.get_secret_value() if self.database_url else f"sqlite:///{self.data_dir / 'dragoman.db'}"

    @property
    def is_shared(self) -> bool:
        """Tell whether the database is PostgreSQL, which any number of processes may serve from."""
        return self.store_url.startswith(("postgresql:", "postgres:"))


def load_settings(**overrides: object) -> Settings:
    """Read the settings; raises ConfigError naming each wrong one (never its value, it may be secret)."""
    try:
        return Settings(**overrides)  # type: ignore[arg-type]  # pydantic checks them
    except ValidationError as error:
        faults = "; ".join(
            f"DRAGOMAN_{'_'.join(str(part) for part in fault['loc']).upper()}: {fault['msg']}" if fault["loc"] else fault["msg"]
            for fault in error.errors(include_input=False, include_url=False)
        )
        raise ConfigError(faults) from None
    except UnicodeDecodeError:
        raise ConfigError("the file .env is not saved as UTF-8 text") from None
