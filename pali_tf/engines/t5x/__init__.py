"""All that T5X needs of us: its objects, and its model around ours."""
