"""What the contract says in words: clocks, repetitions, images, tokens, names; over a socket, each on its own ward."""

import base64
import gzip
import hashlib
import json
import re
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(200))
NOW = {"room": 1, "mrn": 7, "spo2": 95}


def iso(ahead_s: float = 0) -> str:
    """The clock of a device that is so many seconds ahead."""
    return (datetime.now(UTC) + timedelta(seconds=ahead_s)).isoformat(timespec="milliseconds")


def instant(text: str) -> datetime:
    """The instant of an answer's time."""
    return datetime.fromisoformat(text)


def test_without_a_time_the_servers_clock_is_strictly_increasing(ward: Any) -> None:
    """A thousand readings of one room without a time get a thousand different, increasing times."""
    results = ward.read([NOW] * 1000).json()["results"]
    times = [instant(result["time"]) for result in results]
    assert times == sorted(set(times))
    assert abs((times[0] - datetime.now(UTC)).total_seconds()) < 60


def test_the_servers_clock_is_later_than_what_devices_sent(ward: Any) -> None:
    """A reading without a time, after one whose clock is ahead, is still the room's latest, and turns it over."""
    ward.read({**NOW, "time": iso(240)})
    ward.read({**NOW, "mrn": 8})
    assert ward.get("/v1/rooms/1")["mrn"] == "8"


def test_a_time_ahead_is_refused_beyond_five_minutes(ward: Any) -> None:
    """Four minutes ahead are kept, six are not."""
    assert ward.read({**NOW, "time": iso(240)}).status_code == 201
    answer = ward.read({**NOW, "time": iso(360)})
    assert (answer.status_code, answer.json()["type"]) == (422, "time-in-future")


def test_a_clock_that_is_off_is_corrected_and_a_repetition_gets_the_same_time(ward: Any) -> None:
    """A device an hour ahead says so with `sent_at`: its times are corrected, flagged, and stable when sent again."""
    sent = {**NOW, "time": iso(3600), "sent_at": iso(3600), "device": "d-1"}
    first = ward.read(sent)
    assert first.status_code == 201, first.text
    assert first.json()["flags"] == ["skew-corrected"]
    assert abs((instant(first.json()["time"]) - datetime.now(UTC)).total_seconds()) < 30
    time.sleep(1.2)
    again = ward.read({**sent, "sent_at": iso(3605)})
    assert again.content == first.content
    assert 'bedside_device_skew_seconds{device="d-1"} 3' in ward.call("GET", "/metrics").text
    remembered = ward.read({**NOW, "time": iso(3610), "device": "d-1"})
    assert remembered.json()["flags"] == ["skew-corrected"]


def test_a_clock_within_30_seconds_is_left_alone(ward: Any) -> None:
    """Twenty seconds are no skew."""
    sent = iso(20)
    answer = ward.read({**NOW, "time": sent, "sent_at": sent})
    assert answer.json()["flags"] == []
    assert instant(answer.json()["time"]) == instant(sent)


def test_a_batch_says_its_clock_in_a_header_and_the_device_is_the_token(ward: Any) -> None:
    """`Bedside-Sent-At` corrects every item of a batch; its device is the token's name."""
    items = [{**NOW, "time": iso(-7200 + n)} for n in range(3)]
    answer = ward.read(items, headers={"Bedside-Sent-At": iso(-7200)})
    for n, result in enumerate(answer.json()["results"]):
        assert result["flags"] == ["skew-corrected"]
        assert abs((instant(result["time"]) - datetime.now(UTC)).total_seconds() - n) < 30
    assert 'device="test-monitor"' in ward.call("GET", "/metrics").text


def test_corrected_times_never_overwrite_another_point(ward: Any) -> None:
    """Two readings sent with different times are two points, also where a correction puts both at one instant."""
    right = iso()
    assert ward.read({**NOW, "time": right}).status_code == 201
    moved = (instant(right) + timedelta(hours=1)).isoformat(timespec="milliseconds")
    ward.service.committer.submit(lambda tx: tx.skews.update({"d-2": 3_600_000}))
    answer = ward.read({**NOW, "spo2": 90, "time": moved, "device": "d-2"})
    assert instant(answer.json()["time"]) == instant(right) + timedelta(milliseconds=1)
    points = [line.rsplit(" ", 1)[1] for line in ward.lines() if line.startswith("cpap")]
    assert len(points) == len(set(points)) == 2


