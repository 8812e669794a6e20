"""Programs of others' making, each as its own documentation would write it.

They are run as scripts and import nothing of ours.
"""
