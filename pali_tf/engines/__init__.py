"""The two engines that a run file may run on: ours, and T5X."""