def test_an_idempotency_key_makes_a_reading_without_time_safe(ward: Any) -> None:
    """The same key and body get the stored answer, byte for byte; another body is 422; a token is a scope."""
    key = {"Idempotency-Key": "k-1"}
    first = ward.read(NOW, headers=key)
    assert ward.read(NOW, headers=key).content == first.content
    reused = ward.read({**NOW, "spo2": 90}, headers=key)
    assert (reused.status_code, reused.json()["type"]) == (422, "idempotency-key-reused")
    assert ward.read(NOW, headers=key, role="admin").content != first.content
    assert len([line for line in ward.lines() if line.startswith("cpap")]) == 2
    batch = [ward.read([NOW] * 3, headers={"Idempotency-Key": "k-2"}) for _ in range(2)]
    assert batch[0].content == batch[1].content
    post = dict.fromkeys(("patient_name", "CPAP_pressure", "breath_rate", "apnea_count", "flow_image"), "")
    body = {**post, "patient_mrn": 4, "room_number": 4}
    answers = [ward.call("POST", "/add_patient", body, headers={"Idempotency-Key": "k-3"}).json() for _ in range(2)]
    assert answers == ["New patient created"] * 2


def test_a_key_that_still_runs_is_409(ward: Any) -> None:
    """While the first request of a key waits for the disk, the second is told so."""
    hold, held = threading.Event(), threading.Event()

    def block(_tx: Any) -> None:
        held.set()
        hold.wait(30)

    blocker = threading.Thread(target=ward.service.committer.submit, args=(block,))
    blocker.start()
    held.wait(30)
    answers: list[Any] = []
    first = threading.Thread(target=lambda: answers.append(ward.read(NOW, headers={"Idempotency-Key": "k"})))
    first.start()
    while not ward.service.keys._running:
        time.sleep(0.01)
    second = ward.call("POST", "/v1/readings", NOW, headers={"Idempotency-Key": "k"})
    hold.set()
    first.join()
    blocker.join()
    assert (second.status_code, second.json()["type"]) == (409, "idempotency-key-running")
    assert answers[0].status_code == 201


def test_a_full_queue_is_503(start: Callable[..., Any]) -> None:
    """When more readings wait for the disk than may, the next is 503 with Retry-After."""
    ward = start(queue_limit=2)
    hold, held = threading.Event(), threading.Event()

    def block(_tx: Any) -> None:
        held.set()
        hold.wait(30)

    blocker = threading.Thread(target=lambda: ward.service.committer.submit(block, 2))
    blocker.start()
    held.wait(30)
    answer = ward.read(NOW)
    hold.set()
    blocker.join()
    assert (answer.status_code, answer.json()["type"]) == (503, "too-busy")
    assert int(answer.headers["Retry-After"]) >= 1
    assert ward.read(NOW).status_code == 201


def test_an_image_is_kept_by_its_digest(ward: Any) -> None:
    """The point carries the SHA-256, the image comes back as sent, and a refused reading leaves no image."""
    digest = hashlib.sha256(PNG).hexdigest()
    body = {**NOW, "time": "2026-01-10T22:00:00Z", "flow_image": base64.b64encode(PNG).decode()}
    assert ward.read(body).status_code == 201
    assert any(f'flow_image="{digest}"' in line for line in ward.lines())
    shown = ward.call("GET", f"/v1/images/{digest}", role="clinician")
    assert (shown.content, shown.headers["Content-Type"]) == (PNG, "image/png")
    assert ward.call("GET", f"/v1/images/{digest}").status_code == 403
    assert ward.call("GET", "/v1/images/" + "0" * 64, role="clinician").status_code == 404
    other = {**body, "flow_image": base64.b64encode(PNG + b"2").decode()}
    assert ward.read(other).status_code == 409
    assert [path.name for path in ward.settings.images.rglob("*") if path.is_file()] == [digest]
    assert ward.read(body).status_code == 201
    assert ward.call("GET", f"/v1/images/{digest}", role="clinician").status_code == 200


