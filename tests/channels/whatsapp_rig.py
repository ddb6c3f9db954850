"""Builds WhatsApp channels for tests."""

from __future__ import annotations

from datetime import UTC, datetime

from bot.channels.whatsapp import WhatsAppChannel
from tests.cloudapi import APP_SECRET, PHONE_ID, TOKEN, VERIFY_TOKEN, CloudApi

NOT_PASSED = "The file <here> could not be passed on."


def make_channel(api: CloudApi, **more: object) -> WhatsAppChannel:
    """Make a channel for a Cloud API server."""
    settings: dict[str, object] = {
        "phone_id": PHONE_ID,
        "app_secret": APP_SECRET,
        "verify_token": VERIFY_TOKEN,
        "api_url": api.url,
        "clock": lambda: datetime.now(UTC),
        "not_passed": NOT_PASSED,
        "choose": {"es": "Elegir", "ar": "اختر"},
        "machine": {"es": "traducción automática"},
    }
    return WhatsAppChannel(TOKEN, **(settings | more))  # type: ignore[arg-type]
