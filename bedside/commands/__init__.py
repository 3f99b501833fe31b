"""The subcommands of `bedside`, one a file, each named as it is typed."""
