"""What tests of Flux expect of its planner."""
