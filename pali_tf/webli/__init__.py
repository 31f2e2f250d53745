"""WebLI-shaped data: the stored example and its shards.

Stands alone: nothing here imports another part of `pali_tf`.
"""
