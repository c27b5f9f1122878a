"""Agents of other frameworks behind ours: their loop and their model, our threads, approval, traces and widgets."""
