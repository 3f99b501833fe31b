"""What the compose stack runs beside the images: scripts of the standard library alone, and Caddy's configuration."""
