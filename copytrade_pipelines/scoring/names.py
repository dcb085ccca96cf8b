"""The tables of scoring by name: assets name them without importing what makes them, which is heavy."""

# What ingest builds and scores are made from.
INGESTED = ("marts.fct_fills", "marts.dim_markets", "marts.fct_copies", "intermediate.int_outcomes")
EPISODES = "intermediate.int_episodes"
CLUSTERS = "intermediate.int_clusters"
SCORES = "marts.fct_trader_scores"
REPORT_CARD = "marts.fct_report_card"
