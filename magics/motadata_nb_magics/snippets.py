"""Examples to start from, put into the next cell by `%motadata snippet NAME`."""

from __future__ import annotations

__all__ = ["SNIPPETS"]

SNIPPETS: dict[str, str] = {
    "ask": "%%rag handbook --out ans\nHow long do EU customers have to return a product?",
    "ask-with-filter": "%%rag handbook --where \"page > 3 and source like '%2024%'\" --explain\nWhat has changed?",
    "budget": "%budget 2.00 --per day",
    "cassette": "%cassette record calls.jsonl",
    "connect": "%motadata connect postgresql://user@host/database",
    "data": '%%llm --schema "name, age int, city" --out person\nAda Lovelace, 36, lived in London.',
    "each-row": '%%llm --each tickets --schema "urgent bool, topic" --out judged\n{{ text }}',
    "ingest-folder": "%ingest documents/ --into handbook",
    "ingest-table": "%ingest df --into tickets",
    "local-model": '%config Motadata.api_base = "http://localhost:11434/v1"\n%config Motadata.model = "openai/llama3"',
    "model-chain": "%config Motadata.models = {'fast': ['openai/gpt-5-mini', 'ollama/llama3']}",
    "python": "import motadata_nb as mn\n\nws = mn.open()\nans = ws.index('handbook').ask('How long …?')\nans.sources",
}
