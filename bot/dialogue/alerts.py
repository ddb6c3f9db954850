"""Notices for some days: above the answers they are about, or, where they are about the whole city, above every answer and the menu."""

from __future__ import annotations

from collections.abc import Iterator

from bot.dialogue.compose import recall, remember, tongue
from bot.dialogue.context import Context
from bot.dialogue.home import Home
from bot.model import Alert, Block, Conversation, Paragraph, Run


def todays_alerts(home: Home, context: Context) -> Iterator[Alert]:
    """Yield the notices of today, by the calendar of the city."""
    today = home.today(context)
    yield from (alert for alert in home.city.alerts if alert.start <= today <= alert.end)


def city_alerts(locale: str, home: Home, context: Context) -> Iterator[Block]:
    """Yield today's notices about the whole city; who lives elsewhere in the country is not concerned."""
    if home.local:
        yield from (alert_block(alert, locale, home) for alert in todays_alerts(home, context) if alert.everywhere)


def alert_block(alert: Alert, locale: str, home: Home) -> Paragraph:
    """Show a notice in a language, else in English, else in that of the city."""
    known = alert.text
    text = known.get(locale) or known.get("en") or known.get(home.city.host_language) or next(iter(known.values()), "")
    return Paragraph((Run("⚠ ", bold=True), Run(text, bold=True, isolate=True)))


def told_of_city(conversation: Conversation, home: Home, context: Context) -> tuple[Conversation, tuple[Block, ...]]:
    """Return the notices about the whole city, once: again when they have changed, or after another city."""
    shown = tuple(city_alerts(tongue(conversation, context), home, context))
    days = ",".join(f"{alert.start}/{alert.end}" for alert in todays_alerts(home, context) if alert.everywhere)
    now = f"{home.city.slug}:{days}" if shown else ""
    if recall(conversation, "alerted") == now:
        return conversation, ()
    return remember(conversation, alerted=now or None), shown
