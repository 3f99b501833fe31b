"""Messages to Pushbullet."""
