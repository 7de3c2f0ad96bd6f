"""Runs of the engine under the policy pack: started, followed, judged by the pack's journal, and put on record."""
