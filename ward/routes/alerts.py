"""`/ward/api/alerts`: what fires, who silenced it and until when; acknowledge, snooze, lift."""

from flask import Blueprint, Response

from ward.errors import NotAllowed
from ward.routes.common import answer, body, parts, record, session
from ward.routes.session import entry
from ward.silences import Silence

blueprint = Blueprint("alerts", __name__)
LONGEST_COMMENT = 200
NOTICE = "Not for active patient monitoring."


@blueprint.get("/ward/api/alerts")
def list_alerts() -> Response:
    """Every alert that fires or is about to, the most urgent first, each with its silence where it has one."""
    session()
    return answer({"notice": NOTICE, **parts().alerts.document(parts().silences.in_force())})


@blueprint.post("/ward/api/alerts/silences")
def silence() -> Response:
    """Acknowledge or snooze an alert that fires: `{"alert", "kind", "for_s", "comment"}`."""
    by, asked = session(), body()
    kind, comment, for_s = asked.get("kind"), asked.get("comment") or "", asked.get("for_s")
    if not isinstance(comment, str) or len(comment) > LONGEST_COMMENT:
        raise NotAllowed("unfit-silence", f"A comment is text of at most {LONGEST_COMMENT} characters.")
    if for_s is not None and (isinstance(for_s, bool) or not isinstance(for_s, int | float)):
        raise NotAllowed("unfit-silence", "The length of a snooze is a number of seconds.")
    alert = parts().alerts.find(str(asked.get("alert")))
    patient = {"patient": parts().settings.pseudonym(mrn)} if (mrn := alert.labels.get("mrn")) else {}

    def told(made: Silence) -> None:
        record([entry(by, "silence", alert=alert.rule.uid, kind=made.kind, **patient)])

    made = parts().silences.add(alert.id, str(kind), by.who, comment, for_s, told)
    return answer(made.document(), 201)


@blueprint.delete("/ward/api/alerts/silences/<id_>")
def lift(id_: str) -> Response:
    """End a silence before its time."""
    by = session()

    def told(lifted: Silence) -> None:
        record([entry(by, "unsilence", alert=lifted.alert.partition("|")[0])])

    parts().silences.lift(id_, told)
    return answer({"status": "lifted"})
