"""Messages to Webex Teams."""
