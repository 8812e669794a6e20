"""What can go wrong with the local platform, and what to do about it."""


class ClusterError(Exception):
    """The local platform could not do what was asked."""


class SettingInvalid(ClusterError):
    """A setting has a value that cannot be used."""


class ToolMissing(ClusterError):
    """A program is neither on this machine nor could it be installed."""


class BuildFailed(ClusterError):
    """A part of the platform could not be built."""


class PortTaken(ClusterError):
    """A port that was asked for belongs to somebody else."""


class MemberFailed(ClusterError):
    """A member of the cluster did not start, answer or stop."""
