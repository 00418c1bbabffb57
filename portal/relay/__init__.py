"""The relay on the desk: an ActivityWatch server for the watchers, a policy at the source, a sealed queue, uploads."""