def test_the_tutorials_image_may_be_any_text(ward: Any) -> None:
    """What is no base64 is kept as it is, and never served as something that a browser would run."""
    body = dict.fromkeys(("patient_name", "CPAP_pressure", "breath_rate", "apnea_count"), "")
    text = "<script>alert(1)</script>"
    answer = ward.call("POST", "/add_patient", {**body, "patient_mrn": 1, "room_number": 1, "flow_image": text})
    assert answer.status_code == 200
    shown = ward.call("GET", f"/v1/images/{hashlib.sha256(text.encode()).hexdigest()}", role="clinician")
    assert shown.content == text.encode()
    assert shown.headers["Content-Type"] == "application/octet-stream"


def test_tokens_have_roles_rooms_and_an_end(ward: Any) -> None:
    """A monitor's token is limited to its rooms, expires, and is revoked at once; its secret is shown only once."""
    made = ward.call("POST", "/v1/tokens", {"role": "monitor", "name": "icu", "rooms": [1, "A-2"]}, role="admin")
    assert made.status_code == 201
    ward.tokens["icu"] = made.json()["token"]
    assert ward.read(NOW, role="icu").status_code == 201
    refused = ward.read({**NOW, "room": 2}, role="icu")
    assert (refused.status_code, refused.json()["type"]) == (403, "room-not-allowed")
    results = ward.read([NOW, {**NOW, "room": 2}, {**NOW, "room": "A-2"}], role="icu").json()
    assert [result["status"] for result in results["results"]] == ["accepted", "rejected", "accepted"]
    listed = ward.call("GET", "/v1/tokens", role="admin")
    assert ward.tokens["icu"] not in listed.text
    assert ward.call("DELETE", f"/v1/tokens/{made.json()['id']}", role="admin").status_code == 204
    assert ward.read(NOW, role="icu").status_code == 401
    assert ward.call("DELETE", "/v1/tokens/admin", role="admin").status_code == 409

    for ahead_s in (0.5, 5.0, 50.0):  # on a busy machine it may have expired before it is made
        body = {"role": "monitor", "name": "s", "expires_at": iso(ahead_s)}
        soon = ward.call("POST", "/v1/tokens", body, role="admin")
        if soon.status_code == 201:
            break
    ward.tokens["soon"] = soon.json()["token"]
    time.sleep(ahead_s + 0.1)
    assert ward.read(NOW, role="soon").status_code == 401


def test_with_turnover_adt_readings_move_nobody(start: Callable[..., Any]) -> None:
    """A differing MRN is kept and flagged, and only admissions move rooms."""
    ward = start(turnover="adt")
    assert ward.read({**NOW, "time": "2026-01-10T10:00:00Z"}).json()["flags"] == ["unexpected-mrn"]
    ward.call("POST", "/v1/rooms/1/admit", {"mrn": 7, "time": "2026-01-10T11:00:00Z"}, role="clinician")
    assert ward.read({**NOW, "time": "2026-01-10T12:00:00Z"}).json()["flags"] == []
    assert ward.read({**NOW, "mrn": 8, "time": "2026-01-10T13:00:00Z"}).json()["flags"] == ["unexpected-mrn"]
    assert ward.get("/v1/rooms/1")["mrn"] == "7"
    assert any(line.startswith("cpap,mrn=8,room=1 ") for line in ward.lines())


def test_a_late_name_never_turns_a_name_back(ward: Any) -> None:
    """The name of the latest reading that gave one stands."""
    ward.read({**NOW, "time": "2026-01-10T10:00:00Z", "name": "Ada Park"})
    ward.read({**NOW, "time": "2026-01-10T09:00:00Z", "name": "Ada Prak"})
    assert ward.get("/v1/patients/7")["name"] == "Ada Park"
    ward.read({**NOW, "time": "2026-01-10T11:00:00Z", "name": "Ada Byron"})
    assert ward.get("/v1/patients/7")["name"] == "Ada Byron"


