"""Events of ServiceNow."""
