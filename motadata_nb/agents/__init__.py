"""Agents: a small loop over the gateway, typed tools, threads that survive, approval, memory and teams."""
