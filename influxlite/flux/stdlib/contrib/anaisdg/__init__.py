"""Of Anais Dotis-Georgiou."""
