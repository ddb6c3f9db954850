"""A server on loopback that behaves as WhatsApp's Cloud API does: real HTTP, its limits, its signatures, its 24 hours, faults on demand."""

from tests.cloudapi.server import APP_SECRET, PHONE_ID, TOKEN, VERIFY_TOKEN, CloudApi, Sent

__all__ = ["APP_SECRET", "PHONE_ID", "TOKEN", "VERIFY_TOKEN", "CloudApi", "Sent"]
