"""Events of Zenoss."""
