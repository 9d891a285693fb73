"""Desired x recorded x live -> plan -> apply; rollout of packages; drift."""
