"""A patient's night: its figures by the contract's definitions, adherence over many nights, and the report as a page.

    bounds      when a night begins and ends in the ward's zone
    coverage    which stretch of time each reading stands for
    figures     a night's numbers
    adherence   the CMS rule over the first 90 nights of therapy
    report      all that a night's page tells, and as JSON
    chart       its curves as SVG
    page        the page as HTML
    sheet       the page as PDF

Everything here computes on frames and values that it is given; who fetches them is `query.ward` and the command line.
"""
