"""细分人群: fans described by conditions, saved under a name, counted and asked for again."""
