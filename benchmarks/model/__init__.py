"""The model check: the real controller, driven through every state that it can come to."""
