"""WebLI-shaped data: the stored example, its shards, and a generated sample.

Stands alone: nothing here imports another part of `pali_tf`.
"""
