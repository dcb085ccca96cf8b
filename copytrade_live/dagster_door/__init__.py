"""The door in front of Dagster's webserver: who logged in at the dashboard passes, web pages of others do not."""
