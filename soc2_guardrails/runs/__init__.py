"""One run of the engine under the pack: how it goes on, what the pack decided, and whether that can be relied on."""
