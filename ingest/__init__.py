"""The HTTP API that monitors post to: validation, identity and stays, the outbox and its forwarder."""
