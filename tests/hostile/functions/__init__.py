"""An archive to which anybody may send anything."""
