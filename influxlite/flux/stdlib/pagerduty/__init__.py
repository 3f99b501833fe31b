"""Events of PagerDuty."""