def test_names_and_mrns_stay_home(start: Callable[..., Any], capfd: pytest.CaptureFixture[str]) -> None:
    """With every request logged, no name and no MRN is in a log, a metric or the outbox's fields."""
    ward = start(log_level="debug")
    ward.read({"room": 1, "mrn": "mrn-of-zaphod", "name": "Zaphod Beeblebrox", "spo2": 95})
    ward.call("GET", "/v1/patients/mrn-of-zaphod", role="clinician")
    ward.call("GET", "/v1/patients/mrn-of-zaphod/nothing", role="clinician")
    figures = ward.call("GET", "/metrics").text
    written = "".join(capfd.readouterr())
    assert '"route": "/v1/patients/<mrn>"' in written
    for secret in ("zaphod", "Zaphod", "Beeblebrox"):
        assert secret not in written
        assert secret not in figures
    assert not any("Zaphod" in line for line in ward.lines())
    for line in written.splitlines():
        json.loads(line)


def test_receipts_are_forgotten_after_their_days(start: Callable[..., Any]) -> None:
    """A receipt older than BEDSIDE_RECEIPT_DAYS is pruned; younger ones stay."""
    ward = start(receipt_days=2)
    ward.read([{**NOW, "time": f"2026-01-10T10:00:{n:02d}Z"} for n in range(10)])
    old = int((time.time() - 3 * 86400) * 1000)
    ward.service.committer.submit(
        lambda tx: tx.write("UPDATE receipts SET received_ms=? WHERE sent_ms % 2000 = 0", (old,)) and None
    )

    def count() -> int:
        with ward.service.readers.connect() as connection:
            return connection.exec_driver_sql("SELECT count(*) FROM receipts").scalar_one()

    while count() != 5:
        time.sleep(0.05)
    assert (
        ward.read({**NOW, "time": "2026-01-10T10:00:01Z"}).content
        == ward.read({**NOW, "time": "2026-01-10T10:00:01Z"}).content
    )


def test_everything_is_as_before_after_a_restart(start: Callable[..., Any]) -> None:
    """Stays, receipts, the clock of a room, skews and stored answers outlive the process."""
    first = start()
    key = {"Idempotency-Key": "k"}
    kept = first.read({**NOW, "time": "2026-01-10T10:00:00Z"}, headers=key)
    first.read({**NOW, "time": iso(7200), "sent_at": iso(7200), "device": "d"})
    rooms, tokens = first.get("/v1/rooms"), first.tokens
    first.stop()
    second = start()
    second.tokens.update(tokens)
    assert second.get("/v1/rooms") == rooms
    assert second.read({**NOW, "time": "2026-01-10T10:00:00Z"}, headers=key).content == kept.content
    assert second.read({**NOW, "time": "2026-01-10T09:00:00Z"}).json()["flags"] == ["late"]
    assert second.read({**NOW, "time": iso(7200), "device": "d"}).json()["flags"] == ["skew-corrected"]


def test_the_page_of_the_api_asks_no_other_host(ward: Any) -> None:
    """`/docs` and its script come from this server, and its policy forbids any other host."""
    page = ward.call("GET", "/docs", role=None)
    assert page.status_code == 200
    assert "http" not in re.sub(r"<!doctype[^>]*>", "", page.text)
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert ward.call("GET", "/docs/scalar.js", role=None).status_code == 200


def test_gzip_has_an_older_name(ward: Any) -> None:
    """`x-gzip` is gzip (RFC 9110, 8.4.1.3), in any case."""
    for coding in ("gzip", "x-gzip", "X-GZIP"):
        answer = ward.read(gzip.compress(json.dumps(NOW).encode()), headers={"Content-Encoding": coding})
        assert answer.status_code == 201, answer.text


def test_figures_are_in_prometheus_own_format(ward: Any) -> None:
    """The media type is the text format's, once; what is refused is counted by its reason, the tutorial's too."""
    ward.read({**NOW, "spo2": 101})
    ward.call("POST", "/add_patient", {"patient_mrn": "x"})
    ward.call("POST", "/add_patient", b"{}", headers={"Content-Type": "text/plain"})
    answer = ward.call("GET", "/metrics")
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    for reason in ("invalid-reading", "invalid-input", "unsupported-media-type"):
        assert f'bedside_readings_rejected_total{{reason="{reason}"}} 1.0' in answer.text
