"""Messages to Telegram."""
