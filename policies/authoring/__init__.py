"""For those who write rules and those who read them: a harness for tests, the rules' pages, a scaffold.

Nothing here takes part in judging. The pack runs without it.
"""
