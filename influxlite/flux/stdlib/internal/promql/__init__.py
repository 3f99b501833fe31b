"""What PromQL is made of."""
