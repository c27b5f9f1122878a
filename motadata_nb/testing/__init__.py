"""For those who extend or test: conformance suites, and a server that speaks the OpenAI protocol."""
