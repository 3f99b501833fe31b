"""Where clinical figures and limits come from: one place for reports, questions, dashboards and their pages.

Each was looked up where `address` says, on 2026-11-30. What is a maker's convention is called so.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Convention:
    """A figure or limit: what it is called, what is held, who says so, and where that is to be read."""

    name: str
    says: str
    source: str
    address: str

    @property
    def told(self) -> str:
        """What is held and by whom, in a sentence or two."""
        return f"{self.says} ({self.source})."


LARGE_LEAK = Convention(
    "Large leak",
    "More than 24 L/min (0.4 L/s) of unintentional leak is a large leak: a convention of ResMed's. Other makers draw "
    "the line elsewhere, and where a device reports total leak it does not fit",
    "ResMed's device guides, as quoted",
    "https://www.cpaptalk.com/viewtopic.php?f=1&t=41964",
)
NO_LEAK_STANDARD = Convention(
    "Leak between makers",
    "There is no standard for measuring leak or for scoring events from flow; makers define both differently. Hours of "
    "use are reliable",
    "American Thoracic Society statement on CPAP adherence tracking systems, Schwab et al. 2013",
    "https://pmc.ncbi.nlm.nih.gov/articles/PMC5447296",
)
PERCENTILE_95 = Convention(
    "95th percentile",
    "Devices report the pressure and the leak that 95 % of a day's samples do not exceed",
    "LOINC 69986-8 and 69997-5, Regenstrief Institute",
    "https://loinc.org/69986-8",
)
T90 = Convention(
    "Time below 90 %",
    "T90 is the share of sleep with a saturation below 90 %. Here it is of the time for which saturation is known: "
    "nobody scored sleep",
    "Wang et al., Nature and Science of Sleep 14, 2022",
    "https://doi.org/10.2147/NSS.S388238",
)
APNEA_INDEX = Convention(
    "Apnea index",
    "Apneas by hours, without hypopneas: no AHI, which counts both. A laboratory's index is by hours of sleep, this "
    "one by hours of usage, as devices have it",
    "Culebras, Clinical Handbook of Sleep Disorders",
    "https://www.behavenet.com/apnea-index",
)
USED_NIGHT = Convention(
    "Adherence",
    "A night counts as used from 4 h on; CMS asks for that on 70 % of nights in 30 consecutive days within the first "
    "three months",
    "Centers for Medicare & Medicaid Services, NCD 240.4 and LCD L33718",
    "https://www.cms.gov/training-education/medicare-learning-networkr-mln/compliance/medicare-provider-compliance-tips/"
    "cpap-devices-accessories",
)
ADHERENCE_STUDY = Convention(
    "Adherence, as studied",
    "The same rule in the words of a journal",
    "Journal of Clinical Sleep Medicine 15, 2019, 245-251",
    "https://doi.org/10.5664/jcsm.7626",
)
PRESSURES = Convention(
    "Pressure",
    "CPAP works between 4 and 20 cmH2O from the age of twelve on; less is a mask that is off, more is bilevel therapy",
    "American Academy of Sleep Medicine, clinical guidelines for manual titration, Kushida et al. 2008",
    "https://studylib.net/doc/8090464/clinical-guidelines-for-the-manual-titration-of-positive-...",
)
BREATHS = Convention(
    "Breath rate",
    "By the National Early Warning Score 2, 12-20 breaths a minute score 0, 9-11 score 1, 21-24 score 2, 8 or fewer "
    "and 25 or more score 3",
    "Royal College of Physicians, 2017",
    "https://www.rcplondon.ac.uk/national-early-warning-score",
)
SATURATION_TARGET = Convention(
    "Saturation",
    "94-98 % is the usual target range, and 88-92 % that of patients with hypercapnic failure",
    "National Early Warning Score 2, Royal College of Physicians, 2017",
    "https://www.rcplondon.ac.uk/national-early-warning-score",
)
OXYGEN_IN_SLEEP = Convention(
    "Lowest saturation",
    "88 % or less in sleep is where CMS may pay for oxygen at night",
    "Centers for Medicare & Medicaid Services, NCD 240.2",
    "https://www.cms.gov/medicare-coverage-database/view/ncd.aspx?ncdid=169&ncdver=2",
)
CONVENTIONS = (
    LARGE_LEAK,
    NO_LEAK_STANDARD,
    PERCENTILE_95,
    T90,
    APNEA_INDEX,
    USED_NIGHT,
    ADHERENCE_STUDY,
    PRESSURES,
    BREATHS,
    SATURATION_TARGET,
    OXYGEN_IN_SLEEP,
)
