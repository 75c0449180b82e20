"""How Jupyter starts a kernel that is warm, in nbval and in `course run` alike: `pyproject.toml` registers it.

`JUPYTER_DEFAULT_PROVISIONER_NAME=course-warm` makes every kernel one of these, whichever program asks for it.
"""

from jupyter_client.provisioning import LocalProvisioner

from course.kernels import warm


class WarmProvisioner(LocalProvisioner):
    """Starts a kernel by a fork of a process that has imported Keras, and as every other kernel where it cannot."""

    async def launch_kernel(self, cmd, **kwargs):
        """Start the kernel of `cmd` (list of str), and return how to connect to it."""
        how = {name: kwargs.get(name) for name in ("cwd", "stdout", "stderr")}
        process = warm.kernel(cmd, kwargs["env"], **how)
        if process is None:
            return await super().launch_kernel(cmd, **kwargs)
        self.process, self.pid, self.pgid = process, process.pid, process.pid
        return self.connection_info
