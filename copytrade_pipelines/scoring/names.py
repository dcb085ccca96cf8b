"""The tables of scoring by name: assets name them without importing what makes them, which is heavy."""

EPISODES = "intermediate.int_episodes"
CLUSTERS = "intermediate.int_clusters"
SCORES = "marts.fct_trader_scores"
REPORT_CARD = "marts.fct_report_card"
