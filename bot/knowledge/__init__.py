"""What the bot knows: files of a folder, read and checked (load, check), and shown in the reader's language (render, hours)."""
