"""A world to try the watcher in: a shop that can break, its error tracker, and a pager, all on loopback."""
