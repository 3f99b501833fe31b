"""Tables over a socket."""
