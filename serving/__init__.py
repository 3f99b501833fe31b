"""How an app meets the network: granian, deadlines and limits for bodies, an end to work whose client has left.

    from serving import Limits, run

    run(app, host="127.0.0.1", port=8000, limits=Limits(body_bytes=32 * 2**20))

`app` is any WSGI callable. It gets a body only once the whole of it is there, so that a slow sender holds a few
kilobytes and no thread, and it finds `environ["serving.client_left"]`, a `threading.Event` that is set when the client
is gone. `run` returns after SIGTERM or SIGINT, when the requests that had begun are answered.

An app whose answer depends on something that takes its time (a commit, say) need not keep a thread waiting for it. It
returns an iterable with a method `when_ready(tell)`, which calls `tell()` once, from any thread, when iterating would
no longer block; only then is it iterated, on the event loop's thread, and only then need it call `start_response`. To
any other WSGI server it is an iterable like others, which blocks until it is ready.

Where the app returns so soon that handing the request to a thread would cost more than the request, `run` is told so
by `quick(environ, body)`: these requests are run on the event loop's thread, and hold no `serving.client_left`.

Paths that another process on this machine answers are named by `forward=Forward(takes, host, port)`: the event loop
passes these requests on, so that they hold no thread of the app, however long they take.

Others than this machine may connect only where `Limits(behind_proxy=True)` says that a proxy with TLS is in front. Who
tries one wrong token after the other is told 429 (`Limits.refused_per_minute`), whatever app is behind.

Errors: `AddressTaken`, `AddressRefused` and `Exposed` (all `ServingError`) say which address could not be listened on,
and why.
"""

from serving.errors import AddressRefused, AddressTaken, Exposed, ServingError
from serving.exposure import check_exposure
from serving.forward import Forward
from serving.limits import Limits, Refusal, carries_a_token
from serving.server import check_address, run

__all__ = [
    "AddressRefused",
    "AddressTaken",
    "Exposed",
    "Forward",
    "Limits",
    "Refusal",
    "ServingError",
    "carries_a_token",
    "check_address",
    "check_exposure",
    "run",
]
