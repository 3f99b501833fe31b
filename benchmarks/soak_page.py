"""What a soak came to: the figures of each minute, the page of them, and the plot."""

import os
import platform
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import matplotlib as mpl
import numpy as np
import soak_monitors as monitors
from soak_verify import MOST_EXAMPLES, Verdict
from soak_watch import PARTS, SHOWN, Sample, Screen

mpl.use("Agg")
mpl.rcParams["svg.hashsalt"] = "soak"  # the same figures make the same file
from matplotlib import pyplot as plt  # noqa: E402 - after the choice of what draws

MINUTE_S = 60.0
SLOWEST = 10
COLOURS = ("#0072b2", "#d55e00", "#e69f00", "#009e73", "#cc79a7")  # of Okabe and Ito's palette
SETTLED = 1 / 3  # memory is judged after so much of the run: caches fill before


@dataclass
class Soak:
    """All that is known of a run so far. `state` says how it ended or that it goes on, `verdict` comes last."""

    command: str
    rooms: int
    rate: float
    minutes: float
    began_s: float
    load_before: float
    state: str = "It is still running."
    ended_s: float = 0.0
    records: np.ndarray = field(default_factory=lambda: np.zeros(0, monitors.RECORD))
    samples: list[Sample] = field(default_factory=list)
    screens: list[Screen] = field(default_factory=list)
    faults: dict[str, int] = field(default_factory=dict)
    starts: dict[str, int] = field(default_factory=dict)
    verdict: Verdict | None = None

    @property
    def good(self) -> bool:
        """Whether everything was answered as it should be and is where it should be."""
        failed = any(screen.faults for screen in self.screens)
        return self.verdict is not None and self.verdict.ok and not self.faults and not failed

    def took_ms(self, since_s: float = 0.0, until_s: float = 1e12) -> np.ndarray:
        """How long after they were due the batches of that time were acknowledged."""
        rows = self.records[self.records["kind"] == monitors.NEW]
        return rows["took_s"][(rows["due_s"] >= since_s) & (rows["due_s"] < until_s)] * 1000

    def asked_ms(self, since_s: float = 0.0, until_s: float = 1e12) -> np.ndarray:
        """How long the queries of that time took."""
        return np.array(
            [took * 1000 for screen in self.screens for at, _, took in screen.took if since_s <= at < until_s]
        )


@dataclass
class Minute:
    """One minute's figures; what nothing is known of is NaN."""

    number: int
    readings: int
    post_ms: tuple[float, float, float]
    asked: int
    asked_ms: tuple[float, float, float]
    memory_mb: dict[str, float]
    cpu: dict[str, float]
    disk_mb: dict[str, float]
    outbox_lines: float
    lag_s: float

    def line(self) -> str:
        """The minute in a line, for whoever waits."""
        memory = ", ".join(f"{part} {size:.0f}" for part, size in self.memory_mb.items())
        return (
            f"minute {self.number}: {self.readings:,} readings, posts p50 {self.post_ms[0]:.1f} ms, p99 "
            f"{self.post_ms[1]:.1f} ms; {self.asked} queries, p50 {self.asked_ms[0]:.0f} ms, p99 "
            f"{self.asked_ms[1]:.0f} ms; MB: {memory}; outbox {self.outbox_lines:.0f} lines, {self.lag_s:.2f} s behind"
        )


def of_times(times: np.ndarray) -> tuple[float, float, float]:
    """Median, 99th percentile and worst."""
    if not len(times):
        return np.nan, np.nan, np.nan
    return float(np.percentile(times, 50)), float(np.percentile(times, 99)), float(times.max())


def minutes(soak: Soak) -> list[Minute]:
    """The figures of each minute that is over, and of the last one where the run has ended in it."""
    until_s = soak.ended_s or time.time()
    found = []
    for number in range(int(np.ceil((until_s - soak.began_s) / MINUTE_S))):
        since_s = soak.began_s + number * MINUTE_S
        samples = [sample for sample in soak.samples if since_s <= sample.at_s < since_s + MINUTE_S]
        if not soak.ended_s and since_s + MINUTE_S > until_s:
            break
        if not samples:
            continue
        posts, asked = soak.took_ms(since_s, since_s + MINUTE_S), soak.asked_ms(since_s, since_s + MINUTE_S)
        span_s = samples[-1].at_s - samples[0].at_s
        found.append(
            Minute(
                number + 1,
                len(posts) * monitors.BATCH,
                of_times(posts),
                len(asked),
                of_times(asked),
                {part: max(s.memory_mb.get(part, np.nan) for s in samples) for part in SHOWN},
                {
                    part: (samples[-1].cpu_s.get(part, np.nan) - samples[0].cpu_s.get(part, np.nan))
                    / (span_s or np.nan)
                    for part in PARTS
                },
                samples[-1].disk_mb,
                max(s.gauges.get("outbox_lines", np.nan) for s in samples),
                max(s.gauges.get("lag_s", np.nan) for s in samples),
            )
        )
    return found


