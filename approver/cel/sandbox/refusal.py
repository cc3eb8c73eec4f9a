"""What is said of a rule that cannot be used."""


class UnusableRuleError(Exception):
    """What is wrong with a rule."""
