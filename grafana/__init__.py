"""The Grafana dashboard, and what makes it."""
