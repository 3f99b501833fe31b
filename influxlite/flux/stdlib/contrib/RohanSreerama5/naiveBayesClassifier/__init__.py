"""A naive Bayes classifier."""
