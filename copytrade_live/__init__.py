"""The live half of copytrade: the rules, the venue, the sandbox, the store and the runner."""

__version__ = "0.1.0"
