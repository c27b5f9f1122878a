"""The explorers, by name: `from motadata_nb.widgets import RagExplorer`."""

from __future__ import annotations

from motadata_nb_widgets.agent_timeline import AgentTimeline
from motadata_nb_widgets.chat import Chat
from motadata_nb_widgets.embedding_map import EmbeddingMap
from motadata_nb_widgets.ingest_panel import IngestPanel
from motadata_nb_widgets.rag_explorer import RagExplorer

__all__ = ["AgentTimeline", "Chat", "EmbeddingMap", "IngestPanel", "RagExplorer"]
