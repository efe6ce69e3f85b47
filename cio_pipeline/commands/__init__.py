"""The commands: what each one does with its arguments, stdout and exit code.

Each module with a ``run`` is one command: the command line in, an exit code out.
`cli` imports the one that was asked for, so that none waits for another's imports.
The other modules are what commands share.
"""
