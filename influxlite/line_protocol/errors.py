"""What can go wrong in line protocol.

LineProtocolError   one or more lines cannot be read; the message is InfluxDB's, a sentence for each such line
└── (a LineError within the parser says why one line cannot be read)
"""


class LineProtocolError(ValueError):
    """Lines that cannot be read: nothing of the batch is stored. The message repeats each line, as InfluxDB does."""


class LineError(ValueError):
    """Why one line cannot be read; the parser makes a LineProtocolError of all of them."""
