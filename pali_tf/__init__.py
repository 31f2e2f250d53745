"""PaLI, the jointly scaled multilingual language-image model, in Keras 3.

Source: arXiv 2209.06794.
"""

__version__ = "0.1.0"
