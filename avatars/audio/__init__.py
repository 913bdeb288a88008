"""How an avatar hears what its lips have to do: sound in, visemes and face motion out. Knows no Django, needs no torch."""
