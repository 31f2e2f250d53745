"""The generated sample of WebLI, and the demo that is trained on it."""
