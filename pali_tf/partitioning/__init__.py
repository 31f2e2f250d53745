"""From the logical axes of an array to its place on the device mesh."""