def growth_mb_h(soak: Soak, part: str) -> float:
    """How fast a part's memory grows in the settled part of the run, by least squares."""
    if not soak.samples:
        return np.nan
    first, last = soak.samples[0].at_s, soak.samples[-1].at_s
    settled = [s for s in soak.samples if s.at_s >= first + (last - first) * SETTLED and part in s.memory_mb]
    if len(settled) < 3:
        return np.nan
    at_h = np.array([(sample.at_s - first) / 3600 for sample in settled])
    return float(np.polyfit(at_h, [sample.memory_mb[part] for sample in settled], 1)[0])


def machine() -> str:
    """What it ran on."""
    model = "a processor"
    memory_gb = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e9
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        model = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), model)
    except OSError:
        pass
    return (
        f"{os.cpu_count()} cores ({model}), {memory_gb:.0f} GB of memory, {platform.system()} {platform.release()}, "
        f"Python {platform.python_version()}"
    )


def page(soak: Soak, plot: str) -> str:
    """The whole page; `plot` is the file of the picture, beside it."""
    rows = minutes(soak)
    began = datetime.fromtimestamp(soak.began_s, UTC)
    return "\n".join(
        [
            "# A soak: hours of readings, with dashboards beside them",
            "",
            f"`bedside up` with influxlite, {soak.rooms} rooms, {soak.rate:,.0f} readings of six fields a second,",
            f"posted in batches of {monitors.BATCH} over {soak.rooms} connections. Every dashboard is asked as by",
            "Grafana, one query after the other, and anew 10 to 30 s later, the alert rules each minute; an analyst's",
            "queries and the ward page are asked beside them. A patient stays for 15 minutes, one batch in a hundred",
            "is sent twice, one in two hundred comes half a minute late. Monitors, screens and servers share one",
            f"machine: {machine()}.",
            f"Begun {began:%d %B %Y, %H:%M} UTC; other work was a load of {soak.load_before:.1f} then.",
            f"{soak.state} Made by",
            "",
            f"    {soak.command}",
            "",
            *summary(soak, rows),
            "",
            f"![Latency, memory, disk and outbox, minute by minute]({plot})",
            "",
            "A post's latency is from the moment when it was due to the last byte of its answer: one that had to wait",
            "for the one before it counts that, too. Queries are all that the dashboards, the alert rules, the analyst",
            "and the ward page ask; what they look at grows all the time. Memory is the largest resident size in the",
            "minute; influxlite's is told with and without what DuckDB keeps of its file, which grows with the data",
            "that is asked for, up to `--memory-limit-mb` (1,024 MB).",
            "",
            *table(rows),
            "",
            f"The {SLOWEST} queries that took longest, by their medians:",
            "",
            *slowest(soak),
            "",
        ]
    )


def summary(soak: Soak, rows: list[Minute]) -> list[str]:
    """The figures of the whole run."""
    posts, asked = of_times(soak.took_ms()), of_times(soak.asked_ms())
    sent_again = int((soak.records["tries"] > 1).sum())
    unanswered = int((soak.records["kind"] == monitors.UNANSWERED).sum())
    faults = ", ".join(f"{kind}: {count}" for kind, count in soak.faults.items()) or "none"
    broken = [fault for screen in soak.screens for fault in screen.faults]
    restarts = sum(max(0, count - 1) for count in soak.starts.values())
    told = ", ".join([f"{len(soak.asked_ms()):,}", *(f"{ms:,.0f}" for ms in asked)])
    out = [
        "| | |",
        "| --- | ---: |",
        f"| ran | {((soak.ended_s or time.time()) - soak.began_s) / 60:.1f} of {soak.minutes:g} minutes |",
        f"| readings acknowledged | {len(soak.took_ms()) * monitors.BATCH:,} |",
        f"| posts: p50, p99, worst (ms) | {posts[0]:.1f}, {posts[1]:.1f}, {posts[2]:,.0f} |",
        f"| batches that had to be sent more than once, that were never answered | {sent_again}, {unanswered} |",
        f"| unexpected answers | {faults} |",
        f"| queries: number, p50, p99, worst (ms) | {told} |",
        f"| queries that failed, parts that had to be restarted | {len(broken)}, {restarts} |",
        *(f"| a query that failed | {fault} |" for fault in broken[:MOST_EXAMPLES]),
    ]
    for part in SHOWN:
        if rows:
            first, last = rows[0].memory_mb[part], rows[-1].memory_mb[part]
            name = "`bedside up` itself" if part == "up" else part
            out.append(
                f"| memory of {name}: first minute, last, growth after the first third "
                f"| {first:.0f} MB, {last:.0f} MB, {growth_mb_h(soak, part):+.0f} MB/h |"
            )
    return out + verified(soak.verdict)


