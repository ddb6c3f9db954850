"""The web desk: where advisors see who waits, read, answer and close."""
