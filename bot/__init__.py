"""Dragoman guides people with a migratory background through the services of their city.

Six nouns and one verb. An **Event** is something that happened (a text, a button, a shared place). A **Conversation** is all
we remember about where one contact stands. The verb `step` takes both and returns a **Turn**: the new conversation and a tuple
of **Effects** (what should now happen). A **Store** keeps it; a **Channel** carries it. Everything hard is in `step`, and `step`
touches nothing: no network, disk, clock, chance, await.
"""

__version__ = "0.7.0"
