"""Readings and stays as files, out and in.

    errors        what can go wrong
    windows       a long range of readings, piece by piece in bounded memory
    pseudonyms    the same stranger for the same patient, by a keyed hash
    tables        CSV and Parquet out
    edf           EDF+ out, one record a minute
    fhir          FHIR R4 Observations and Encounters out
    sources       CSV and Parquet in, row by row
    legacy        the tutorial's database in
    sorter        rows in the order of time, put in order on disk
    local_times   what a wall clock without an offset meant
    front_door    posts to Bedside's API, again where it could not answer
    imports       rows through the front door: dry, resumable, with a report of what was refused
    stay_imports  stays through admissions, discharges and transfers

Nothing here reaches InfluxDB: whoever exports gives a function that asks for readings, and imports know the API alone.
"""
