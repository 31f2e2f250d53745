"""From published and users' own files to stored examples: `pali import`."""
