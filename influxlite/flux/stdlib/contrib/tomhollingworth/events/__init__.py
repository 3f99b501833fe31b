"""Events and how long they last."""
