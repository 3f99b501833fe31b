"""From table calls to work: steps, what of them the database can do itself, and an explanation of both."""
