"""Records the answers of a real InfluxDB: `python -m tests.influxlite.flux.stdlib.record URL TOKEN ORG [package …]`."""

from __future__ import annotations

import json
import sys
import urllib.error
import urllib.parse
import urllib.request

from tests.influxlite.flux.stdlib.recorded import ANSWERS, Case, Refused, answer_of, read


def asker(url: str, token: str, org: str):
    """A function from script to annotated CSV that asks a server."""

    def ask(script: str) -> str:
        body = {"query": script, "type": "flux", "dialect": {"annotations": ["datatype", "group", "default"]}}
        request = urllib.request.Request(
            f"{url}/api/v2/query?{urllib.parse.urlencode({'org': org})}",
            json.dumps(body).encode(),
            {"Authorization": f"Token {token}", "Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request) as response:
                text = response.read().decode()
        except urllib.error.HTTPError as problem:
            told = json.loads(problem.read())
            raise Refused(f"{told['code']}: {told['message']}") from None
        if "\r\n,error,reference\r\n" in text or text.startswith("error,reference"):
            raise Refused(f"late: {text}")
        return text

    return ask


def main(arguments: list[str]) -> None:
    """Write the answers of all files, or of the packages named, anew."""
    ask = asker(*arguments[:3])
    for path in sorted(ANSWERS.glob("*.txt")):
        if arguments[3:] and path.stem not in arguments[3:]:
            continue
        out = []
        for part in read(path):
            if isinstance(part, Case):
                part.answer = answer_of(part, ask)
            out.append(str(part).rstrip("\n"))
        path.write_text("\n".join(out) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
