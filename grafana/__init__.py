"""Dashboards and alert rules as code, and the JSON and YAML that they make.

    boards/         one dashboard a file, built with Grafana's Foundation SDK
    alerts.py       the alert rules, and whom they tell
    generated/      what Grafana provisions and the ward page draws: never edited, `python -m grafana` writes it anew
    published.py    reads `generated/`; needs no SDK

Every query is a question of `query/questions/`, its `params` filled by Grafana's variables.

Bedside stores and shows. It is not for active patient monitoring, and every alert says so.
"""
