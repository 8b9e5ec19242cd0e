"""The parts of the configuration that belong to one room each: pure models, with their secrets."""
