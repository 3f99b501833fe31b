"""Colours that people who see red and green alike can tell apart (Okabe and Ito, "Color Universal Design", 2008).

A state is never told by its colour alone: tables and timelines write it out, too.
"""

BLUE = "#0072B2"
SKY = "#56B4E9"
GREEN = "#009E73"
ORANGE = "#E69F00"
VERMILLION = "#D55E00"
PURPLE = "#CC79A7"
YELLOW = "#F0E442"
GREY = "#8A8F98"
NOTHING = "transparent"

GOOD, WARNING, ALARM, QUIET, AWAY, EMPTY = SKY, ORANGE, VERMILLION, YELLOW, GREY, NOTHING
