"""The command line and the wiring: settings, `bedside up` and the supervision of its parts."""
