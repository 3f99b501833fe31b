"""Messages to Microsoft Teams."""
