"""E-mail against a mail server on loopback: what is written, how it travels, and what each refusal means."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bot.channels import Parcel
from bot.channels import email as email_channel
from bot.channels.email import EmailChannel, Encryption, compose
from bot.errors import ChannelError, ChannelRejected, ContactBlocked
from bot.model import ContactRef, FactTable, Heading, Listing, Message, Option, Paragraph, Run
from tests.running import free_port
from tests.smtpserver import MailServer, Trouble, mailing

NOW = datetime(2030, 5, 1, 12, 0, tzinfo=UTC)
ADVISOR = ContactRef("email", "lucia@example.org")


def channel(port: int, encryption: Encryption = "none", **login: str) -> EmailChannel:
    sender = "Mostrador <desk@example.org>"
    return EmailChannel("127.0.0.1", port, sender=sender, clock=lambda: NOW, encryption=encryption, **login)  # type: ignore[arg-type]


def parcel(text: str = "Un caso espera: árabe, vivienda", subject: str = "Un caso espera", to: ContactRef = ADVISOR) -> Parcel:
    options = (Option("", "Abrir", url="https://chat.example.org/desk"), Option("claim:1", "Coger"))
    return Parcel(to, 7, "tok3n", Message("es", (Paragraph((Run(text),)),), options, subject=subject), uncertain=False)


async def test_a_mail_says_what_the_message_says() -> None:
    async with mailing() as server:
        await channel(server.port).send(parcel())
    ((recipients, mail),) = server.mails
    assert recipients == ["lucia@example.org"]
    assert (mail["From"], mail["To"], mail["Subject"]) == ("Mostrador <desk@example.org>", "lucia@example.org", "Un caso espera")
    assert (mail["Auto-Submitted"], mail["Content-Language"]) == ("auto-generated", "es")
    assert mail["Date"].datetime == NOW
    text = mail.get_content().replace("\r\n", "\n")
    assert text == "Un caso espera: árabe, vivienda\n\nAbrir: https://chat.example.org/desk\n"  # a button cannot be pressed here


def test_every_kind_of_block_is_written() -> None:
    link = Run("página", url="https://example.org")
    blocks = (Heading((Run("título"),)), Listing(((Run("uno"),), (link,))), FactTable((("Cita", (Run("mañana"),)),)))
    mail = compose(Parcel(ADVISOR, 1, "t", Message("es", blocks), uncertain=False), "desk@example.org", NOW)
    written = mail.get_content().replace("\r\n", "\n")
    assert written == "título\n\n- uno\n- página <https://example.org>\n\nCita: mañana\n"


def test_a_subject_cannot_bring_headers_with_it() -> None:
    mail = compose(parcel(subject="uno\r\nBcc: all@example.org"), "desk@example.org", NOW)
    assert mail["Subject"] == "uno Bcc: all@example.org"
    assert mail["Bcc"] is None


def test_the_same_parcel_has_the_same_id_and_another_has_another() -> None:
    def id_of(message_id: int) -> str:
        return str(compose(Parcel(ADVISOR, message_id, "t", Message("es"), uncertain=False), "Desk <desk@example.org>", NOW)["Message-ID"])

    assert id_of(1) == id_of(1) != id_of(2)
    assert id_of(1).endswith("@example.org>")


@pytest.mark.parametrize(
    ("trouble", "kind", "retryable", "uncertain"),
    [
        ("later", ChannelError, True, False),
        ("no-box", ContactBlocked, False, False),
        ("full", ChannelRejected, False, False),
        ("data-later", ChannelError, True, False),
        ("data-never", ChannelRejected, False, False),
        ("cut-off", ChannelError, True, True),
    ],
)
async def test_a_refusal_says_whether_to_try_again(trouble: Trouble, kind: type[ChannelError], retryable: bool, uncertain: bool) -> None:
    async with mailing() as server:
        server.trouble = trouble
        with pytest.raises(ChannelError) as caught:
            await channel(server.port).send(parcel("canario"))
    assert type(caught.value) is kind
    assert (caught.value.retryable, caught.value.uncertain) == (retryable, uncertain)
    assert "lucia" not in str(caught.value)
    assert "canario" not in str(caught.value)
    assert not server.mails


async def test_a_server_that_goes_silent_may_have_taken_the_mail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(email_channel, "SEND_S", 0.3)
    async with mailing() as server:
        server.trouble = "silent"
        with pytest.raises(ChannelError) as caught:
            await channel(server.port).send(parcel())
    assert (caught.value.retryable, caught.value.uncertain) == (True, True)


async def test_nobody_there_is_tried_again_and_surely_not_sent() -> None:
    with pytest.raises(ChannelError) as caught:
        await channel(free_port()).send(parcel())
    assert (caught.value.retryable, caught.value.uncertain) == (True, False)


@pytest.mark.parametrize("address", ["", "no address", "a@b\r\nRCPT TO:<c@d>", "ü@example.org"])
async def test_an_address_that_is_none_is_refused(address: str) -> None:
    async with mailing() as server:
        with pytest.raises(ChannelRejected):
            await channel(server.port).send(parcel(to=ContactRef("email", address)))
    assert not server.mails


# ---------------------------------------------------------------- encryption


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a certificate for 127.0.0.1 that signs itself, with its key in the same file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    path.write_bytes(signed.public_bytes(serialization.Encoding.PEM) + private)
    return path


def serving(certificate: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    return context


@pytest.mark.parametrize("encryption", ["tls", "starttls"])
async def test_mails_travel_encrypted(encryption: Encryption, certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    async with mailing(**{encryption: serving(certificate)}) as server:  # type: ignore[arg-type]
        await channel(server.port, encryption).send(parcel())
    assert server.secure == [True]


@pytest.mark.parametrize("encryption", ["tls", "starttls"])
async def test_a_certificate_nobody_knows_is_not_trusted(encryption: Encryption, certificate: Path) -> None:
    async with mailing(**{encryption: serving(certificate)}) as server:  # type: ignore[arg-type]
        await _not_sent(server, encryption)


async def test_what_must_be_encrypted_does_not_go_in_the_open() -> None:
    async with mailing() as server:
        await _not_sent(server, "starttls")


async def _not_sent(server: MailServer, encryption: Encryption) -> None:
    with pytest.raises(ChannelError) as caught:
        await channel(server.port, encryption).send(parcel())
    assert (caught.value.retryable, caught.value.uncertain) == (True, False)
    assert not server.mails


async def test_it_logs_in_where_it_is_told_to(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    async with mailing(password="right", starttls=serving(certificate)) as server:
        await channel(server.port, "starttls", user="desk", password="right").send(parcel())
        with pytest.raises(ChannelError) as caught:
            await channel(server.port, "starttls", user="desk", password="wrong").send(parcel())
    assert (caught.value.retryable, caught.value.uncertain) == (True, False)
    assert len(server.mails) == 1
    assert set(server.logins) == {"desk"}