def verified(verdict: Verdict | None) -> list[str]:
    """The rows of the comparison with the ledger."""
    if verdict is None:
        return ["| held against the ledger | not yet |"]
    counts = ", ".join(f"{count:,} {kind}" for kind, count in verdict.wrong.items())
    compared = f"{verdict.readings:,}, {verdict.points:,}, {verdict.stays:,}"
    rows = [f"| held against the ledger: readings, values read back, stays | {compared} |", f"| found | **{counts}** |"]
    return rows + [f"| for example | {example} |" for example in verdict.examples]


def table(rows: list[Minute]) -> list[str]:
    """A row a minute."""
    head = "| minute | readings | posts p50, p99 (ms) | queries | p50, p99 (ms) |"
    parts = " | ".join(f"{part} MB" for part in SHOWN)
    out = [f"{head} {parts} | processor, cores | disk MB | outbox lines | behind s |"]
    out.append("| ---: " * (9 + len(SHOWN)) + "|")
    for row in rows:
        memory = " | ".join(f"{row.memory_mb[part]:.0f}" for part in SHOWN)
        cores, disk_mb = np.nansum(list(row.cpu.values())), sum(row.disk_mb.values())
        out.append(
            f"| {row.number} | {row.readings:,} | {row.post_ms[0]:.1f}, {row.post_ms[1]:.1f} | {row.asked} "
            f"| {row.asked_ms[0]:.0f}, {row.asked_ms[1]:.0f} | {memory} | {cores:.2f} | {disk_mb:,.0f} "
            f"| {row.outbox_lines:.0f} | {row.lag_s:.2f} |"
        )
    return out


def slowest(soak: Soak) -> list[str]:
    """A row for each of the queries that took longest."""
    found = []
    for screen in soak.screens:
        for title in screen.questions:
            took = np.array([seconds * 1000 for _, asked, seconds in screen.took if asked == title])
            if len(took):
                found.append((of_times(took), len(took), f"{screen.name_shown}: {title}"))
    out = ["| query | asked | p50, p99, worst (ms) |", "| --- | ---: | ---: |"]
    for times, count, name in sorted(found, reverse=True)[:SLOWEST]:
        out.append(f"| {name} | {count} | " + ", ".join(f"{ms:,.0f}" for ms in times) + " |")
    return out


def draw(soak: Soak, path: Path) -> None:
    """The plot as SVG: five charts on one axis of minutes."""
    rows = minutes(soak)
    at = [row.number for row in rows]
    figure, axes = plt.subplots(5, 1, sharex=True, figsize=(9, 11), constrained_layout=True)
    for axis, name in ((axes[0], "post_ms"), (axes[1], "asked_ms")):
        for place, label in enumerate(("p50", "p99")):
            axis.plot(at, [getattr(row, name)[place] for row in rows], color=COLOURS[place], label=label)
        axis.set_yscale("log")
    axes[0].set_title("posts of 20 readings, ms", loc="left")
    axes[1].set_title("queries, ms", loc="left")
    began_s = soak.began_s
    for place, part in enumerate(SHOWN):
        told = [((s.at_s - began_s) / MINUTE_S, s.memory_mb[part]) for s in soak.samples if part in s.memory_mb]
        axes[2].plot(*zip(*told, strict=True), color=COLOURS[place], label=part, linewidth=1) if told else None
    axes[2].set_title("resident memory, MB", loc="left")
    for place, kind in enumerate(soak.samples[0].disk_mb if soak.samples else ()):
        told = [((s.at_s - began_s) / MINUTE_S, s.disk_mb[kind]) for s in soak.samples]
        axes[3].plot(*zip(*told, strict=True), color=COLOURS[place], label=kind, linewidth=1)
    axes[3].set_title("disk, MB", loc="left")
    told = [((s.at_s - began_s) / MINUTE_S, s.gauges.get("outbox_lines", np.nan)) for s in soak.samples]
    axes[4].plot(*zip(*told, strict=True), color=COLOURS[0], label="lines", linewidth=1) if told else None
    axes[4].set_title("outbox, lines that wait for InfluxDB", loc="left")
    axes[4].set_xlabel("minutes")
    for axis in axes:
        axis.grid(visible=True, color="#d9dde2", linewidth=0.5)
        if axis.get_legend_handles_labels()[0]:
            axis.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False)
        if axis in axes[2:]:
            axis.set_ylim(bottom=0)
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)
