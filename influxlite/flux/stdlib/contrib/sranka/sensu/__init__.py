"""Events of Sensu."""
