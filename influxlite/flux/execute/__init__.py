"""Running a plan: blocks of tables, the run that owns limits and options, functions over rows."""
