"""Line protocol: the reference parser, and a fast path for uniform batches that agrees with it."""
