"""Of Rohan Sreerama."""
