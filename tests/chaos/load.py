"""A simulated ward that goes on in the background for as long as a fault lasts, and the ledger it leaves."""

import threading
from dataclasses import replace

from simulator import Progress, Report, SimulateOptions, Verdict, simulate, verify
from tests.chaos.pipeline import GUARD_S, GoneError, until


class Load:
    """One ward on rooms of its own. `acknowledged` is how many readings were, so far."""

    def __init__(self, options: SimulateOptions) -> None:
        self.options = options
        self.acknowledged = 0
        self._stop = threading.Event()
        self._asked = False
        self._report: Report | None = None
        self._failed: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="ward", daemon=True)

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    def more(self, readings: int) -> None:
        """Return when so many more readings were acknowledged from now on."""
        wanted = self.acknowledged + readings
        until(lambda: self.acknowledged >= wanted or not self._thread.is_alive(), "the ward's readings were not taken")
        if not self._thread.is_alive():
            raise GoneError(f"the ward ended: {self._failed or (self._report and self._report.lines())}")

    def stop(self) -> Report:
        """End the ward, and say how it went; what nobody answered may be kept or not."""
        self._asked = self._thread.is_alive()
        self._stop.set()
        self._thread.join(GUARD_S)
        if self._thread.is_alive() or self._report is None:
            raise GoneError(f"the ward did not end: {self._failed}")
        if self._asked:
            self._report.error = None  # which says that it was stopped
        return self._report

    def verify(self) -> Verdict:
        """Hold the database against the ledger."""
        return verify(self.options)

    def _run(self) -> None:
        try:
            self._report = simulate(replace(self.options, verify=False), self._tell, self._stop)
        except BaseException as failed:
            self._failed = failed

    def _tell(self, progress: Progress) -> None:
        self.acknowledged = progress.done
